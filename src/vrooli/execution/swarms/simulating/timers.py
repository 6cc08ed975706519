"""What runs of a simulation come to later; of one that is paused, later by as much."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from vrooli.execution.swarms.simulating.clock import VirtualClock


@dataclass(eq=False)
class _Timer:
    do: Callable[[], None]
    due: float
    left: float | None = None
    """Seconds, while its run is paused."""


class Timers:
    """Of all runs.

    Args:
        clock: time.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._of = defaultdict[str, list[_Timer]](list)

    def later(self, run: str, seconds: float, do: Callable[[], None]) -> None:
        """Have that done when the run has gone on for so long."""
        timer = _Timer(do, self._clock.wall() + seconds)
        self._of[run].append(timer)
        self._set(run, timer)

    def hold(self, run: str) -> None:
        """It is paused."""
        for timer in self._of[run]:
            if timer.left is None:
                timer.left = max(0.0, timer.due - self._clock.wall())

    def go_on(self, run: str) -> None:
        """It is no more."""
        for timer in self._of[run]:
            if timer.left is not None:
                timer.due, timer.left = self._clock.wall() + timer.left, None
                self._set(run, timer)

    def drop(self, run: str) -> None:
        """It has ended."""
        self._of.pop(run, None)

    def _set(self, run: str, timer: _Timer) -> None:
        self._clock.at(timer.due, partial(self._ring, run, timer, timer.due))

    def _ring(self, run: str, timer: _Timer, due: float) -> None:
        timers = self._of.get(run, [])
        if timer in timers and timer.left is None and timer.due == due:
            timers.remove(timer)
            timer.do()
