"""When failing looks are believed: enough of them, over enough time, and never `unknown`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.autoheal.confirm import Looks, pause
from vrooli.core.result import Result, critical, unknown
from vrooli.core.status import Status
from vrooli.stack.model import Health

SLOW_IS_NOT_DEAD = Health(type="sql", interval=5.0, failures=3, over=15.0)
QUICK = Health(type="http", interval=0.5, failures=2)
OK, WARNING = Result(Status.OK, "fine"), Result(Status.WARNING, "slow")


def test_a_database_is_hung_after_three_failures_over_fifteen_seconds() -> None:
    looks, confirmed = Looks(), []
    for now in range(0, 40, 5):
        looks = looks.after(critical("no answer"), float(now))
        confirmed.append(looks.confirmed(SLOW_IS_NOT_DEAD, float(now)))
    assert confirmed[:4] == [False, False, False, True]


def test_three_quick_failures_of_a_database_are_not_believed() -> None:
    looks = Looks()
    for now in (0.0, 0.1, 0.2, 0.3):
        looks = looks.after(critical("no answer"), now)
    assert not looks.confirmed(SLOW_IS_NOT_DEAD, 0.3)


def test_ok_and_warning_end_the_row_and_unknown_leaves_it_as_it_is() -> None:
    once = Looks().after(critical("no answer"), 1.0)
    assert once.after(OK, 2.0) == Looks()
    assert once.after(WARNING, 2.0) == Looks()
    assert once.after(unknown("we were late"), 2.0) == once
    assert not once.confirmed(QUICK, 2.0)
    assert once.after(critical("no answer"), 2.0).confirmed(QUICK, 2.0)


@given(st.lists(st.sampled_from([OK, WARNING, critical("x"), unknown("y")]), max_size=40))
def test_nothing_is_confirmed_without_that_many_failures_in_a_row(results: list[Result]) -> None:
    looks, row = Looks(), 0
    for now, result in enumerate(results):
        looks = looks.after(result, float(now))
        if result.status is Status.CRITICAL:
            row += 1
        elif result.status is not Status.UNKNOWN:
            row = 0
        assert looks.failed == row
        assert looks.confirmed(QUICK, float(now)) == (row >= 2)


@pytest.mark.parametrize("health", [QUICK, SLOW_IS_NOT_DEAD])
def test_the_next_look_is_never_later_than_the_interval_nor_at_once(health: Health) -> None:
    assert 0.1 * health.interval <= pause(health) <= health.interval
