"""Values that a JSON Schema says for what is not given. Pure."""

import json
from collections.abc import Mapping
from typing import Any

from vrooli.core.errors import UsageError

MOST = 10_000
"""Values that are filled in: a schema may refer to itself, and its defaults never end."""

MOST_SEEN = 200_000
"""Values that are looked at for it, in which nobody else has a turn."""

MOST_BYTES = 4 * 1024 * 1024
"""Of all defaults together, as JSON: what a request may hold."""

IN_A_ROW = 64
"""References."""

_REF = "$ref"


class TooManyDefaults(UsageError):
    """The defaults of a schema have no end that is in sight."""

    def __init__(self) -> None:
        what = f"its defaults lead to over {MOST} values or 4 MiB, or lie too deep in each other"
        super().__init__(what, next_step="correct the schema, or give fewer values without them")


def with_defaults(schema: Any, value: Any) -> Any:
    """The value with a `default` for each property that is not in its objects, at the top, in
    nested objects and in the items of lists. What is null is given. An object that is not given has
    none, unless it has a default of its own, like `{}`. A default of null where the type has no
    null, as programs write it that make schemas, means that there is none.

    Looked for under `properties`, `items` and `$ref` within the schema: what only one of several
    schemas says (`anyOf`, `if`) is not known before the value is compared.

    Raises:
        TooManyDefaults: see there.
    """
    try:
        return _Filling(schema).filled(schema, value)
    except RecursionError as error:
        raise TooManyDefaults from error


class _Filling:
    """Of one value."""

    def __init__(self, schema: Any) -> None:
        self._whole, self._count, self._seen, self._bytes = schema, 0, 0, 0
        self._sizes: dict[int, int] = {}

    def filled(self, schema: Any, value: Any) -> Any:
        self._seen += 1
        if self._seen > MOST_SEEN:
            raise TooManyDefaults
        schema = self._resolved(schema)
        if isinstance(value, dict):
            return self._object(schema, value)
        items = schema.get("items")
        if isinstance(value, list) and isinstance(items, Mapping):
            return [self.filled(items, one) for one in value]
        return value

    def _object(self, schema: Mapping[str, Any], value: dict[str, Any]) -> Any:
        found, properties = dict(value), schema.get("properties")
        for name, inner in properties.items() if isinstance(properties, Mapping) else ():
            resolved = self._resolved(inner)
            default = _default(inner, resolved)
            if name not in found and default is not _NONE and _may_be(default, resolved):
                self._fill(default)
                found[name] = default
            if name in found:
                found[name] = self.filled(resolved, found[name])
        return found

    def _fill(self, default: Any) -> None:
        """Count it. Each lies in the schema, and keeps its place there."""
        self._count += 1
        if id(default) not in self._sizes:
            self._sizes[id(default)] = len(json.dumps(default, default=str))
        self._bytes += self._sizes[id(default)]
        if self._count > MOST or self._bytes > MOST_BYTES:
            raise TooManyDefaults

    def _resolved(self, schema: Any) -> Mapping[str, Any]:
        """What a reference within the schema leads to. One that leads nowhere is told by whoever
        compares.
        """
        for _ in range(IN_A_ROW):
            place = schema.get(_REF) if isinstance(schema, Mapping) else None
            if not isinstance(place, str):
                break
            schema = self._at(place)
        return schema if isinstance(schema, Mapping) else {}

    def _at(self, place: str) -> Any:
        if place == "#":
            return self._whole
        found = self._whole
        for part in place.removeprefix("#/").split("/") if place.startswith("#/") else ("",):
            key = part.replace("~1", "/").replace("~0", "~")
            found = found.get(key) if isinstance(found, Mapping) else None
        return found


_NONE = object()


def _may_be(default: Any, schema: Mapping[str, Any]) -> bool:
    """Whether a null is one of the types that the schema names."""
    said = schema.get("type")
    types = said if isinstance(said, list) else [said]
    return default is not None or said is None or "null" in types


def _default(*schemas: Any) -> Any:
    """Beside a reference counts before what that leads to."""
    for schema in schemas:
        if isinstance(schema, Mapping) and "default" in schema:
            return schema["default"]
    return _NONE
