"""What every group of routes of the watchdog's HTTP API shares: loopback and a unix socket, a token
on every route but those in `OPEN`, bounded input, errors as JSON.
"""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from vrooli.core.errors import UnknownName, UsageError, VrooliError

OPEN = frozenset({"/health"})
"""Routes without a token: whoever watches the watchdog carries none."""

READING = frozenset({"GET", "HEAD"})

MAX_BODY = 64 * 1024


class RouteGroup(Protocol):
    """Routes that belong together, with what they work with."""

    def routes(self) -> list[Route]:
        """All of them."""
        ...


@dataclass(frozen=True, slots=True)
class Tokens:
    """Who may what: the operator everything, a reader (Prometheus, a display) only look."""

    operator: str = field(repr=False)
    reader: str = field(repr=False)


def build_app(groups: Sequence[RouteGroup], tokens: Tokens) -> Starlette:
    """The ASGI application that serves all `groups`."""
    handlers = {VrooliError: _on_error, HTTPException: _on_no_route}
    return Starlette(
        routes=[route for group in groups for route in group.routes()],
        middleware=[Middleware(TokenGate, tokens=tokens)],
        exception_handlers=handlers,  # type: ignore[arg-type] # starlette wants Exception handlers, ours is narrower
    )


class TokenGate:
    """Lets nothing but `OPEN` through without a token, and nothing that changes anything without
    the operator's.
    """

    def __init__(self, app: ASGIApp, tokens: Tokens) -> None:
        self._app = app
        self._operator = f"Bearer {tokens.operator}".encode()
        self._reader = f"Bearer {tokens.reader}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        if scope["type"] != "http" or scope["path"] in OPEN:
            return None
        sent = dict(scope["headers"]).get(b"authorization", b"")
        if hmac.compare_digest(sent, self._operator):
            return None
        if not hmac.compare_digest(sent, self._reader):
            said = "the token is missing or wrong"
            return JSONResponse(_said(said), 401, {"WWW-Authenticate": "Bearer"})
        if scope["method"] in READING:
            return None
        return JSONResponse(_said("this token only reads; the operator's is needed"), 403)


def _said(message: str) -> dict[str, Any]:
    return {"error": {"message": message}}


async def _on_error(request: Request, error: VrooliError) -> Response:
    return JSONResponse(problem(error), _code(request, error))


def _code(request: Request, error: VrooliError) -> int:
    """A name of the path that names nothing makes the path one that is not there; the same name in
    a query or a body makes a wrong request.
    """
    if isinstance(error, UnknownName) and error.name in request.path_params.values():
        return 404
    if isinstance(error, UsageError):
        return 400
    return 503 if error.retryable else 500


async def _on_no_route(request: Request, error: HTTPException) -> Response:
    return JSONResponse(_said(error.detail), error.status_code, error.headers)


def problem(error: VrooliError) -> dict[str, Any]:
    """`error` as every answer tells it."""
    return {
        "error": {
            "message": error.what,
            "where": error.where,
            "next_step": error.next_step,
            "retryable": error.retryable,
        }
    }


async def json_body(request: Request) -> dict[str, Any]:
    """The request's JSON object; `UsageError` when it is too large or none."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise UsageError(f"the request is larger than {MAX_BODY} bytes")
    try:
        data = json.loads(body or b"{}")
    except ValueError as error:
        raise UsageError(f"the request is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise UsageError("the request must be a JSON object")
    return data


def number(request: Request, name: str, default: int, most: int) -> int:
    """A whole number of the query, kept between 0 and `most`."""
    text = request.query_params.get(name, str(default))
    try:
        value = int(float(text))
    except (ValueError, OverflowError) as error:
        raise UsageError(f"`{name}` must be a number, not `{text[:40]}`") from error
    return max(0, min(most, value))


def actor(request: Request) -> str:
    """Who says that he does this: the query's `by`. The token proves that he may."""
    said = request.query_params.get("by", "")[:64]
    return said if said and said.isprintable() else "operator"
