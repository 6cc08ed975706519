"""When restarts by a manager are a loop, and when it is over."""

import pytest

from vrooli.autoheal.restarts import LONGEST, Restarts

PATIENCE = 60.0


def after(*times: float, first: int = 0) -> Restarts:
    """Counted from `first` on, one restart at each of these times; it runs then."""
    told = Restarts().after(first, 0.0, running=True)
    for number, at in enumerate(times, first + 1):
        told = told.after(number, at, running=True)
    return told


def loops(told: Restarts, now: float, *, running: bool) -> bool:
    """Whether a look at this time finds it in a loop."""
    assert told.count is not None
    return told.after(told.count, now, running=running).over_and_over(now, PATIENCE)


def test_what_was_counted_before_anybody_watched_is_no_news() -> None:
    assert Restarts().after(900, 1.0, running=True).times == ()
    assert after(5.0, first=900).times == (5.0,)


@pytest.mark.parametrize("pause", [0.1, 1.0, 30.0, 60.0, 300.0])
def test_one_that_is_restarted_for_longer_than_a_start_may_take_is_in_a_loop(pause: float) -> None:
    times = [pause * number for number in range(2000)]
    late = times[max(4, int(PATIENCE / pause))]
    loop = after(*[at for at in times if at <= late])
    assert loops(loop, late + pause / 2, running=True)
    assert loops(loop, late + pause / 2, running=False)
    assert not loops(after(*times[:4]), late, running=False)


def test_that_of_the_docker_engine_waits_twice_as_long_each_time() -> None:
    times, pause = [0.1], 0.2
    while len(times) < 15:
        assert after(*times).since == 0.1
        times.append(times[-1] + pause + 9.0)
        pause = min(60.0, 2 * pause)
    assert loops(after(*times), times[-1], running=True)


def test_one_that_came_up_after_some_attempts_is_in_none() -> None:
    tried = after(0.1, 0.3, 0.7, 1.5, 3.1)
    assert not loops(tried, 3.2, running=True)
    assert not loops(tried, 61.0, running=True)
    assert after(0.1, 0.3, 0.7, 1.5, 3.1, 300.0).times == (300.0,), "another row"


def test_a_loop_is_over_when_it_runs_for_much_longer_than_between_its_restarts() -> None:
    loop = after(0, 60, 120, 180, 240)
    assert loops(loop, 419.0, running=True)
    assert not loops(loop, 421.0, running=True)
    assert loops(loop, 421.0, running=False), "it waits for its next start"
    calm = loop.after(5, 421.0, running=True)
    assert not loops(calm, 9000.0, running=False), "one end after that is no loop"


def test_seldom_restarts_are_none() -> None:
    often = after(*[number * (LONGEST + 1) for number in range(9)])
    assert len(often.times) == 1


def test_somebody_who_starts_it_begins_anew() -> None:
    assert after(1, 3, 7, 15, 31).after(0, 62.0, running=True).times == ()
