"""How late the watchdog's own loop is. A watchdog that is late must suspect itself before it
suspects others.
"""

from collections import deque

from vrooli.autoheal.steps import ClockSteps
from vrooli.core import grid
from vrooli.core.ports.clock import Clock

_BEAT = 0.25
_KEPT = 240
"""Beats kept: one minute."""


class LoopLag:
    """Measures by sleeping and looking how much later it woke up.

    Attributes:
        steps: how the wall clock was set, looked at with every beat.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._beats: deque[tuple[float, float]] = deque(maxlen=_KEPT)
        self.steps = ClockSteps(clock)

    async def measure(self) -> None:
        """Measure until cancelled."""
        while True:
            before = self._clock.monotonic()
            pause = grid.until_next(before, _BEAT)
            await self._clock.sleep(pause)
            now = self._clock.monotonic()
            self._beats.append((now, max(0.0, now - before - pause)))
            self.steps.look()

    def worst_since(self, monotonic: float) -> float:
        """The worst lateness in seconds since then."""
        return max((lag for at, lag in self._beats if at >= monotonic), default=0.0)
