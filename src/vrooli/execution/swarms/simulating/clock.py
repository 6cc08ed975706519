"""Time that passes only when something is due. See `core.ports.clock.Clock`."""

import heapq
import itertools
from collections.abc import Callable

BEGIN = 1_767_225_600.0
"""Unix seconds at which a simulation begins: always the same, so that two are."""


class VirtualClock:
    """Moves from one thing that is due to the next."""

    def __init__(self, begin: float = BEGIN) -> None:
        self.begin, self._now = begin, begin
        self._order = itertools.count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    @property
    def passed(self) -> float:
        """Seconds since the beginning."""
        return self._now - self.begin

    def monotonic(self) -> float:
        """See the port."""
        return self.passed

    def wall(self) -> float:
        """See the port."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Nobody waits here: what takes time is due at a time."""
        self._now += max(0.0, seconds)

    def at(self, time: float, do: Callable[[], None]) -> None:
        """Have that done at unix seconds `time`, in the order in which it was said."""
        heapq.heappush(self._due, (max(time, self._now), next(self._order), do))

    def next(self) -> Callable[[], None] | None:
        """What is due next, at whose time it is now; None when nothing is."""
        if not self._due:
            return None
        self._now, _, do = heapq.heappop(self._due)
        return do
