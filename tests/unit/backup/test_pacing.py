"""Reading at a rate."""

from io import BytesIO

from hypothesis import given
from hypothesis import strategies as st

from vrooli.backup.pacing import LONGEST, Bucket, Paced


class _Clock:
    """One that nobody waits for."""

    def __init__(self) -> None:
        self.now = 100.0

    def pause(self, seconds: float) -> None:
        """Wait."""
        assert seconds > 0
        self.now += seconds


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_it_takes_as_long_as_the_rate_says(size: int, rate: int) -> None:
    clock, data = _Clock(), bytes(size)
    stream = Paced(BytesIO(data), rate, lambda: clock.now, clock.pause)
    read = 0
    for _ in range(200):
        got = stream.readinto(memoryview(bytearray(65536)))
        read += got
        if not got:
            break
    took = clock.now - 100.0
    assert read <= rate * (took + LONGEST) + 1e-3
    assert took <= read / rate + 1e-3, "nobody waits for longer than it takes"


def test_what_was_not_used_is_saved_up_for_a_second_at_the_most() -> None:
    bucket = Bucket(100, now=0.0)
    assert bucket.take(100, now=0.0) == 0.0
    assert bucket.take(50, now=0.0) == 0.5
    assert bucket.take(0, now=1000.0) == 0.0
    assert bucket.take(200, now=1000.0) == 1.0
    assert bucket.take(0, now=999.0) == 1.0, "a clock does not run backwards, and if it did"
