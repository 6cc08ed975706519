"""Port `Clock`, moved by hand."""

import asyncio
import heapq
import itertools


class MemoryClock:
    """Stands still until `advance`; sleepers wake when their time has come.

    Args:
        wall: unix seconds at the start.
        monotonic: monotonic seconds at the start.
    """

    def __init__(self, wall: float = 1_700_000_000.0, monotonic: float = 1000.0) -> None:
        self._wall = wall
        self._monotonic = monotonic
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return self._monotonic

    def wall(self) -> float:
        """Unix seconds."""
        return self._wall

    def jump(self, seconds: float) -> None:
        """Set the wall clock; monotonic time and sleepers do not notice."""
        self._wall += seconds

    async def sleep(self, seconds: float) -> None:
        """Wait until `advance` has reached the time."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (self._monotonic + seconds, next(self._order), future)
        heapq.heappush(self._sleepers, entry)
        await future

    async def advance(self, seconds: float) -> None:
        """Let time pass, stopping at each sleeper's time so that what it does is in order."""
        target = self._monotonic + seconds
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, future = heapq.heappop(self._sleepers)
            self._move_to(due)
            if not future.done():
                future.set_result(None)
            await _settle()
        self._move_to(target)
        await _settle()

    def _move_to(self, monotonic: float) -> None:
        self._wall += monotonic - self._monotonic
        self._monotonic = monotonic


async def _settle() -> None:
    # What wakes may wake others; a few rounds of the loop let them all come to their next wait.
    for _ in range(20):
        await asyncio.sleep(0)
