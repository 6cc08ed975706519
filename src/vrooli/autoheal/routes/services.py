"""Routes about services, checks, heals and operations."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from vrooli.autoheal.archive import Archive
from vrooli.autoheal.asking import actor, asks, limit, number, takes
from vrooli.autoheal.events import Events
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.operations import Action, Asker, Operations, Summary
from vrooli.autoheal.status import StatusView
from vrooli.autoheal.streamed import KEEP_ALIVE, streamed
from vrooli.core.errors import UnknownName, UsageError
from vrooli.core.status import Status
from vrooli.stack.progress import Report
from vrooli.stack.upgrading import Wish

PLANNED: tuple[Action, ...] = ("start", "stop", "restart", "up", "down")
"""Operations of which it can be asked what else they would do."""

STACK = "stack"
"""Subject of the events that tell of an edit of it."""


@dataclass(frozen=True, slots=True)
class Operation:
    """The body of an operation."""

    action: Action
    names: tuple[str, ...] = ()
    options: Wish = field(default_factory=Wish)
    confirm: str = ""
    request: str = ""


@dataclass(frozen=True)
class Services:
    """What these routes work with.

    Attributes:
        tick: look at everything now.
        reload: read the compiled stack again; what changed.
        itself: health of the watchdog itself.
        metrics: Prometheus text.
        spawn: runs work that outlives the request.
    """

    view: StatusView
    ledger: Ledger
    archive: Archive
    operations: Operations
    events: Events
    tick: Callable[[], Awaitable[None]]
    reload: Callable[[], Awaitable[dict[str, Any]]]
    itself: Callable[[], dict[str, Any]]
    metrics: Callable[[], Awaitable[bytes]]
    spawn: Callable[[Coroutine[Any, Any, None]], object]

    def routes(self) -> list[Route]:
        """See the base."""
        return [
            Route("/health", self.health),
            Route("/status", self.status),
            Route("/checks", self.checks),
            Route("/checks/{id}", self.check),
            Route("/heals", self.heals),
            Route("/metrics", self.prometheus),
            Route("/events", self.stream_events),
            Route("/tick", self.run_tick, methods=["POST"]),
            Route("/reload", self.run_reload, methods=["POST"]),
            Route("/operations", self.operate, methods=["POST"]),
            Route("/operations/plan", self.plan),
        ]

    async def health(self, request: Request) -> Response:
        """`{status, service}`: it is alive, and the verdict. 503 when that is critical."""
        verdict = self.view.verdict()
        code = 503 if verdict is Status.CRITICAL else 200
        return JSONResponse({"status": str(verdict), "service": "autoheal"}, code)

    async def status(self, request: Request) -> Response:
        """What `vrooli status --json` prints: `{stack, status, services[], problems[], watchdog}`.
        Of each service, `needs` are the services that it needs itself, `waits_for` those of them
        that are not there and must come back first.
        """
        return JSONResponse(self.view.status())

    async def checks(self, request: Request) -> Response:
        """`{checks[]}`: services first, then the host, each with its latest result."""
        return JSONResponse({"checks": self.view.checks()})

    async def check(self, request: Request) -> Response:
        """One of them."""
        wanted = request.path_params["id"]
        for check in self.view.checks():
            if check["id"] == wanted:
                return JSONResponse(check)
        raise UnknownName(
            f"there is no check `{wanted}`", wanted, next_step="`vrooli-autoheal checks` lists them"
        )

    @asks("limit", "since", "until", "subject")
    async def heals(self, request: Request) -> Response:
        """`{heals[]}`, newest first. Query: `limit` (50, at most 1000), `since` and `until` (Unix
        seconds), `subject` (a service, a group or a check).
        """
        since = float(number(request, "since", 0, 2**40))
        until = number(request, "until", 0, 2**40) or None
        subjects = await self.archive.names(request.query_params.get("subject", "")[:255])
        found = await self.ledger.heals(since, limit(request, 50, 1000), until, subjects)
        return JSONResponse({"heals": found})

    async def prometheus(self, request: Request) -> Response:
        """Prometheus text."""
        return Response(await self.metrics(), media_type="text/plain; version=0.0.4; charset=utf-8")

    @asks("force")
    async def run_tick(self, request: Request) -> Response:
        """`{status, checks[]}`. Query: `force=1` looks at everything first."""
        force = request.query_params.get("force", "0")
        if force not in ("0", "1"):
            raise UsageError(
                "`force` must be 0 or 1",
                next_step="1 looks at everything anew; leave it out for the latest results",
            )
        if force == "1":
            await self.tick()
        verdict = str(self.view.verdict())
        return JSONResponse({"status": verdict, "checks": self.view.checks()})

    async def run_reload(self, request: Request) -> Response:
        """Take on the compiled stack in the home again: `{changed, stopped[]}`. `vrooli up` calls
        it.
        """
        told = await self.reload()
        if told["changed"]:
            await self.ledger.event(STACK, "edited", by=actor(request), stopped=told["stopped"])
        return JSONResponse(told)

    async def stream_events(self, request: Request) -> Response:
        """Server-sent events, as they happen: `transition`, `heal` and `event`."""
        return StreamingResponse(_sse(self.events), media_type="text/event-stream")

    @asks("action", "names")
    async def plan(self, request: Request) -> Response:
        """`{action, names[], stops[], starts[], without[]}`: what an operation would do to services
        that are not named. `stops` lose what they need, and are started again with it; `starts` are
        needed, or were stopped only along with it; `without` run on and miss meanwhile what they
        need. Query: `action` (start, stop, restart, up or down), `names` (comma between them).
        """
        action = request.query_params.get("action", "")
        if action not in PLANNED:
            raise UsageError(
                f"`action` must be one of {', '.join(PLANNED)}",
                next_step="an upgrade tells what it would do by its own `dry_run`",
            )
        names = [name for name in request.query_params.get("names", "").split(",") if name]
        return JSONResponse(self.operations.plan(action, names).to_json())

    @takes(Operation)
    async def operate(self, request: Request, asked: Operation) -> Response:
        """`{action, names}`: up, down, start, stop or restart; no names are all services. Or
        `upgrade` of one resource, with `options` `{to, undo, forget, every, dry_run,
        counts_only}`, or `{restore, room, store, archives, dry_run}`: a restore point, which is
        unpacked here, its bytes, the name of the store that it comes from, empty for whichever has
        it, and whether it holds archives for a new cluster; what
        loses data needs `confirm`, its name. Who got no answer asks again with the same `request`,
        any text of his own: what has been restarted for it is not restarted once more.

        Progress comes as NDJSON, the last line has `done`. Lines that say how far something is have
        `bytes_done` and `bytes_total`, which is 0 where nobody knows, at most two a second. It goes
        on when the caller leaves.
        """
        action, names, wish = asked.action, asked.names, asked.options
        self.operations.check(action, names, wish)
        if wish.loses and asked.confirm not in names:
            raise UsageError(
                "this loses data: `confirm` must be the name of the resource",
                next_step="say `dry_run` first: it tells what is lost",
            )
        who = Asker(actor(request), asked.request)

        async def work(report: Report) -> Summary:
            return await self.operations.run(action, names, report, who, wish)

        return streamed(self.spawn, work)


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


GROUP = Services
