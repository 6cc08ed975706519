"""How often passwords may be tried in vain."""

from collections import OrderedDict

MOST = 10_000
"""Those that are remembered; the one that tried longest ago makes room."""


class Tries:
    """Counts them, of each of some.

    Args:
        at_once: so many.
        seconds: after which one more may be made.
    """

    def __init__(self, at_once: int, seconds: float) -> None:
        self._at_once, self._seconds = at_once, seconds
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, of: str, now: float) -> float:
        """One try: 0 when it may be made, else the seconds until the next one may.

        Args:
            of: whoever tries.
            now: monotonic seconds.
        """
        used, at = self._used.pop(of, (0.0, now))
        used = max(0.0, used - (now - at) / self._seconds)
        allowed = used + 1 <= self._at_once
        self._used[of] = (used + 1 if allowed else used, now)
        if len(self._used) > MOST:
            self._used.popitem(last=False)
        return 0.0 if allowed else max(1.0, (used + 1 - self._at_once) * self._seconds)

    def give_back(self, of: str) -> None:
        """The last one was not in vain."""
        if of in self._used:
            used, at = self._used[of]
            self._used[of] = max(0.0, used - 1), at

    def forget(self, of: str) -> None:
        """All of them."""
        self._used.pop(of, None)


class Guard:
    """Whether a password may be tried: by where it comes from, and by whose it is, from there. What
    is tried is counted before it is looked at, so that many at once are many; what was right is not
    counted.

    Args:
        network: of all tries from one.
        account: of those for one account from one network. Others cannot shut somebody out by it.
    """

    def __init__(self, network: Tries, account: Tries) -> None:
        self._network, self._account = network, account

    def take(self, network: str, account: str, now: float) -> float:
        """As `Tries.take`, for both."""
        if wait := self._account.take(f"{network} {account}", now):
            return wait
        if wait := self._network.take(network, now):
            self._account.give_back(f"{network} {account}")
        return wait

    def untold(self, network: str, account: str) -> None:
        """Nobody knows whether it was right: nobody answered."""
        self._network.give_back(network)
        self._account.give_back(f"{network} {account}")

    def succeeded(self, network: str, account: str) -> None:
        """It was right."""
        self._network.give_back(network)
        self._account.forget(f"{network} {account}")
