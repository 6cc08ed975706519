"""Who follows what in this process, and how they hear of it."""

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from vrooli.execution.live.events import Event, EventStore
from vrooli.execution.live.tail import Tail


class Following:
    """One reader's place in one tree.

    Attributes:
        root: the tree.
        after: number of the last event that was read.
        woken: set when there may be more.
    """

    def __init__(self, live: "Live", tail: Tail, after: int, woken: asyncio.Event) -> None:
        self._live, self._tail = live, tail
        self.root, self.after, self.woken = tail.root, after, woken

    async def page(self, limit: int) -> list[Event]:
        """What comes next, at most so many; nothing when there is nothing yet."""
        found = self._tail.page(self.after, limit)
        if found is None:
            found = await self._live.store.after(self.root, self.after, limit)
        if found:
            self.after = found[-1].seq
        return found

    async def next(self, limit: int, seconds: float) -> list[Event]:
        """What comes next, as soon as there is something; nothing after so many seconds without, or
        when the process ends.
        """
        end = asyncio.get_running_loop().time() + seconds
        while True:
            self.woken.clear()
            if (found := await self.page(limit)) or self._live.closing:
                return found
            try:
                async with asyncio.timeout_at(end):
                    await self.woken.wait()
            except TimeoutError:
                return []


class Live:
    """The readers of one process.

    Attributes:
        closing: the process ends: readers are to end as well.
    """

    def __init__(self, store: EventStore) -> None:
        self._tails: dict[str, Tail] = {}
        self.store = store
        self.closing = False

    @contextmanager
    def follow(
        self, root: str, after: int, woken: asyncio.Event | None = None
    ) -> Iterator[Following]:
        """A place in a tree.

        Args:
            root: the tree.
            after: number of the last event that is known already.
            woken: set when there may be more; one for each place in the same tree.
        """
        woken = woken or asyncio.Event()
        tail = self._tails.get(root)
        if tail is None:
            tail = self._tails[root] = Tail(root, self.store)
            tail.stale()
        tail.followers.add(woken.set)
        try:
            yield Following(self, tail, after, woken)
        finally:
            tail.followers.discard(woken.set)
            if not tail.followers and self._tails.get(root) is tail:
                del self._tails[root]
                tail.close()

    def heard(self, roots: Collection[str]) -> None:
        """These trees have news."""
        for root in roots:
            if (tail := self._tails.get(root)) is not None:
                tail.stale()

    def heard_of_any(self) -> None:
        """Any tree may have news."""
        self.heard(tuple(self._tails))

    async def look(self) -> None:
        """Find news of which nobody told."""
        if not self._tails:
            return
        for root, seq in (await self.store.seqs(tuple(self._tails))).items():
            tail = self._tails.get(root)
            if tail is not None and (tail.last is None or tail.last < seq):
                tail.stale()

    def close(self) -> None:
        """Have all readers end."""
        self.closing = True
        for tail in self._tails.values():
            tail.wake()
