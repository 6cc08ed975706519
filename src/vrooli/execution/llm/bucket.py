"""A token bucket: how often something may be done. Pure; times are monotonic seconds."""

from dataclasses import dataclass

BURST = 0.1
"""Of what a minute allows, how much may be done at once; one at least."""


@dataclass
class Bucket:
    """Attributes:
    per_minute: how often; 0: as often as one likes.
    left: what may be done now; below 0, others wait already.
    at: when that was so; None before the first use.
    not_before: nothing is done earlier, because whoever is asked said so.
    """

    per_minute: float
    left: float = 0.0
    at: float | None = None
    not_before: float = 0.0

    def take(self, now: float) -> float:
        """Seconds to wait before doing it once."""
        return max(self.not_before - now, self._wait(now))

    def hold(self, until: float) -> None:
        """Nothing before that."""
        self.not_before = max(self.not_before, until)

    def _wait(self, now: float) -> float:
        if not self.per_minute:
            return 0.0
        rate, most = self.per_minute / 60, max(1.0, self.per_minute * BURST)
        grown = most if self.at is None else self.left + (now - self.at) * rate
        self.left, self.at = min(most, grown) - 1, now
        return max(0.0, -self.left / rate)
