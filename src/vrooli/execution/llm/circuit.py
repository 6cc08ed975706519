"""Leaves a provider alone that fails again and again. Pure; times are monotonic seconds."""

from dataclasses import dataclass, field

from vrooli.core.breaker import Breaker

PATIENCE, PAUSE, PROBES = 5, 30.0, 2
"""Failures in a row; seconds without requests after them; requests that must then work, and are
sent at the same time at most.
"""


def _closed() -> Breaker:
    return Breaker(patience=PATIENCE, first_pause=PAUSE, longest_pause=PAUSE)


@dataclass
class Circuit:
    """Of one provider, in one process.

    Attributes:
        breaker: what is remembered of its failures.
        probing: probes under way.
        good: probes that worked.
    """

    breaker: Breaker = field(default_factory=_closed)
    probing: int = 0
    good: int = 0

    def down(self, now: float) -> bool:
        """Whether it is left alone."""
        return self.breaker.open and not self.breaker.allows(now)

    def enter(self, now: float) -> bool:
        """Whether it may be asked; then `left` is told when that has ended."""
        if not self.breaker.open:
            return True
        if not self.breaker.allows(now) or self.probing >= PROBES:
            return False
        self.probing += 1
        return True

    def left(self, worked: bool | None, now: float) -> None:
        """How it ended; None: nobody waited for its answer."""
        if not self.breaker.open:
            self.breaker = self.breaker.failed(now) if worked is False else self._after(worked)
            return
        if not self.breaker.allows(now):
            return  # it was asked before it was left alone
        self.probing = max(0, self.probing - 1)
        if worked is False:
            self.breaker, self.good = self.breaker.failed(now), 0
        elif worked:
            self.good += 1
            if self.good >= PROBES:
                self.breaker, self.good, self.probing = _closed(), 0, 0

    def _after(self, worked: bool | None) -> Breaker:
        return self.breaker.succeeded() if worked else self.breaker
