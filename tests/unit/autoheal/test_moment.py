"""Points in time as people say them."""

import time
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.autoheal.moment import moment, window
from vrooli.core.errors import UsageError

NOW = 1_764_236_645.5


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("24h", NOW - 86_400),
        ("7d", NOW - 7 * 86_400),
        (" 90m ", NOW - 5400),
        ("0s", NOW),
        ("1764000000", 1_764_000_000.0),
        ("1764000000.25", 1_764_000_000.25),
        ("2025-11-27T09:00:00Z", datetime(2025, 11, 27, 9, tzinfo=UTC).timestamp()),
        ("2025-11-27T09:00+02:00", datetime(2025, 11, 27, 7, tzinfo=UTC).timestamp()),
        ("3600d", NOW - 3600 * 86_400),
    ],
)
def test_each_way_to_say_a_time(said: str, at: float) -> None:
    assert moment("since", said, NOW) == pytest.approx(at)


@pytest.mark.parametrize("said", ["5", "0", "90.5", "99999999"])
def test_an_age_without_its_unit_is_not_taken_for_a_year_long_gone(said: str) -> None:
    with pytest.raises(UsageError, match="after the beginning of 1970") as refused:
        moment("since", said, NOW)
    assert f'"{said}m"' in refused.value.next_step


def test_a_date_is_the_midnight_of_this_machine() -> None:
    midnight = time.mktime((2025, 11, 20, 0, 0, 0, 0, 0, -1))
    assert moment("since", "2025-11-20", NOW) == midnight
    assert moment("since", "2025-11-20T14:30", NOW) == midnight + 14.5 * 3600


@pytest.mark.parametrize("said", ["tomorrow", "5x", "", "2025-13-01", "2025-11-20T25:00", "-1h"])
def test_what_is_no_time_is_refused_by_the_name_of_its_option(said: str) -> None:
    with pytest.raises(UsageError, match=r"until: `.*` is no time: expected") as refused:
        moment("until", said, NOW)
    assert refused.value.exit_code == 2


@given(st.text(max_size=80) | st.dates().map(str) | st.datetimes().map(str))
def test_anything_is_a_time_or_refused(said: str) -> None:
    with suppress(UsageError):
        assert moment("since", said, NOW) >= 0


def test_a_window_ends_now_at_the_latest_and_begins_before_it_ends() -> None:
    assert window("1h", "", NOW).ended == NOW
    assert window("1h", str(NOW + 50), NOW).ended == NOW
    for since, until in (("1h", "2h"), ("0s", ""), (str(NOW + 1), "")):
        with pytest.raises(UsageError, match="must lie before until"):
            window(since, until, NOW)
