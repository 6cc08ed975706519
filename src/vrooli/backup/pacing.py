"""Reading no faster than others can bear: a bucket of bytes that fills at the rate."""

from collections.abc import Callable, Iterable, Iterator

LONGEST = 1.0
"""Seconds that may be saved up while nothing was read."""


class Bucket:
    """Pure: who asks tells the time.

    Args:
        rate: bytes a second, more than 0.
        now: monotonic seconds.
    """

    def __init__(self, rate: int, now: float) -> None:
        self._rate, self._at, self._left = rate, now, float(rate) * LONGEST

    def take(self, size: int, now: float) -> float:
        """Take `size` bytes out, also more than there are.

        Returns:
            seconds until there are none owed any more; 0 when there is no need to wait.
        """
        gained = max(0.0, now - self._at) * self._rate
        self._at = now
        self._left = min(self._left + gained, self._rate * LONGEST) - size
        return max(0.0, -self._left / self._rate)


def paced(
    pieces: Iterable[bytearray],
    rate: int,
    clock: Callable[[], float],
    pause: Callable[[float], None],
) -> Iterator[bytearray]:
    """The same pieces, at a rate.

    Args:
        pieces: what is read.
        rate: bytes a second at the most.
        clock: monotonic seconds.
        pause: waits so many seconds.
    """
    bucket = Bucket(rate, clock())
    for piece in pieces:
        if wait := bucket.take(len(piece), clock()):
            pause(wait)
        yield piece
