"""What routes may answer, for the OpenAPI: a test compares it with what the server really says."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from vrooli.server.problems import MEDIA_TYPE, SCHEMA

RETRY_AFTER = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}

_SAID = {
    400: "a word of the request is wrong",
    401: "the token is missing or wrong",
    403: "your role may not do this",
    404: "there is no such thing",
    409: "it is not as it would have to be",
    413: "it is too large",
    421: "it is meant for the server of another stack",
    422: "a parameter or the body is not valid",
    429: "you ask too much at once: come again after the seconds of Retry-After",
    503: "PostgreSQL is away: ask again",
    507: "the disk refuses",
}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """These, all of one shape: problem details (RFC 9457)."""
    found: dict[int | str, dict[str, Any]] = {
        status: {"description": _SAID[status], "content": {MEDIA_TYPE: {"schema": SCHEMA}}}
        for status in statuses
    }
    for status in found.keys() & {429, 503}:
        found[status]["headers"] = RETRY_AFTER
    return found


def answers(model: Any, *others: int, status: int = 200) -> dict[int | str, dict[str, Any]]:
    """JSON of this shape, or one of these refusals."""
    return {status: {"model": model, "description": "done"}, **refusals(*others)}


def kept_answers(model: Any, *others: int) -> dict[int | str, dict[str, Any]]:
    """The same, with an `ETag`, or nothing to whoever has it already (`If-None-Match`)."""
    return {**answers(model, *others), 304: {"description": "you have it already"}}


def raw(media_type: str, *others: int) -> dict[int | str, dict[str, Any]]:
    """Bytes of a type, or one of these refusals."""
    schema: dict[str, Any] = {} if media_type == "application/json" else {"type": "string"}
    content = {media_type: {"schema": schema}}
    return {200: {"description": "as it is", "content": content}, **refusals(*others)}


COMMON = refusals(400, 401, 403, 413, 421, 422, 429, 503)
"""Of every route that needs a token."""


def whole_schema(model: type[BaseModel]) -> dict[str, Any]:
    """JSON Schema of a body that a route reads by itself, with nothing to look up elsewhere: inside
    an OpenAPI its own references would lead nowhere.
    """
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    found: dict[str, Any] = _filled_in(schema, definitions)
    return found


def _filled_in(part: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(part, list):
        return [_filled_in(one, definitions) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        return _filled_in(definitions[part["$ref"].rpartition("/")[2]], definitions)
    return {key: _filled_in(one, definitions) for key, one in part.items()}
