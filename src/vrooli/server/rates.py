"""Token buckets: so much a second, and some more at once."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field


@dataclass(slots=True)
class Bucket:
    """Of one caller.

    Attributes:
        rate: tokens that come back in a second.
        size: tokens that it holds when it is full.
        left: tokens in it at `at`.
        at: monotonic seconds.
    """

    rate: float
    size: float
    left: float = field(default=-1.0)
    at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        if self.left < 0:
            self.left = self.size

    def take(self, now: float | None = None) -> bool:
        """A token; whether there was one."""
        self._fill(time.monotonic() if now is None else now)
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def give_back(self) -> None:
        """The last one taken was not meant for this bucket."""
        self.left = min(self.size, self.left + 1)

    def full_in(self) -> float:
        """Seconds until it is full, as of the last `take`."""
        return (self.size - self.left) / self.rate

    def wait(self) -> float:
        """Seconds until there is one again, as of the last `take`."""
        return max(0.0, (1 - self.left) / self.rate)

    def _fill(self, now: float) -> None:
        self.left = min(self.size, self.left + (now - self.at) * self.rate)
        self.at = now


class Buckets:
    """One for each of the newest `most` callers: who comes back after that finds it full."""

    def __init__(self, rate: float, size: float, most: int = 10_000) -> None:
        self._rate, self._size, self._most = rate, size, most
        self._of: OrderedDict[str, Bucket] = OrderedDict()

    def of(self, caller: str) -> Bucket:
        """That of a caller."""
        found = self._of.pop(caller, None) or Bucket(self._rate, self._size)
        self._of[caller] = found
        if len(self._of) > self._most:
            self._of.popitem(last=False)
        return found
