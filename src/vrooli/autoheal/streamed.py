"""What takes long, told line by line while it goes on; it goes on when nobody reads any more."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from typing import Any, Protocol

from starlette.responses import Response, StreamingResponse

from vrooli.autoheal.web import problem
from vrooli.core.errors import VrooliError
from vrooli.stack.progress import Report, Step

KEEP_ALIVE = 10.0
"""Seconds of silence after which a stream gets an empty line, so that both ends notice when the
other is gone.
"""

Lines = asyncio.Queue[dict[str, Any] | None]


class Ended(Protocol):
    """How such work ended."""

    def to_json(self) -> dict[str, Any]:
        """The last line."""
        ...


Work = Callable[[Report], Awaitable[Ended]]


def streamed(spawn: Callable[[Coroutine[Any, Any, None]], object], work: Work) -> Response:
    """NDJSON, the last line of which has `done`; `spawn` runs work that outlives the request."""
    lines: Lines = asyncio.Queue()
    spawn(_carried_out(work, lines))
    return StreamingResponse(_ndjson(lines), media_type="application/x-ndjson")


async def _carried_out(work: Work, lines: Lines) -> None:
    def report(step: Step) -> None:
        lines.put_nowait(step.to_json())

    try:
        summary = await work(report)
        lines.put_nowait(summary.to_json())
    except VrooliError as error:
        lines.put_nowait({"done": True, "ok": False, "changed": 0, "failed": [], **problem(error)})
    finally:
        lines.put_nowait(None)


async def _ndjson(lines: Lines) -> AsyncIterator[bytes]:
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
