"""When a routine runs by its schedule."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from vrooli.core.errors import UsageError
from vrooli.execution.due import ON_TIME, Times, Turn, decide

HOURLY = Times("0 * * * *", "UTC")
HOUR = 3600.0
NOON = 12 * HOUR


def test_nothing_is_due_between_two_times() -> None:
    assert decide(HOURLY, NOON, NOON + 1800, "once") is None


def test_a_time_that_has_come_gets_its_run() -> None:
    assert decide(HOURLY, NOON, NOON + HOUR + 1, "skip") == Turn(
        NOON + HOUR, run=True, next=NOON + 2 * HOUR
    )


def test_of_many_that_passed_the_latest_is_caught_up_once() -> None:
    now = NOON + 5 * HOUR + 600
    turn = decide(HOURLY, NOON, now, "once")
    assert turn == Turn(NOON + 5 * HOUR, run=True, next=NOON + 6 * HOUR)
    assert decide(HOURLY, turn.due, now, "once") is None


def test_or_not_at_all_when_so_chosen() -> None:
    turn = decide(HOURLY, NOON, NOON + 5 * HOUR + 600, "skip")
    assert turn == Turn(NOON + 5 * HOUR, run=False, next=NOON + 6 * HOUR, reason="missed by 600 s")
    last = decide(HOURLY, NOON, NOON + 5 * HOUR + ON_TIME, "skip")
    assert last is not None
    assert last.run


def test_cron_is_read_in_its_time_zone() -> None:
    zone = ZoneInfo("Europe/Berlin")
    times = Times("30 3 * * *", "Europe/Berlin")
    summer = datetime(2026, 3, 29, 0, 0, tzinfo=zone).timestamp()  # the clocks go forward at 2
    due = times.next_after(summer)
    assert due is not None
    assert datetime.fromtimestamp(due, zone) == datetime(2026, 3, 29, 3, 30, tzinfo=zone)


@pytest.mark.parametrize(
    ("times", "where"),
    [
        (Times("* * *", "UTC"), "schedule"),
        (Times("99 * * * *", "UTC"), "schedule"),
        (Times("every 0s", "UTC"), "schedule"),
        (Times("0 0 31 2 *", "UTC"), "schedule"),
        (Times("0 * * * *", "Europe/Nowhere"), "timezone"),
        (Times("0 * * * *", "../../etc/passwd"), "timezone"),
    ],
)
def test_what_is_no_schedule_is_refused(times: Times, where: str) -> None:
    with pytest.raises(UsageError) as caught:
        times.check()
    assert caught.value.where == where
