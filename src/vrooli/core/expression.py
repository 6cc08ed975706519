"""The one expression language of the product: CEL, which always ends and can touch nothing.

The library behind it (decision 024) is loaded when the first expression is read.
"""

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from vrooli.core.errors import UsageError

LONGEST = 2000
"""Characters."""

NESTED = 3
"""Uses of `map`, `filter`, `all`, `exists` in one expression: each multiplies the work."""

LONGEST_WALK = 2000
"""Items of one list that is walked over: the work grows with their square, 1 s for so many objects
here, in which the process does nothing else.
"""

MOST_WALKED = 10_000
"""Items of all walks together, those within others counted as often as they are made."""

LITERALS = frozenset({"in", "true", "false", "null"})
"""Words that are no name anywhere, behind a dot neither."""

RESERVED = LITERALS | {"as", "break", "const", "continue", "else", "for", "function", "if", "let"}
RESERVED |= {"import", "loop", "package", "namespace", "return", "var", "void", "while"}
"""Words that are no variable (the language definition of CEL, section Syntax)."""

_QUOTES = (("'", "'''"), ('"', '"""'))
_RAW, _ESCAPED = (
    "|".join(f"{three}{inner}*?{three}|{one}{inner}*?{one}" for one, three in _QUOTES)
    for inner in (r"[\s\S]", r"(?:[^\\]|\\[\s\S])")
)
TEXT = re.compile(rf"(?:[bB]?[rR]|[rR][bB])(?:{_RAW})|{_ESCAPED}")
"""One in quotes, of whatever kind CEL has."""

_COMMENT = re.compile(rf"({TEXT.pattern})|//[^\n]*")
_WALK = r"\.\s*(?:map|filter|all|exists|exists_one)\s*\("
_BOUND = re.compile(rf"{_WALK}\s*([A-Za-z_]\w*)\s*,")
"""The name that such a call gives to each item; it exists only in there."""

_TEXT_OR_WALK = re.compile(rf"({TEXT.pattern})|(?={_WALK})")


class ExpressionError(UsageError):
    """An expression cannot be read, or has no value for what it was given."""

    def __init__(self, what: str, *, where: str = "") -> None:
        super().__init__(what, where=where, next_step="correct the expression, or what it is given")


class Expression:
    """One expression, read once and asked as often as needed. With the same values it always comes
    to the same; the keys of an object are sorted.

    Attributes:
        text: as it was written.
        variables: the names that it uses.
    """

    __slots__ = ("_members", "_program", "text", "variables")

    def __init__(self, text: str) -> None:
        """Read it.

        Raises:
            ExpressionError: it cannot be read, is too long, or could run for too long.
        """
        self.text = text
        if len(text) > LONGEST:
            raise ExpressionError(f"the expression has more than {LONGEST} characters")
        bare = _COMMENT.sub(lambda found: found[1] or "", text)
        plain = TEXT.sub("''", bare)
        if len(re.findall(_WALK, plain)) > NESTED:
            raise ExpressionError(
                f"the expression walks over lists more than {NESTED} times", where=text
            )
        used = _compile(text).variables()
        self._program = _compile(_TEXT_OR_WALK.sub(lambda f: f[1] or ".ordered_()", bare))
        self.variables: frozenset[str] = frozenset(used) - set(_BOUND.findall(plain))
        self._members = {name: _members(plain, name) for name in used}

    def members(self, variable: str) -> frozenset[str] | None:
        """The members of `variable` that it uses; None when it uses the whole."""
        return self._members.get(variable, frozenset())

    def value(self, scope: Mapping[str, Any]) -> Any:
        """What it comes to, as JSON knows values.

        Raises:
            ExpressionError: something in it does not exist or does not fit.
        """
        given = {name: self._used(name, scope[name]) for name in self._members if name in scope}
        walks = _Walks()
        try:
            return _as_json(self._program.execute(_context(given, walks)))
        except _FAULTS as error:
            reason = walks.refusal or _with_nulls(_reason(error), self.text, scope)
            raise ExpressionError(reason, where=self.text) from error

    def _used(self, name: str, value: Any) -> Any:
        """What it uses of a value: handing over one that is large costs milliseconds."""
        members = self._members[name]
        if members is None or not isinstance(value, Mapping):
            return value
        return {member: value[member] for member in members if member in value}

    def holds(self, scope: Mapping[str, Any]) -> bool:
        """Its value, which must be true or false.

        Raises:
            ExpressionError: as `value`, or it is neither.
        """
        value = self.value(scope)
        if not isinstance(value, bool):
            raise ExpressionError("expected true or false", where=self.text)
        return value


_FAULTS = (ValueError, KeyError, IndexError, TypeError, ArithmeticError, RuntimeError)
"""What the library raises for a mistake in an expression or its values."""


def _members(text: str, variable: str) -> frozenset[str] | None:
    uses = re.findall(rf"(?<![\w.]){variable}(?!\w)(\s*\.\s*([A-Za-z_]\w*)(?!\w)(?!\s*\())?", text)
    names = frozenset(name for _, name in uses)
    return None if "" in names else names


