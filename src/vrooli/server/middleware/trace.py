"""A span for each request, below that of whoever asks if he says so (W3C Trace Context)."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vrooli.core.ports.traces import SERVES, Traces
from vrooli.server.metrics import METHODS, OTHER_METHOD
from vrooli.server.middleware.observe import QUIET_ROUTES, SHIPPING, UNMATCHED, route_template


class Trace:
    """Around everything else that is ours. What machines ask every few seconds is not told."""

    def __init__(self, app: ASGIApp, traces: Traces) -> None:
        self._app, self._traces = app, traces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass through everything; tell of HTTP."""
        if scope["type"] != "http" or _is_quiet(scope):
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else OTHER_METHOD
        facts = {"http.request.method": method}
        with self._traces.span(method, facts, kind=SERVES, above=_above(scope)) as span:

            async def watched(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.note({"http.response.status_code": message["status"]})
                    if message["status"] >= 500:
                        span.failed(str(message["status"]))
                await send(message)

            try:
                await self._app(scope, receive, watched)
            finally:
                route = route_template(scope)
                if route != UNMATCHED:
                    span.note({"http.route": route}, f"{method} {route}")


def _is_quiet(scope: Scope) -> bool:
    return scope["path"] in QUIET_ROUTES or (scope["method"], scope["path"]) in SHIPPING


def _above(scope: Scope) -> str:
    found = [value for name, value in scope["headers"] if name == b"traceparent"]
    return found[0].decode("latin-1") if len(found) == 1 else ""
