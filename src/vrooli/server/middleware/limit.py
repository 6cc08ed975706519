"""Bounds request bodies before anything parses them, and takes in what nobody wanted to read."""

import asyncio
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vrooli.server.problems import problem

MAX_BODY_BYTES = 4 * 1024 * 1024
MAX_DISCARDED_BYTES = 64 * 1024 * 1024
DISCARD_SECONDS = 5.0


class BodyLimit:
    """Answers 413 to an announced length above the limit, and to a chunked body that passes it.

    Before an early answer (401, 413 ...) goes out, the rest of the body is read and dropped, within
    bounds. Closing a connection with unread bytes resets it, and the caller, still sending, would
    see "connection reset" in place of the answer: a watchdog would wait instead of sending less.
    """

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wrap both directions of HTTP requests."""
        if scope["type"] != "http" or not _has_body(scope):
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._limit)

        async def after_body(message: Message) -> None:
            if message["type"] == "http.response.start":
                await body.discard()
            await send(message)

        if _announced(scope) > self._limit:
            refusal = problem(413, "too_large", body.text, next_step="send smaller batches")
            await refusal(scope, receive, after_body)
        else:
            await self._app(scope, body.receive, after_body)


@dataclass(slots=True)
class _Body:
    """A request's body on its way in."""

    source: Receive
    limit: int
    taken: int = 0
    ended: bool = False

    @property
    def text(self) -> str:
        return f"the body is larger than {self.limit} bytes"

    async def receive(self) -> Message:
        """The next piece; HTTPException once there were too many bytes."""
        message = await self._next()
        if self.taken > self.limit:
            raise HTTPException(413, self.text)
        return message

    async def discard(self) -> None:
        """Read the rest, for so long and so much."""
        try:
            async with asyncio.timeout(DISCARD_SECONDS):
                while not self.ended and self.taken < MAX_DISCARDED_BYTES:
                    await self._next()
        except TimeoutError:
            return

    async def _next(self) -> Message:
        message = await self.source()
        self.taken += len(message.get("body", b""))
        self.ended = not message.get("more_body", False)  # a disconnect ends it as well
        return message


def _has_body(scope: Scope) -> bool:
    """Whether one follows the head (RFC 9112, 6.3). HTTP/2 would say so otherwise: not spoken."""
    names = [name for name, _ in scope["headers"]]
    return b"content-length" in names or b"transfer-encoding" in names


def _announced(scope: Scope) -> int:
    """The Content-Length; 0 for a chunked body. The HTTP parser has refused what is no number."""
    return next((int(value) for name, value in scope["headers"] if name == b"content-length"), 0)