@lru_cache(maxsize=4096)
def _compile(text: str) -> Any:
    import cel  # loads a library of some megabytes: only who has expressions pays for it

    try:
        return cel.compile(text)
    except _FAULTS as error:
        raise ExpressionError(f"cannot be read: {_unreadable(error)}", where=text) from error


def _context(given: Mapping[str, Any], walks: "_Walks") -> Any:
    import cel  # loaded before, by the expression

    return cel.Context(variables=dict(given), functions={"ordered_": walks.over})


class _Walks:
    """What one evaluation walks over.

    Attributes:
        refusal: why it walks no further; empty while it may.
    """

    def __init__(self) -> None:
        self.refusal = ""
        self._left = MOST_WALKED

    def over(self, value: Any) -> Any:
        """What is gone over. The library would go over the keys of an object in another order each
        time: a replay would see other values than the run did.
        """
        items = sorted(value) if isinstance(value, Mapping) else value
        count = len(items) if isinstance(items, list) else 0
        self._left -= count
        if count > LONGEST_WALK:
            self.refusal = f"it walks over a list of more than {LONGEST_WALK} items"
        elif self._left < 0:
            self.refusal = f"it walks over more than {MOST_WALKED} items in all"
        # A number is no list: that ends it, and unlike an error of ours it is not logged in there.
        return 0 if self.refusal else items


_FOUND = re.compile(r"<input>:\d+:(\d+): (?:Syntax error: )?(?!Incomplete)(.+)")
"""Place and words of what the library found, one of several; `Incomplete` says nothing."""

_UNEXPECTED = re.compile(r"(?:extraneous|mismatched|recognition|viable)[^']*'(\S+)\s*'")

_MEANT = {"=": "==", "and": "&&", "&": "&&", "or": "||", "|": "||", "not": "!"}
"""What other languages write, and CEL writes so."""


def _unreadable(error: Exception) -> str:
    """The first mistake, without the list of all that a parser would have taken in its place."""
    found = _FOUND.search(str(error))
    if found is None:
        return _reason(error)
    said = found[2].partition(" expecting {")[0]
    if "'<EOF>'" in said:
        missing = said.partition(" at ")[0] if said.startswith("missing") else ""
        said = f"{missing} at the end" if missing else "it ends too early"
    elif unexpected := _UNEXPECTED.search(said):
        meant = _MEANT.get(unexpected[1])
        said = f"`{unexpected[1]}` is not expected here" + (f"; write `{meant}`" if meant else "")
    return f"{said[:200]} (character {found[1]})"


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"there is no {error.args[0]!r}"
    said = str(error).splitlines()[0]
    # What follows the first sentence of a long one is about the types of CEL in general.
    return said if len(said) <= _LONGEST_REASON else said.partition(". ")[0][:_LONGEST_REASON]


_LONGEST_REASON = 300
"""Characters."""


_CHAIN = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*(?![\w(]|\s+\())*")
"""A name with the members that are asked of it, calls left out."""

_UNDEFINED = re.compile(r"Undefined variable or function: '(\w+)'")


def _with_nulls(reason: str, text: str, scope: Mapping[str, Any]) -> str:
    """With what is null in it: the library speaks of operand types, and blames functions."""
    plain = TEXT.sub("''", _COMMENT.sub(lambda found: found[1] or "", text))
    nulls = dict(filter(None, (_null(chain, scope) for chain in _CHAIN.findall(plain))))
    if not nulls:
        return reason
    reason = reason.partition(". ")[0]
    asked = next((place for place, member in nulls.items() if member), "")
    if asked and reason.startswith("No such overload"):
        return f"`{asked}` is null, and has no `{nulls[asked]}`"
    said = " and ".join(f"`{place}`" for place in list(nulls)[:3])
    said += " is null" if len(nulls) == 1 else " are null"
    found = _UNDEFINED.match(reason)
    return f"{said}, and `{found[1]}` takes no null" if found else f"{reason}; {said}"


def _null(chain: str, scope: Mapping[str, Any]) -> tuple[str, str] | None:
    """How far one comes before null, and what is asked of that; nothing where there is none."""
    parts = re.findall(r"\w+", chain)
    value: Any = scope
    for number, part in enumerate(parts):
        if value is None:
            return ".".join(parts[:number]), part
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return (".".join(parts), "") if value is None else None


def _as_json(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{value} is no number that can be written down")
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        raise TypeError("bytes cannot be written down; use string() or base64")
    if isinstance(value, Mapping):
        # For the same reason; the order in which it was written is lost in there.
        return {key: _as_json(value[key]) for key in sorted(map(_key, value))}
    if isinstance(value, list):
        return [_as_json(one) for one in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    raise TypeError(f"{type(value).__name__} is no value that can be written down")


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError("the keys of an object must be text")
    return key
