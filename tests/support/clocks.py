"""Clocks that the test turns."""

import asyncio

from vrooli.host.clock import SystemClock


class SetClock(SystemClock):
    """The real one, with a wall clock that the test sets.

    Attributes:
        offset: seconds by which it is off.
    """

    def __init__(self) -> None:
        self.offset = 0.0

    def wall(self) -> float:
        """Unix seconds."""
        return super().wall() + self.offset


class TurnedClock:
    """Both clocks stand still until told; a sleep passes at once and is remembered."""

    def __init__(self, wall: float = 1_700_000_000.0, monotonic: float = 1000.0) -> None:
        self._wall, self._monotonic = wall, monotonic
        self.sleeps: list[float] = []

    def monotonic(self) -> float:
        """Never jumps."""
        return self._monotonic

    def wall(self) -> float:
        """Jumps by `jump`."""
        return self._wall

    def pass_time(self, seconds: float) -> None:
        """Time goes by as it should."""
        self._wall += seconds
        self._monotonic += seconds

    def jump(self, seconds: float) -> None:
        """Somebody sets the wall clock."""
        self._wall += seconds

    async def sleep(self, seconds: float) -> None:
        """Time passes, and the loop turns once."""
        self.sleeps.append(seconds)
        self.pass_time(seconds)
        await asyncio.sleep(0)
