"""How far the wall clock was set lately, seen against the clock that nobody sets."""

from vrooli.core.ports.clock import Clock

LARGE = 60.0
"""Seconds: what keeps a clock in time sets it by less."""


class ClockSteps:
    """Remembers the latest large step. A machine that was suspended has made one, too."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset = clock.wall() - clock.monotonic()
        self._step, self._at = 0.0, 0.0

    def look(self) -> None:
        """Compare both clocks. To be called every second or more often."""
        now = self._clock.monotonic()
        offset = self._clock.wall() - now
        step, self._offset = offset - self._offset, offset
        if abs(step) >= LARGE:
            self._step, self._at = step, now

    def within(self, seconds: float) -> float:
        """The latest large step, in seconds, forward or back; 0 when it is longer ago."""
        if self._step and self._clock.monotonic() - self._at < seconds:
            return self._step
        return 0.0

    def wall(self) -> float:
        """What the wall clock says, unix seconds."""
        return self._clock.wall()
