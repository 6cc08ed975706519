"""A circuit breaker, pure: who fails again and again is left alone for a while, then tried once."""

import math
from dataclasses import dataclass, replace

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
        patience: failures in a row before it is left alone.
        first_pause: seconds that it is left alone then; doubling with each failure.
        longest_pause: up to these.
    """

    failures: int = 0
    failed_at: float = -math.inf
    patience: int = PATIENCE
    first_pause: float = FIRST_PAUSE
    longest_pause: float = LONGEST_PAUSE

    def failed(self, now: float) -> "Breaker":
        """One more failure."""
        return replace(self, failures=self.failures + 1, failed_at=now)

    def succeeded(self) -> "Breaker":
        """It works: all is forgotten."""
        return replace(self, failures=0, failed_at=-math.inf)

    @property
    def open(self) -> bool:
        """Whether it failed too often to be asked for everything."""
        return self.failures >= self.patience

    @property
    def retry_at(self) -> float:
        """From when on it may be asked: long ago unless it is open."""
        if not self.open:
            return -math.inf
        doublings = min(self.failures - self.patience, 16)  # bounded: a float overflows at 1024
        return self.failed_at + min(self.longest_pause, self.first_pause * 2.0**doublings)

    def allows(self, now: float) -> bool:
        """Whether it may be asked now."""
        return now >= self.retry_at
