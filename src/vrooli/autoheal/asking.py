"""What a request may say: the parameters of its query and the keys of its body. What is not known
is refused: somebody meant something by it, and the defaults are wide.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from functools import wraps
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from starlette.requests import Request
from starlette.responses import Response

from vrooli.core.errors import UsageError
from vrooli.core.nearest import did_you_mean

Group = TypeVar("Group")
Shape = TypeVar("Shape")
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

MAX_BODY = 64 * 1024

AUTHOR = "by"
"""The parameter that every request which changes something may have."""

PERSON = "person"
"""Where the state of a request has who showed a pass."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """The shape of a body that says nothing."""


def asks(*query: str) -> Callable[[Endpoint], Endpoint]:
    """Names the parameters that the query of a route may have; one without it takes none."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.query = query  # type: ignore[attr-defined] # functions take attributes
        return endpoint

    return mark


def takes(
    shape: type[Shape],
) -> Callable[
    [Callable[[Group, Request, Shape], Awaitable[Response]]],
    Callable[[Group, Request], Awaitable[Response]],
]:
    """Hands a route its body, read as the dataclass `shape`; one without it takes none."""

    def taking(
        endpoint: Callable[[Group, Request, Shape], Awaitable[Response]],
    ) -> Callable[[Group, Request], Awaitable[Response]]:
        @wraps(endpoint)
        async def with_body(group: Group, request: Request) -> Response:
            return await endpoint(group, request, read(shape, await json_body(request)))

        with_body.shape = shape  # type: ignore[attr-defined] # functions take attributes
        return with_body

    return taking


async def json_body(request: Request) -> dict[str, Any]:
    """The request's JSON object; `UsageError` when it is too large or none."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise UsageError(f"the request is larger than {MAX_BODY} bytes", next_step="send less")
    try:
        data = json.loads(body or b"{}")
    except ValueError as error:
        raise UsageError(
            f"the request is not JSON: {error}",
            next_step="send JSON, as `Content-Type: application/json` says",
        ) from error
    if not isinstance(data, dict):
        raise UsageError("the request must be a JSON object", next_step="send an object, like {}")
    return data


def number(request: Request, name: str, default: int, most: int, least: int = 0) -> int:
    """A whole number of the query, kept between `least` and `most`."""
    text = request.query_params.get(name, str(default))
    try:
        value = int(float(text))
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"`{name}` must be a number, not `{text[:40]}`",
            next_step="leave it out, or send a number",
        ) from error
    return max(least, min(most, value))


def limit(request: Request, default: int, most: int) -> int:
    """How many rows at most: at least one, or the next page would begin where this one does."""
    return number(request, "limit", default, most, 1)


def actor(request: Request) -> str:
    """Who does this: the person whose pass it is, or who says so in the query's `by`. The token
    proves that he may.
    """
    person = getattr(request.state, PERSON, None)
    if person is not None:
        return str(person.name)[:64]
    said = request.query_params.get(AUTHOR, "")[:64]
    return said if said and said.isprintable() else "operator"


def require_known(said: Iterable[str], known: Iterable[str], what: str) -> None:
    """Raise UsageError for the first of `said` that is none of `known`."""
    allowed = sorted(known)
    for name in said:
        if name not in allowed:
            raise UsageError(
                f"unknown {what} `{name[:40]}`{did_you_mean(name[:40], allowed)}",
                next_step=f"allowed here: {', '.join(allowed) or 'none'}",
            )


def read(shape: type[Shape], said: Mapping[str, Any], inside: str = "") -> Shape:
    """`said` as the dataclass `shape`: its fields are the keys, those without a default are needed.

    Args:
        shape: with fields of the types bool, float, str, tuple[str, ...], of literals and of
            dataclasses.
        said: a JSON object.
        inside: what stands before its keys in messages.

    Raises:
        UsageError: a key is unknown or missing, or its value is of another type.
    """
    hints = get_type_hints(shape)
    require_known(said, hints, f"key in `{inside[:-1]}`:" if inside else "key")
    for field in fields(shape):  # type: ignore[arg-type] # a shape is a dataclass
        needed = field.default is MISSING and field.default_factory is MISSING
        if needed and field.name not in said:
            raise UsageError(
                f"`{inside}{field.name}` is missing", next_step=_expected(hints[field.name])
            )
    return shape(**{key: _value(hints[key], value, inside + key) for key, value in said.items()})


def _value(wanted: Any, value: Any, key: str) -> Any:
    if is_dataclass(wanted) and isinstance(value, dict):
        return read(wanted, value, f"{key}.")  # type: ignore[arg-type] # the class, no instance
    if _fits(wanted, value):
        return tuple(value) if isinstance(value, list) else value
    raise UsageError(f"`{key}` must be {_named(wanted)}", next_step=_expected(wanted))


def _fits(wanted: Any, value: Any) -> bool:
    if get_origin(wanted) is Literal:
        return value in get_args(wanted)
    if get_origin(wanted) is tuple:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return not is_dataclass(wanted) and isinstance(value, wanted)


def _named(wanted: Any) -> str:
    if get_origin(wanted) is Literal:
        return f"one of {', '.join(get_args(wanted))}"
    if get_origin(wanted) is tuple:
        return "a list of texts"
    return {bool: "a boolean", float: "a number", str: "a text"}.get(wanted, "a JSON object")


def _expected(wanted: Any) -> str:
    return f"write {_named(wanted)}"
