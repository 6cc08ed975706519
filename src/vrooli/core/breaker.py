"""A circuit breaker, pure: who fails again and again is left alone for a while, then tried once."""

import math
from dataclasses import dataclass

PATIENCE = 3
"""Failures in a row before a peer is left alone."""

FIRST_PAUSE, LONGEST_PAUSE = 15.0, 600.0
"""Seconds that it is left alone: doubling with each failure, up to the longest."""


@dataclass(frozen=True, slots=True)
class Breaker:
    """What is remembered of one peer. Times are monotonic seconds.

    Attributes:
        failures: in a row.
        failed_at: the latest of them.
    """

    failures: int = 0
    failed_at: float = -math.inf

    def failed(self, now: float) -> "Breaker":
        """One more failure."""
        return Breaker(self.failures + 1, now)

    def succeeded(self) -> "Breaker":
        """It works: all is forgotten."""
        return Breaker()

    @property
    def open(self) -> bool:
        """Whether it failed too often to be asked for everything."""
        return self.failures >= PATIENCE

    @property
    def retry_at(self) -> float:
        """From when on it may be asked: long ago unless it is open."""
        if not self.open:
            return -math.inf
        doublings = min(self.failures - PATIENCE, 16)  # bounded: a float overflows at 1024
        return self.failed_at + min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**doublings)

    def allows(self, now: float) -> bool:
        """Whether it may be asked now."""
        return now >= self.retry_at
