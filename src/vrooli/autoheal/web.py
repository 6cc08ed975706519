"""What every group of routes of the watchdog's HTTP API shares: loopback and a unix socket, a token
on every route but those in `OPEN`, bounded input, errors as JSON.
"""

import hmac
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from vrooli.autoheal.asking import AUTHOR, PERSON, Nothing, json_body, read, require_known
from vrooli.core.errors import AccessDenied, UnknownName, UsageError, VrooliError
from vrooli.core.passes import OPERATOR, Passes, Person

OPEN = frozenset({"/health"})
"""Routes without a token: whoever watches the watchdog carries none."""

READING = frozenset({"GET", "HEAD"})

_NO_TOKEN = AccessDenied(
    "the token is missing or wrong",
    next_step="send `Authorization: Bearer TOKEN` with that of operator.token or reader.token, in"
    " the folder `secrets` of the home",
)
_ONLY_READS = AccessDenied(
    "this token only reads", next_step="send that of operator.token, which may change something"
)
_ONLY_LOOKS = AccessDenied(
    "your role only looks", next_step="ask an admin for the role operator: `vrooli user role`"
)


class RouteGroup(Protocol):
    """Routes that belong together, with what they work with."""

    def routes(self) -> list[Route]:
        """All of them."""
        ...


@dataclass(frozen=True, slots=True)
class Tokens:
    """Who may what: the operator everything, a reader (Prometheus, a display) only look; a person
    with a pass of the console, what the role allows.
    """

    operator: str = field(repr=False)
    reader: str = field(repr=False)
    passes: Passes


def build_app(groups: Sequence[RouteGroup], tokens: Tokens) -> Starlette:
    """The ASGI application that serves all `groups`."""
    handlers = {VrooliError: _on_error, HTTPException: _on_no_route}
    return Starlette(
        routes=[_strict(route) for group in groups for route in group.routes()],
        middleware=[Middleware(TokenGate, tokens=tokens)],
        exception_handlers=handlers,  # type: ignore[arg-type] # starlette wants Exception handlers, ours is narrower
    )


def _strict(route: Route) -> Route:
    """`route`, refusing what it was not made for."""
    endpoint, changing = route.endpoint, not (route.methods or set()) <= READING
    known = (*getattr(endpoint, "query", ()), *([AUTHOR] if changing else []))
    bodiless = changing and not hasattr(endpoint, "shape")

    @wraps(endpoint)
    async def strict(request: Request) -> Response:
        require_known(request.query_params, known, "parameter")
        if bodiless:
            read(Nothing, await json_body(request))
        return await endpoint(request)  # type: ignore[no-any-return] # as every endpoint does

    return Route(route.path, strict, methods=sorted(route.methods or READING))


class TokenGate:
    """Lets nothing but `OPEN` through without a token, and nothing that changes anything without
    the operator's, or the pass of one.
    """

    def __init__(self, app: ASGIApp, tokens: Tokens, now: Callable[[], float] = time.time) -> None:
        self._app, self._passes, self._now = app, tokens.passes, now
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
        reads = scope["method"] in READING
        if hmac.compare_digest(sent, self._reader):
            return None if reads else JSONResponse(problem(_ONLY_READS), 403)
        person = self._person(sent)
        if person is None:
            return JSONResponse(problem(_NO_TOKEN), 401, {"WWW-Authenticate": "Bearer"})
        scope.setdefault("state", {})[PERSON] = person
        return None if reads or person.may(OPERATOR) else JSONResponse(problem(_ONLY_LOOKS), 403)

    def _person(self, sent: bytes) -> Person | None:
        shown = sent.decode("latin-1").removeprefix("Bearer ")
        return self._passes.person(shown, self._now())


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
    said = VrooliError(
        f"{request.method} {request.url.path}: {error.detail.lower()}",
        next_step="the page `HTTP APIs` of the reference lists all routes",
    )
    return JSONResponse(problem(said), error.status_code, error.headers)


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
