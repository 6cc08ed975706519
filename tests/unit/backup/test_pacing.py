"""Reading at a rate."""

from hypothesis import given
from hypothesis import strategies as st

from vrooli.backup.pacing import LONGEST, Bucket, paced


class _Clock:
    """One that nobody waits for."""

    def __init__(self) -> None:
        self.now = 100.0

    def pause(self, seconds: float) -> None:
        """Wait."""
        assert seconds > 0
        self.now += seconds


@given(st.lists(st.integers(1, 10**6), max_size=50), st.integers(1, 10**6))
def test_it_takes_as_long_as_the_rate_says(sizes: list[int], rate: int) -> None:
    clock, read = _Clock(), 0
    pieces = [bytearray(size) for size in sizes]
    for piece in paced(pieces, rate, lambda: clock.now, clock.pause):
        read += len(piece)
        took = clock.now - 100.0
        assert read <= rate * (took + LONGEST) + 1
        assert took <= read / rate + 1e-3, "nobody waits for longer than it takes"
    assert read == sum(sizes)


def test_what_was_not_used_is_saved_up_for_a_second_at_the_most() -> None:
    bucket = Bucket(100, now=0.0)
    assert bucket.take(100, now=0.0) == 0.0
    assert bucket.take(50, now=0.0) == 0.5
    assert bucket.take(0, now=1000.0) == 0.0
    assert bucket.take(200, now=1000.0) == 1.0
    assert bucket.take(0, now=999.0) == 1.0, "a clock does not run backwards, and if it did"
