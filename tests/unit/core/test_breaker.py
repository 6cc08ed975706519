"""The circuit breaker."""

from hypothesis import given
from hypothesis import strategies as st

from vrooli.core.breaker import FIRST_PAUSE, LONGEST_PAUSE, PATIENCE, Breaker


def failed(times: int, at: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(times):
        breaker = breaker.failed(at)
    return breaker


def test_a_few_failures_leave_it_closed() -> None:
    assert Breaker().allows(0)
    assert failed(PATIENCE - 1).allows(0)
    assert not failed(PATIENCE - 1).open


def test_more_open_it_for_a_while_and_then_it_is_tried_once() -> None:
    breaker = failed(PATIENCE, at=100.0)
    assert breaker.open
    assert not breaker.allows(100.0 + FIRST_PAUSE - 1)
    assert breaker.allows(100.0 + FIRST_PAUSE)
    assert not breaker.failed(115.0).allows(115.0 + FIRST_PAUSE)


def test_a_success_forgets_everything() -> None:
    assert failed(50).succeeded() == Breaker()


@given(st.integers(PATIENCE, 5000))
def test_however_often_it_failed_the_pause_is_bounded(times: int) -> None:
    pause = Breaker(times, 0.0).retry_at
    assert FIRST_PAUSE <= pause <= LONGEST_PAUSE
