"""Says what a validator found in the words of the file: which key it is, and what may be written
there."""

from typing import Any, get_args

from vrooli.core.nearest import did_you_mean
from vrooli.stack.problem import KeyPath
from vrooli.stack.sections import Key, choices, keys


def existing(raw: Any, location: tuple[int | str, ...]) -> tuple[KeyPath, Any]:
    """The part of pydantic's location that is in the file (it adds names of union members), and the
    value there."""
    path: KeyPath = ()
    for part in location:
        try:
            raw = raw[part]
        except (KeyError, IndexError, TypeError):
            continue
        path = (*path, part)
    return path, raw


def without(raw: Any, path: KeyPath) -> Any:
    """A copy of tables without the key at `path`; a list that holds something wrong goes as a
    whole."""
    if not path or not isinstance(raw, dict):
        return raw
    first, rest = path[0], path[1:]
    if rest and isinstance(raw.get(first), dict):
        return {**raw, first: without(raw[first], rest)}
    return {key: value for key, value in raw.items() if key != first}


def key_at(section: type, path: KeyPath) -> Key | None:
    """The deepest known key on `path`."""
    found: Key | None = None
    table: type | None = section
    for part in path:
        known = {key.name: key for key in keys(table)} if table else {}
        if part in known:
            found = known[str(part)]
            table = found.section
        elif not (found and found.named):
            break
    return found


def expected(key: Key | None, value: Any) -> str:
    expects = key.expects if key else "a table"
    words = [word for word in _literals(key.hint) if isinstance(word, str)] if key else []
    if isinstance(value, str) and words:
        return f"expected {expects}{did_you_mean(value, words)}"
    return f"expected {expects}; this is {_kind_of_value(value)}"


def _literals(hint: Any) -> list[Any]:
    """The words of a choice, also of a list of such."""
    found = [word for choice in choices(hint) for word in get_args(choice)]
    return [one for word in found for one in (get_args(word) or (word,))]


def _kind_of_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true or false"
    names = {
        str: "a text",
        int: "a whole number",
        float: "a number",
        list: "a list",
        dict: "a table",
    }
    return names.get(type(value), "something else")
