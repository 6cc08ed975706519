"""The edge where errors that nobody expected become a 500 without a traceback for the caller, and a
log line for us.
"""

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vrooli.core.errors import VrooliError
from vrooli.server.problems import problem, problem_of


class ErrorEdge:
    """Catches what the application let through; a response that has begun can only be cut off."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._log = structlog.get_logger("vrooli.server")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer in place of the application when it raised before its first byte."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            raise  # nobody is left to answer
        except Exception as error:  # a bad request must not end the connection
            self._log.error("request failed", exc_info=error)
            if begun:
                raise
            await _answer_for(error)(scope, receive, send)


def _answer_for(error: Exception) -> ASGIApp:
    if isinstance(error, VrooliError):
        return problem_of(error)
    return problem(500, "internal", "the server made a mistake", next_step="see its log")
