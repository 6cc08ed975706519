"""Reading no faster than others can bear: a bucket of bytes that fills at the rate."""

from collections.abc import Callable, Iterator

from vrooli.backup.streams import Readable

LONGEST = 1.0
"""Seconds of one pause, and of what may be saved up: who stops us need not wait for longer."""


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


class Paced:
    """A stream that is read at a rate.

    Args:
        stream: what is read.
        rate: bytes a second at the most.
        clock: monotonic seconds.
        pause: waits so many seconds.
    """

    def __init__(
        self,
        stream: Readable,
        rate: int,
        clock: Callable[[], float],
        pause: Callable[[float], None],
    ) -> None:
        self._stream, self._clock, self._pause = stream, clock, pause
        self._bucket = Bucket(rate, clock())
        self._most = max(1, int(rate * LONGEST))

    def readinto(self, buffer: memoryview) -> int:
        """See `Readable`; it waits after it has read."""
        size = self._stream.readinto(buffer[: self._most])
        if wait := self._bucket.take(size, self._clock()):
            self._pause(wait)
        return size


def paced(
    pieces: Iterator[bytearray],
    rate: int,
    clock: Callable[[], float],
    pause: Callable[[float], None],
    require: Callable[[], None],
) -> Iterator[bytearray]:
    """Pieces at a rate; `require` is called before each pause, and raises to end it."""
    bucket = Bucket(rate, clock())
    for piece in pieces:
        yield piece
        wait = bucket.take(len(piece), clock())
        while wait > 0:
            require()
            pause(min(wait, LONGEST))
            wait -= LONGEST
