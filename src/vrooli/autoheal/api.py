"""The watchdog's HTTP API: loopback and a unix socket, every route but those in `OPEN` needs the
operator token.
"""

import asyncio
import hmac
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from vrooli.autoheal.events import Events
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.operations import ACTIONS, Operations
from vrooli.autoheal.status import StatusView
from vrooli.core.errors import UsageError, VrooliError
from vrooli.core.status import Status
from vrooli.stack.progress import Step

OPEN = frozenset({"/health"})
"""Routes without a token: whoever watches the watchdog carries none."""

MAX_BODY = 64 * 1024
KEEP_ALIVE = 10.0
"""Seconds of silence after which a stream gets an empty line, so that both ends notice when the
other is gone.
"""


@dataclass(frozen=True)
class Api:
    """What the routes work with.

    Attributes:
        tick: look at everything now.
        reload: read the compiled stack again; what changed.
        itself: health of the watchdog itself.
        metrics: Prometheus text.
        spawn: runs work that outlives the request.
    """

    view: StatusView
    ledger: Ledger
    operations: Operations
    events: Events
    tick: Callable[[], Awaitable[None]]
    reload: Callable[[], Awaitable[dict[str, Any]]]
    itself: Callable[[], dict[str, Any]]
    metrics: Callable[[], bytes]
    spawn: Callable[[Coroutine[Any, Any, None]], object]

    async def health(self, request: Request) -> Response:
        """`{status, service}`: it is alive, and the verdict. 503 when that is critical."""
        verdict = self.view.verdict()
        code = 503 if verdict is Status.CRITICAL else 200
        return JSONResponse({"status": str(verdict), "service": "autoheal"}, code)

    async def status(self, request: Request) -> Response:
        """What `vrooli status --json` prints: `{stack, status, services[], watchdog}`."""
        return JSONResponse(self.view.status())

    async def checks(self, request: Request) -> Response:
        """`{checks[]}`: services first, then the host, each with its latest result."""
        return JSONResponse({"checks": self.view.checks()})

    async def check(self, request: Request) -> Response:
        """One of them; 400 when there is no such check."""
        wanted = request.path_params["id"]
        for check in self.view.checks():
            if check["id"] == wanted:
                return JSONResponse(check)
        raise UsageError(
            f"there is no check `{wanted}`", next_step="`vrooli-autoheal checks` lists them"
        )

    async def heals(self, request: Request) -> Response:
        """`{heals[]}`, newest first. Query: `limit` (50, at most 1000), `since` (unix seconds)."""
        limit = _number(request, "limit", 50, 1000)
        since = float(_number(request, "since", 0, 2**40))
        return JSONResponse({"heals": await self.ledger.heals(since, limit)})

    async def prometheus(self, request: Request) -> Response:
        """Prometheus text."""
        return Response(self.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def run_tick(self, request: Request) -> Response:
        """`{status, checks[]}`. Query: `force=1` looks at everything first."""
        if request.query_params.get("force") in ("1", "true"):
            await self.tick()
        verdict = str(self.view.verdict())
        return JSONResponse({"status": verdict, "checks": self.view.checks()})

    async def run_reload(self, request: Request) -> Response:
        """Take on the compiled stack in the home again: `{changed}`. `vrooli up` calls it."""
        return JSONResponse(await self.reload())

    async def stream_events(self, request: Request) -> Response:
        """Server-sent events, as they happen: `transition`, `heal` and `event`."""
        return StreamingResponse(_sse(self.events), media_type="text/event-stream")

    async def operate(self, request: Request) -> Response:
        """`{action, names}`: up, down, start, stop or restart; no names are all services.

        Progress comes as NDJSON, the last line has `done`. It goes on when the caller leaves.
        """
        body = await _json_body(request)
        action, names = body.get("action"), body.get("names", [])
        if action not in ACTIONS:
            raise UsageError(f"`action` must be one of {', '.join(ACTIONS)}")
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise UsageError("`names` must be a list of service names")
        self.operations.resolve(names)
        lines: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self.spawn(self._operate(action, names, lines))
        return StreamingResponse(_ndjson(lines), media_type="application/x-ndjson")

    async def _operate(
        self, action: Any, names: list[str], lines: asyncio.Queue[dict[str, Any] | None]
    ) -> None:
        def report(step: Step) -> None:
            lines.put_nowait(step.to_json())

        try:
            summary = await self.operations.run(action, names, report)
            lines.put_nowait(summary.to_json())
        except VrooliError as error:
            lines.put_nowait(
                {"done": True, "ok": False, "changed": 0, "failed": [], **_problem(error)}
            )
        finally:
            lines.put_nowait(None)


def build_app(api: Api, token: str) -> Starlette:
    """The ASGI application."""
    routes = [
        Route("/health", api.health),
        Route("/status", api.status),
        Route("/checks", api.checks),
        Route("/checks/{id}", api.check),
        Route("/heals", api.heals),
        Route("/metrics", api.prometheus),
        Route("/events", api.stream_events),
        Route("/tick", api.run_tick, methods=["POST"]),
        Route("/reload", api.run_reload, methods=["POST"]),
        Route("/operations", api.operate, methods=["POST"]),
    ]
    handlers = {VrooliError: _on_error}
    return Starlette(
        routes=routes,
        middleware=[Middleware(TokenGate, token=token)],
        exception_handlers=handlers,  # type: ignore[arg-type] # starlette wants Exception handlers, ours is narrower
    )


class TokenGate:
    """Lets nothing but `OPEN` through without the operator token."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._expected = app, f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["path"] in OPEN or self._allowed(scope):
            await self._app(scope, receive, send)
            return
        problem = {"error": {"message": "the operator token is missing or wrong"}}
        answer = JSONResponse(problem, 401, {"WWW-Authenticate": "Bearer"})
        await answer(scope, receive, send)

    def _allowed(self, scope: Scope) -> bool:
        sent = dict(scope["headers"]).get(b"authorization", b"")
        return hmac.compare_digest(sent, self._expected)


async def _on_error(request: Request, error: VrooliError) -> Response:
    code = 400 if isinstance(error, UsageError) else 503 if error.retryable else 500
    return JSONResponse(_problem(error), code)


def _problem(error: VrooliError) -> dict[str, Any]:
    return {
        "error": {
            "message": error.what,
            "where": error.where,
            "next_step": error.next_step,
            "retryable": error.retryable,
        }
    }


async def _json_body(request: Request) -> dict[str, Any]:
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


def _number(request: Request, name: str, default: int, most: int) -> int:
    text = request.query_params.get(name, str(default))
    try:
        value = int(float(text))
    except (ValueError, OverflowError) as error:
        raise UsageError(f"`{name}` must be a number, not `{text[:40]}`") from error
    return max(0, min(most, value))


async def _ndjson(lines: asyncio.Queue[dict[str, Any] | None]) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout(KEEP_ALIVE):
                line = await lines.get()
        except TimeoutError:
            yield b"\n"
            continue
        if line is None:
            return
        yield json.dumps(line).encode() + b"\n"


async def _sse(events: Events) -> AsyncIterator[bytes]:
    news = events.listen()
    pending = asyncio.ensure_future(anext(news))
    try:
        yield b": listening\n\n"
        while True:
            done, _ = await asyncio.wait({pending}, timeout=KEEP_ALIVE)
            if not done:
                yield b": still here\n\n"
                continue
            event = pending.result()
            yield f"event: {event['kind']}\ndata: {json.dumps(event)}\n\n".encode()
            pending = asyncio.ensure_future(anext(news))
    finally:
        pending.cancel()
