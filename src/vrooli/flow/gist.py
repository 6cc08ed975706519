"""A value in a few words, for people who watch. Pure, and bounded however large the value is."""

from collections.abc import Iterator
from json import dumps
from typing import Any

from vrooli.flow.entries import Begun, Entry

LONGEST = 120
"""Characters."""

SAYS = "says"
"""Where what was noted in a step says what it is: its request stands there by its hash alone."""


def gist_of(entry: Entry) -> str | None:
    """What those who watch are told of it, in a few words."""
    if isinstance(entry, Begun):
        return None
    if entry.failure is not None:
        return brief(f"{entry.failure.reason} ({entry.failure.kind})")
    if isinstance(entry.output, dict) and {"request", "value", SAYS} == entry.output.keys():
        return brief(f"{entry.output[SAYS]}: {gist(entry.output['value'])}")
    return None if entry.output is None else gist(entry.output)


def called(name: str, arguments: Any) -> str:
    """The use of something by its name, as a note says it; half of what is shown at most."""
    given = gist(arguments)
    shown = given if len(given) <= LONGEST // 4 else f"{given[: LONGEST // 4 - 1]}…"
    return brief(f"{name} {shown}")


def gist(value: Any) -> str:
    """The beginning of `value` as JSON."""
    found, length = list[str](), 0
    for piece in _pieces(value):
        found.append(piece)
        length += len(piece)
        if length > LONGEST:
            break
    return brief("".join(found))


def brief(text: str) -> str:
    """The beginning of a text, in one line."""
    if len(text) > LONGEST:
        text = f"{text[: LONGEST - 1]}…"
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    """What is not printable could move a terminal's cursor, or is nothing that can be stored."""
    if character.isprintable():
        return character
    return " " if character.isspace() else "�"


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        for number, (key, inner) in enumerate(value.items()):
            yield f"{', ' if number else ''}{_text(str(key))}: "
            yield from _pieces(inner)
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for number, inner in enumerate(value):
            if number:
                yield ", "
            yield from _pieces(inner)
        yield "]"
    elif isinstance(value, str):
        yield _text(value)
    else:
        yield str(dumps(value)) if value is None or isinstance(value, bool) else str(value)


def _text(text: str) -> str:
    """Quoted as JSON has it, as far as anybody will see it."""
    return dumps(text[: LONGEST + 1], ensure_ascii=False)
