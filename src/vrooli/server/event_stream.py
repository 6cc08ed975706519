"""Server-sent events (HTML standard, 9.2), bounded: who does not read is cut off.

https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from vrooli.execution.live.events import Event

HEARTBEAT = 15.0
"""Seconds of silence before a comment: proxies close what is silent for a minute."""

SLOW = 30.0
"""Seconds for one piece. Who takes none for so long is not there, and is owed nothing."""


def as_message(event: Event) -> str:
    """An event as it stands in the stream. JSON has no line of its own."""
    return f"id: {event.seq}\ndata: {event.text}\n\n"


def as_text(text: str) -> str:
    """What a model says just now: an event of a type of its own, without an id, so that whoever
    comes back goes on after the last one that has a number.
    """
    return f"event: text\ndata: {text}\n\n"


def heartbeat() -> str:
    """A sign of life that no reader is told."""
    return ":\n\n"


def over(why: str) -> str:
    """The last one, for whoever may read no more. It has a name, so that nobody takes it for an
    event of a run.
    """
    said = json.dumps({"code": "unauthorized", "detail": why})
    return f"event: over\ndata: {said}\n\n"


class EventStream(StreamingResponse):
    """The pieces of `messages`, as fast as the client takes them; none waits here but one."""

    def __init__(self, messages: AsyncIterator[str]) -> None:
        # A proxy that gathers pieces (nginx) would tell everything late.
        super().__init__(
            messages, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""

        async def bounded(message: Message) -> None:
            try:
                async with asyncio.timeout(SLOW):
                    await send(message)
            except TimeoutError:
                raise ClientDisconnect from None

        await super().__call__(scope, receive, bounded)
