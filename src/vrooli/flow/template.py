"""Arguments with expressions in them: any JSON value in whose texts `${...}` stands for a value.

A text that is one expression takes its value as it is; in a longer text it is written out.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from vrooli.core.expression import TEXT, Expression, ExpressionError

_OPEN = "${"
_TOKEN = re.compile(rf"{TEXT.pattern}|[{{}}]")


Place = tuple[str | int, ...]
"""Keys and numbers that lead to a part of a value."""


class Template:
    """Read once, filled as often as needed.

    Attributes:
        expressions: all in it.
    """

    __slots__ = ("_parts", "expressions")

    def __init__(self, value: Any) -> None:
        """Read it.

        Raises:
            ExpressionError: an expression in it cannot be read or has no end.
        """
        self._parts = _read(value)
        self.expressions = tuple(_expressions(self._parts))

    def placed(self) -> Iterator[tuple[Place, Expression]]:
        """All of them, each with its place."""
        return _placed(self._parts, ())

    def has(self, key: str) -> bool:
        """Whether it is an object with that key."""
        return isinstance(self._parts, dict) and key in self._parts

    def names(self) -> tuple[str, ...]:
        """Its keys; none where it is no object."""
        return tuple(self._parts) if isinstance(self._parts, dict) else ()

    def constant(self, key: str) -> Any:
        """What such a key holds whatever the scope; None where an expression decides."""
        part = self._parts[key]
        return None if any(_expressions(part)) else part

    def filled(self, scope: Mapping[str, Any]) -> Any:
        """The value with every expression replaced by its own; `ExpressionError` if it has none."""
        return _fill(self._parts, scope)


class _Text(tuple[str | Expression, ...]):
    """A text in pieces."""


def _read(value: Any) -> Any:
    if isinstance(value, str):
        return _read_text(value)
    if isinstance(value, dict):
        return {str(key): _read(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_read(one) for one in value]
    return value


def _read_text(text: str) -> Any:
    pieces: list[str | Expression] = []
    rest = text
    while _OPEN in rest:
        before, _, after = rest.partition(_OPEN)
        inside, rest = _cut(after, text)
        pieces += [before] if before else []
        pieces.append(Expression(inside.strip()))
    if not pieces:
        return text
    if len(pieces) == 1 and not rest and isinstance(pieces[0], Expression):
        return pieces[0]
    return _Text([*pieces, rest] if rest else pieces)


def _cut(text: str, whole: str) -> tuple[str, str]:
    """The expression up to its closing brace, and what follows; braces in quotes do not count."""
    depth = 1
    for token in _TOKEN.finditer(text):
        depth += (token[0] == "{") - (token[0] == "}")
        if not depth:
            return text[: token.start()], text[token.end() :]
    raise ExpressionError("`${` has no `}`", where=whole)


def _expressions(part: Any) -> Iterator[Expression]:
    return (one for _, one in _placed(part, ()))


def _placed(part: Any, place: Place) -> Iterator[tuple[Place, Expression]]:
    if isinstance(part, Expression):
        yield place, part
    elif isinstance(part, dict):
        for key, one in part.items():
            yield from _placed(one, (*place, key))
    elif isinstance(part, _Text):
        yield from ((place, one) for one in part if isinstance(one, Expression))
    elif isinstance(part, list):
        for i, one in enumerate(part):
            yield from _placed(one, (*place, i))


def _fill(part: Any, scope: Mapping[str, Any]) -> Any:
    if isinstance(part, Expression):
        return part.value(scope)
    if isinstance(part, _Text):
        return "".join(one if isinstance(one, str) else _written(one.value(scope)) for one in part)
    if isinstance(part, dict):
        return {key: _fill(one, scope) for key, one in part.items()}
    if isinstance(part, list):
        return [_fill(one, scope) for one in part]
    return part


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
