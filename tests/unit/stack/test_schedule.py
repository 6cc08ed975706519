"""When a job is due, also on the days when the clocks are changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.stack.schedule import COUNTED, Passed, parse

BERLIN = ZoneInfo("Europe/Berlin")
HALF_HOUR = ZoneInfo("Australia/Lord_Howe")  # its summer time is half an hour
ZONES = [UTC, BERLIN, HALF_HOUR, ZoneInfo("America/New_York")]
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0

SPRING = datetime(2026, 3, 29, tzinfo=BERLIN)  # 02:00 becomes 03:00
AUTUMN = datetime(2026, 10, 25, tzinfo=BERLIN)  # 03:00 becomes 02:00


def dues_of(text: str, day: datetime) -> list[str]:
    """All due times of a day in Berlin, as its clocks show them."""
    found, due = [], parse(text).next_after(day.timestamp() - 1, BERLIN)
    end = (day + timedelta(days=1)).timestamp()
    while due is not None and due < end:
        shown = datetime.fromtimestamp(due, BERLIN)
        found.append(f"{shown:%H:%M %Z}")
        due = parse(text).next_after(due, BERLIN)
    return found


def test_a_fixed_time_in_the_skipped_hour_is_due_right_after_it() -> None:
    assert dues_of("30 2 * * *", SPRING) == ["03:00 CEST"]
    assert dues_of("0 1,2,3 * * *", SPRING) == ["01:00 CET", "03:00 CEST"]


def test_a_fixed_time_in_the_doubled_hour_is_due_once_in_its_first_pass() -> None:
    assert dues_of("30 2 * * *", AUTUMN) == ["02:30 CEST"]


def test_stars_go_by_the_clock_on_the_wall() -> None:
    assert dues_of("30 * * * *", SPRING)[:3] == ["00:30 CET", "01:30 CET", "03:30 CEST"]
    assert dues_of("30 * * * *", AUTUMN)[1:4] == ["01:30 CEST", "02:30 CEST", "02:30 CET"]
    assert dues_of("*/30 2 * * *", SPRING) == []
    assert dues_of("*/30 2 * * *", AUTUMN) == [
        "02:00 CEST", "02:30 CEST", "02:00 CET", "02:30 CET"
    ]  # fmt: skip


def test_asked_within_the_second_pass_it_does_not_name_the_first() -> None:
    within = AUTUMN.replace(hour=2, minute=10, fold=1).timestamp()
    due = parse("30 2 * * *").next_after(within, BERLIN)
    assert due == datetime(2026, 10, 26, 2, 30, tzinfo=BERLIN).timestamp()


def test_an_interval_takes_no_notice_of_the_clocks_of_people() -> None:
    schedule = parse("every 6h")
    due = schedule.next_after(SPRING.timestamp(), BERLIN)
    assert due == datetime(2026, 3, 29, 0, 0, tzinfo=UTC).timestamp()
    assert schedule.next_after(due, BERLIN) == due + 6 * HOUR


def test_passed_times_are_the_latest_and_their_number() -> None:
    schedule = parse("0 * * * *")
    began = datetime(2026, 5, 1, 0, 30, tzinfo=UTC).timestamp()
    assert schedule.passed(began, began + 29 * MINUTE, UTC) is None
    assert schedule.passed(began, began + 30 * MINUTE, UTC) == Passed(began + 30 * MINUTE, 1)
    assert schedule.passed(began, began + 5 * HOUR, UTC) == Passed(began + 4.5 * HOUR, 5)
    assert parse("every 1h").passed(began, began + 5 * HOUR, UTC) == Passed(began + 4.5 * HOUR, 5)


def test_years_without_a_look_are_no_work() -> None:
    for text in ("* * * * *", "every 1s", "* * 1 1 *", "0 0 29 2 *"):
        found = parse(text).passed(0.0, 1_800_000_000.0, BERLIN)
        assert found is not None
        assert found.count <= COUNTED
        assert found.latest <= 1_800_000_000.0 < (parse(text).next_after(found.latest, BERLIN) or 0)


FIELDS = st.tuples(
    st.sampled_from(["*", "*/7", "0", "30", "5,35", "10-20/5"]),
    st.sampled_from(["*", "*/2", "0", "2", "1,2,3", "22-23"]),
    st.sampled_from(["*", "1", "28-31", "L"]),
    st.sampled_from(["*", "3,10", "APR"]),
    st.sampled_from(["*", "SUN", "1-5", "MON#1"]),
)
MOMENTS = st.one_of(
    st.floats(SPRING.timestamp() - 2 * DAY, SPRING.timestamp() + 2 * DAY),
    st.floats(AUTUMN.timestamp() - 2 * DAY, AUTUMN.timestamp() + 2 * DAY),
)


@given(FIELDS.map(" ".join), st.sampled_from(ZONES), MOMENTS, st.floats(0, 3 * DAY))
def test_due_times_are_the_same_from_whatever_moment_one_asks(
    text: str, zone: ZoneInfo, moment: float, later: float
) -> None:
    schedule = parse(text)
    due = schedule.next_after(moment, zone)
    assert due is not None
    assert due > moment
    assert due == int(due)
    between = moment + min(later, due - moment - 1)
    if between >= moment:
        assert schedule.next_after(between, zone) == due
    following = schedule.next_after(due, zone)
    assert following is not None
    assert following > due


@given(st.sampled_from(["*/5 * * * *", "7 * * * *", "15 2 * * *", "0 0 * * SUN"]), MOMENTS)
def test_in_utc_it_agrees_with_looking_at_every_minute(text: str, moment: float) -> None:
    due = parse(text).next_after(moment, UTC)
    assert due == next(at for at in minutes_after(moment) if matches(text, at))


def minutes_after(moment: float) -> "range":
    """Every full minute of the next eight days."""
    first = int(moment // 60 + 1) * 60
    return range(first, first + 8 * int(DAY), 60)


def matches(text: str, at: float) -> bool:
    """Whether a minute fits the plain expressions of the test above."""
    shown = datetime.fromtimestamp(at, UTC)
    minute, hour, _, _, weekday = text.split()
    return (
        (shown.minute % 5 == 0 if minute == "*/5" else minute in ("*", str(shown.minute)))
        and hour in ("*", str(shown.hour))
        and (weekday == "*" or shown.isoweekday() == 7)
    )


@pytest.mark.parametrize(
    "text", ["", "every", "every ", "every 6", "* * * *", "@daily", "a b c d e"]
)
def test_what_is_no_schedule_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        parse(text)
