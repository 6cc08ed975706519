"""Counts, times and logs every request. Pure ASGI, so that streamed responses are timed to their
last byte.
"""

import time
from dataclasses import dataclass

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vrooli.server.metrics import Metrics

UNMATCHED = "unmatched"
QUIET_ROUTES = frozenset({"/health", "/health/live", "/metrics"})
"""Asked every few seconds by machines: logged only when they fail."""
SHIPPING = frozenset(
    {("POST", "/api/v1/history"), ("POST", "/api/v1/fleet/records"), ("GET", "/api/v1/hosts")}
)
"""Watchdogs bring their records and look for hosts, every few seconds: likewise."""
WAITING = frozenset({"/api/v1/runs/{run}/events"})
"""They answer when there are news: how long that takes says nothing about the server."""
MAX_LOGGED_PATH = 512
CLIENT_GONE = 499
"""The caller went away before its answer: nginx's number. Counted as 500 it would raise alarms."""


@dataclass(slots=True)
class _Outcome:
    status: int = 500  # what the client sees when the application ends without an answer


class Observe:
    """Outermost of our middleware: sees what every other layer answered."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics
        self._log = structlog.get_logger("vrooli.server.access")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass through everything; measure HTTP."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        outcome = _Outcome()

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                outcome.status = message["status"]
            await send(message)

        start = time.perf_counter_ns()
        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            outcome.status = CLIENT_GONE
        finally:
            self._record(scope, outcome.status, time.perf_counter_ns() - start)

    def _record(self, scope: Scope, status: int, nanoseconds: int) -> None:
        route = route_template(scope)
        seconds = None if route in WAITING else nanoseconds / 1e9
        self._metrics.observe(scope["method"], route, status, seconds)
        quiet = route in QUIET_ROUTES or (scope["method"], route) in SHIPPING
        if quiet and status < 400:
            return
        client = scope.get("client")
        fields = {
            "http.request.method": scope["method"],
            "http.response.status_code": status,
            "url.path": scope["path"][:MAX_LOGGED_PATH],
            "http.route": route,
            "event.duration": nanoseconds,
            "client.ip": client[0] if client else None,
        }
        self._log.info("request", **fields)


def route_template(scope: Scope) -> str:
    """The template that the router matched; raw paths are never labels, they would grow without
    bound.
    """
    found = getattr(scope.get("route"), "path", None)
    if found is None and scope["path"] in QUIET_ROUTES:
        found = scope["path"]  # a plain route of Starlette's does not leave its name
    return str(found or UNMATCHED)
