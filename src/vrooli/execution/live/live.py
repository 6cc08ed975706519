"""Who follows what in this process, and how they hear of it."""

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from vrooli.execution.live.events import MARGIN, Event, EventStore
from vrooli.execution.live.tail import KEPT, Tail, Wake

LONGEST = 86_400.0

TEXTS = 50
"""Pieces of what models say that wait for a reader; the oldest go first."""


class Following:
    """One reader's place in one tree.

    Attributes:
        root: the tree.
        after: number of the last event that was read.
        woken: set when there may be more.
        ended: whoever reads is told no more.
    """

    def __init__(
        self, live: "Live", tail: Tail, after: int, woken: asyncio.Event, wake: Wake
    ) -> None:
        self._live, self._tail = live, tail
        self.root, self.after, self.woken = tail.root, after, woken
        self.ended = False
        self._texts: deque[str] = deque(maxlen=TEXTS)
        self._wake = wake

    def say(self, text: str) -> None:
        """A model says something just now; told to who asks for `texts` soon enough."""
        self._texts.append(text)
        self._wake()

    def texts(self) -> list[str]:
        """What was said since the last time, as JSON."""
        found = list(self._texts)
        self._texts.clear()
        return found

    async def page(self, limit: int) -> list[Event]:
        """What comes next, at most so many; nothing when there is nothing yet."""
        found = self._tail.page(self.after, limit)
        if found is None:
            found = await self._live.store.after(self.root, self.after, limit)
        if found:
            self.after = found[-1].seq
        return found

    async def next(self, limit: int, seconds: float) -> list[Event]:
        """What comes next, as soon as there is something; nothing after so many seconds without,
        when a model says something, or when the process or this reading ends.
        """
        end = asyncio.get_running_loop().time() + seconds
        while True:
            self.woken.clear()
            if (found := await self.page(limit)) or self._texts or self._live.closing or self.ended:
                return [] if self.ended else found
            try:
                async with asyncio.timeout_at(end):
                    await self.woken.wait()
            except TimeoutError:
                return []

    def end(self) -> None:
        """Tell its reader no more."""
        self.ended = True
        self.woken.set()


class Live:
    """The readers of one process, each tree's newest `kept` events at hand.

    Attributes:
        closing: the process ends: readers are to end as well.
        watchers: are called for each tree that has news, whoever follows it.
    """

    def __init__(self, store: EventStore, kept: int = KEPT) -> None:
        self._tails: dict[str, Tail] = {}
        self._kept = kept
        self._active: dict[str, int] = {}
        self._looked = -math.inf  # monotonic seconds
        self.watchers: set[Callable[[str], None]] = set()
        self.store = store
        self.closing = False

    @contextmanager
    def follow(
        self, root: str, after: int, wake: Wake | None = None, *, texts: bool = False
    ) -> Iterator[Following]:
        """A place in a tree.

        Args:
            root: the tree.
            after: number of the last event that is known already.
            wake: called when there may be more; else the place's `next` waits for that.
            texts: be told what models say just now.
        """
        woken = asyncio.Event()
        wake = wake or woken.set
        tail = self._tails.get(root)
        if tail is None:
            tail = self._tails[root] = Tail(root, self.store, self._kept)
            tail.stale()
        tail.followers.add(wake)
        following = Following(self, tail, after, woken, wake)
        if texts:
            tail.listeners.add(following.say)
        try:
            yield following
        finally:
            tail.followers.discard(wake)
            tail.listeners.discard(following.say)
            if not tail.followers and self._tails.get(root) is tail:
                del self._tails[root]
                tail.close()

    def heard(self, roots: Collection[str]) -> None:
        """These trees have news."""
        for root in roots:
            if (tail := self._tails.get(root)) is not None:
                tail.stale()
            for watcher in tuple(self.watchers):
                watcher(root)

    def said(self, root: str, text: str) -> None:
        """A model says something just now, in that tree."""
        if (tail := self._tails.get(root)) is not None:
            for listener in tuple(tail.listeners):
                listener(text)

    def heard_of_any(self) -> None:
        """Any tree may have news."""
        self.heard(tuple(self._tails))

    async def look(self) -> None:
        """Find news of which nobody told."""
        if self.watchers:
            await self._look_at_all()
        if not self._tails:
            return
        for root, seq in (await self.store.seqs(tuple(self._tails))).items():
            tail = self._tails.get(root)
            if tail is not None and (tail.last is None or tail.last < seq):
                tail.stale()

    async def baseline(self) -> tuple[float, dict[str, int]]:
        """The time of the database, and the number of the last event of each tree that may be one
        of those that have news.
        """
        now, active = await self.store.active(2 * MARGIN)
        if len(self.watchers) <= 1:
            self._looked, self._active = time.monotonic(), active
        return now, dict(active)

    async def _look_at_all(self) -> None:
        now = time.monotonic()
        since = min(now - self._looked + MARGIN, LONGEST)
        _, active = await self.store.active(since)
        before, self._active, self._looked = self._active, active, now
        self.heard([root for root, seq in active.items() if before.get(root) != seq])

    def close(self) -> None:
        """Have all readers end."""
        self.closing = True
        for tail in self._tails.values():
            tail.wake()
