"""How often one address may try something."""

from collections import OrderedDict

MOST = 10_000
"""Addresses that are remembered; the one that tried longest ago makes room."""


class Tries:
    """Counts them.

    Args:
        at_once: so many.
        seconds: after which one more may be made.
    """

    def __init__(self, at_once: int, seconds: float) -> None:
        self._at_once, self._seconds = at_once, seconds
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str, now: float) -> float:
        """One try: 0 when it may be made, else the seconds until the next one may.

        Args:
            address: of whoever tries.
            now: monotonic seconds.
        """
        used, at = self._used.pop(address, (0.0, now))
        used = max(0.0, used - (now - at) / self._seconds)
        allowed = used + 1 <= self._at_once
        self._used[address] = (used + 1 if allowed else used, now)
        if len(self._used) > MOST:
            self._used.popitem(last=False)
        return 0.0 if allowed else max(1.0, (used + 1 - self._at_once) * self._seconds)
