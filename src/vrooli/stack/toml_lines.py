"""On which line of a TOML source every key stands. `tomllib` gives values without their places.

Only meant for sources that `tomllib` has accepted: nothing is checked again here.
"""

import re
import tomllib

from vrooli.stack.problem import KeyPath

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_INLINE_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}' r"|'''(?:.)*?'{3,5}" r'|"(?:\\.|[^"\\\n])*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_SCALAR = re.compile(r"[^,\]}#\r\n]*")


def key_lines(source: str) -> dict[KeyPath, int]:
    """The line, from 1, of every key, table header and array element."""
    scanner = _Scanner(source)
    scanner.document()
    return scanner.lines


def line_of(path: KeyPath, lines: dict[KeyPath, int]) -> int:
    """The line of `path`, or of the nearest thing around it that has one; 1 when there is none.

    A table without a header of its own (`[a.b]` makes `a`) stands where its first part does.
    """
    for end in range(len(path), 0, -1):
        if path[:end] in lines:
            return lines[path[:end]]
        parts = [line for known, line in lines.items() if known[:end] == path[:end]]
        if parts:
            return min(parts)
    return 1


class _Scanner:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.lines: dict[KeyPath, int] = {}
        self._counts: dict[KeyPath, int] = {}
        self._line, self._counted_to = 1, 0

    def document(self) -> None:
        base: KeyPath = ()
        while self._skip(_BLANK):
            if self._next() == "[":
                base = self._header()
            else:
                self._pair(base)

    def _header(self) -> KeyPath:
        many = self.source.startswith("[[", self.at)
        line = self._line_here()
        self.at += 2 if many else 1
        path = self._through_arrays(self._key())
        self.at += 2 if many else 1
        self._note(path, line)
        if many:
            self._counts[path] = self._counts.get(path, 0) + 1
            path = (*path, self._counts[path] - 1)
            self._note(path, line)
        return path

    def _through_arrays(self, parts: list[str]) -> KeyPath:
        """`[a.b]` below `[[a]]` means the last `a`."""
        path: KeyPath = ()
        for number, part in enumerate(parts):
            path = (*path, part)
            if path in self._counts and number < len(parts) - 1:
                path = (*path, self._counts[path] - 1)
        return path

    def _pair(self, base: KeyPath) -> None:
        line = self._line_here()
        start = self.at
        path = (*base, *self._key())
        for end in range(len(base) + 1, len(path) + 1):
            self._note(path[:end], line)
        self.at += 1  # the equals sign
        self._skip(_INLINE_SPACE)
        self._value(path)
        if self.at == start:  # not TOML after all: never loop for ever
            self.at = len(self.source)

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._skip(_INLINE_SPACE)
            match = _STRING.match(self.source, self.at) or _BARE_KEY.match(self.source, self.at)
            if match is None:
                return parts
            self.at = match.end()
            parts.append(_decoded(match[0]))
            self._skip(_INLINE_SPACE)
            if self._next() != ".":
                return parts
            self.at += 1

    def _value(self, path: KeyPath) -> None:
        opening = self._next()
        if opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline_table(path)
        else:
            match = _STRING.match(self.source, self.at) or _SCALAR.match(self.source, self.at)
            # Nothing where a value must be is not TOML after all: never stand there for ever.
            self.at = match.end() if match and match[0] else len(self.source)

    def _array(self, path: KeyPath) -> None:
        index = 0
        while self._enter_item("]"):
            self._note((*path, index), self._line_here())
            self._value((*path, index))
            index += 1

    def _inline_table(self, path: KeyPath) -> None:
        while self._enter_item("}"):
            self._pair(path)

    def _enter_item(self, closing: str) -> bool:
        """Step over the opening bracket, a comma and blanks; False, past the end, when `closing`
        comes."""
        if self._next() in ("[", "{", ","):
            self.at += 1
        self._skip(_BLANK)
        if self._next() == ",":
            return self._enter_item(closing)
        if self._next() in (closing, ""):
            self.at += 1
            return False
        return True

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self.source, self.at)
        self.at = match.end() if match else self.at
        return self.at < len(self.source)

    def _next(self) -> str:
        return self.source[self.at : self.at + 1]

    def _line_here(self) -> int:
        self._line += self.source.count("\n", self._counted_to, self.at)
        self._counted_to = self.at
        return self._line

    def _note(self, path: KeyPath, line: int) -> None:
        self.lines.setdefault(path, line)


def _decoded(key: str) -> str:
    if key[0] not in "\"'":
        return key
    try:
        return next(iter(tomllib.loads(f"{key} = 0")))
    except tomllib.TOMLDecodeError:
        return key
