"""The newest events of one tree, read once for all that follow it in this process."""

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import islice

from vrooli.core.errors import VrooliError
from vrooli.execution.live.events import Event, EventStore

KEPT = 500
"""Events of a tree; who is further behind reads the table."""

PAUSE = 0.01
"""Seconds between two reads: a tree that writes thousands of events a second is read a hundred
times."""

RETRY = 0.5
"""Seconds until the next try while PostgreSQL is away."""

Wake = Callable[[], None]
Listener = Callable[[str], None]


class Tail:
    """One tree, of which the newest `kept` events are held. Nothing is read while nothing is new.

    Attributes:
        root: the first run of the tree.
        followers: whom to wake when something came.
        listeners: whom to tell what models say just now.
        last: number of the newest event that is known.
    """

    def __init__(self, root: str, store: EventStore, kept: int = KEPT) -> None:
        self.root, self._store = root, store
        self._held: deque[Event] = deque(maxlen=kept)
        self._kept = kept
        self._stale = False
        self._task: asyncio.Task[None] | None = None
        self.followers: set[Wake] = set()
        self.listeners: set[Listener] = set()
        self.last: int | None = None

    def page(self, after: int, limit: int) -> list[Event] | None:
        """What follows number `after`, at most so many; None when only the table has it all."""
        if self.last is None:
            return None
        if after >= self.last:
            return []
        first = self._held[0].seq
        if after < first - 1:
            return None
        start = after - first + 1
        return list(islice(self._held, start, start + limit))

    def stale(self) -> None:
        """There may be more by now."""
        self._stale = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._read(), name=f"tail {self.root}")

    def close(self) -> None:
        """Nobody follows it any more."""
        if self._task is not None:
            self._task.cancel()

    def wake(self) -> None:
        """Have everybody look."""
        for follower in tuple(self.followers):
            follower()

    async def _read(self) -> None:
        while self._stale:
            self._stale = False
            try:
                found = await self._more()
            except VrooliError:
                self._stale = True
                await asyncio.sleep(RETRY)
                continue
            if found:
                self._held.extend(found)
                self._stale = self._stale or len(found) == self._kept
            if found or self.last is None:
                self.last = found[-1].seq if found else 0
                self.wake()
            await asyncio.sleep(PAUSE)

    async def _more(self) -> list[Event]:
        if self.last is None:
            return await self._store.latest(self.root, self._kept)
        return await self._store.after(self.root, self.last, self._kept)
