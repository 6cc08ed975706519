"""Months, and what somebody may spend in one."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vrooli.flow.monthly import begins, ends, month_of, of_owner, standing

NOON = datetime(2026, 11, 16, tzinfo=UTC).timestamp()


def at(*when: int) -> float:
    return datetime(*when, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("wall", "month"),
    [
        (at(2026, 11, 1), "2026-11"),
        (at(2026, 11, 1) - 1, "2026-10"),
        (at(2026, 12, 31, 23, 59, 59), "2026-12"),
        (at(2027, 1, 1), "2027-01"),
        (at(2028, 2, 29, 12), "2028-02"),
    ],
)
def test_a_month_is_that_of_utc(wall: float, month: str) -> None:
    assert month_of(wall) == month


@given(st.floats(0, at(9998, 1, 1)))
def test_every_moment_lies_in_its_month_and_the_next_one_follows_at_once(wall: float) -> None:
    month = month_of(wall)
    assert begins(month) <= wall < ends(month)
    assert month_of(begins(month)) == month
    assert begins(month_of(ends(month))) == ends(month)


def test_what_is_refused_names_whose_budget_it_is_and_when_the_month_ends() -> None:
    said = of_owner("ann@example.org", date(2026, 12, 1))
    assert said == "budget of ann@example.org for 2026-12 (until 2027-01-01 00:00 UTC)"


def test_the_forecast_is_by_what_the_month_has_spent_so_far() -> None:
    row = {"owner": "ann", "micros_limit": 4_000_000, "micros_spent": 3_000_000}
    row |= {"micros_reserved": 500_000, "tokens_limit": None, "tokens_spent": 7}
    found = standing({**row, "tokens_reserved": 0}, NOON)
    cost = {"limit": 4.0, "spent": 3.0, "reserved": 0.5, "forecast": at(2026, 11, 21)}
    assert found["cost"] == cost  # 15 days took three of four
    assert found["tokens"] == {"limit": None, "spent": 7, "reserved": 0, "forecast": None}
    assert (found["month"], found["ends_at"]) == ("2026-11", at(2026, 12, 1))
