"""The way to a provider: how often it is asked, and when it is left alone."""

from hypothesis import given
from hypothesis import strategies as st

from vrooli.execution.llm.bucket import Bucket
from vrooli.execution.llm.circuit import PATIENCE, PAUSE, PROBES, Circuit


def broken(at: float = 0.0) -> Circuit:
    circuit = Circuit()
    for _ in range(PATIENCE):
        assert circuit.enter(at)
        circuit.left(False, at)
    return circuit


def test_after_five_failures_it_is_left_alone_for_a_while() -> None:
    circuit = broken()
    assert not circuit.enter(0.0)
    assert not circuit.enter(PAUSE - 0.1)
    assert circuit.enter(PAUSE)


def test_a_success_between_forgets_the_failures() -> None:
    circuit = Circuit()
    for _ in range(PATIENCE - 1):
        circuit.left(False, 0.0)
    circuit.left(True, 0.0)
    circuit.left(False, 0.0)
    assert circuit.enter(0.0)


def test_two_probes_at_a_time_and_both_must_work() -> None:
    circuit = broken()
    assert [circuit.enter(PAUSE) for _ in range(3)] == [True, True, False]
    circuit.left(True, PAUSE)
    assert [circuit.enter(PAUSE) for _ in range(2)] == [True, False]
    circuit.left(True, PAUSE)
    assert all(circuit.enter(PAUSE) for _ in range(10))


def test_a_probe_that_fails_leaves_it_alone_again() -> None:
    circuit = broken()
    assert circuit.enter(PAUSE)
    circuit.left(False, PAUSE)
    assert not circuit.enter(2 * PAUSE - 0.1)
    assert [circuit.enter(2 * PAUSE) for _ in range(3)] == [True, True, False]


def test_a_probe_for_which_nobody_waited_makes_room_for_another() -> None:
    circuit = broken()
    for _ in range(5 * PROBES):
        assert circuit.enter(PAUSE)
        circuit.left(None, PAUSE)


def test_who_was_asked_before_says_nothing_about_the_time_after() -> None:
    circuit = broken()
    for worked in (True, False, None):
        circuit.left(worked, 1.0)
    assert not circuit.enter(PAUSE - 0.1)
    assert [circuit.enter(PAUSE) for _ in range(3)] == [True, True, False]


@given(st.lists(st.floats(0, 30), max_size=60), st.sampled_from([6.0, 60.0, 600.0]))
def test_no_minute_takes_more_than_it_may(pauses: list[float], per_minute: float) -> None:
    bucket, now, done = Bucket(per_minute), 0.0, list[float]()
    for pause in pauses:
        now += pause
        done.append(now + bucket.take(now))
    most = per_minute * 1.1 + 1
    for first in done:
        assert sum(first <= one < first + 60 for one in done) <= most + 1e-6


def test_without_a_limit_nobody_waits_unless_told_to() -> None:
    bucket = Bucket(0.0)
    assert [bucket.take(5.0) for _ in range(100)] == [0.0] * 100
    bucket.hold(9.0)
    bucket.hold(7.0)
    assert bucket.take(5.0) == 4.0
    assert bucket.take(9.5) == 0.0
