"""News for whoever listens now: the `/events` stream. A slow listener loses the oldest, never slows
the loop.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

_BACKLOG = 1000


class Events:
    """Fan-out to bounded queues."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[dict[str, Any]]] = set()

    def publish(self, kind: str, data: dict[str, Any]) -> None:
        """Tell all listeners."""
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait({"kind": kind, **data})

    async def listen(self) -> AsyncIterator[dict[str, Any]]:
        """Everything that is published from now on."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(_BACKLOG)
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)
