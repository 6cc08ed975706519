"""Bounds request bodies before anything parses them, whether their length is announced or not."""

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vrooli.server.problems import problem

MAX_BODY_BYTES = 4 * 1024 * 1024


class BodyLimit:
    """Answers 413 to an announced length above the limit, and stops reading a chunked body that
    passes it.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wrap `receive` of HTTP requests."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._announced(scope) > self._limit:
            await self._refusal()(scope, receive, send)
            return
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._limit:
                raise HTTPException(413, self._text())
            return message

        await self._app(scope, counted, send)

    def _announced(self, scope: Scope) -> int:
        for name, value in scope["headers"]:
            if name == b"content-length":
                return int(value) if value.isdigit() else self._limit + 1
        return 0

    def _text(self) -> str:
        return f"the body is larger than {self._limit} bytes"

    def _refusal(self) -> ASGIApp:
        return problem(413, "too_large", self._text(), next_step="send smaller batches")
