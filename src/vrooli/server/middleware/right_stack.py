"""Refuses what is meant for another stack, before it is looked at who asks, and for what."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from vrooli.core.stack_mark import HEADER, MISDIRECTED
from vrooli.server.problems import Problem, problem


class RightStack:
    """Answers 421 where a request names another stack than that of `mark`; most name none."""

    def __init__(self, app: ASGIApp, mark: str) -> None:
        self._app, self._mark = app, mark

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """HTTP requests alone: who follows by a WebSocket has asked before."""
        if scope["type"] == "http":
            meant = Headers(scope=scope).get(HEADER)
            if meant is not None and meant != self._mark:
                await _refusal()(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _refusal() -> Problem:
    return problem(
        MISDIRECTED,
        "another_stack",
        "the server that answers there belongs to another stack",
        next_step="`vrooli status` shows what keeps the server of yours from its port; stop that "
        "other one, or set another `port` under [scenarios.server]",
    )
