"""Budgets as people write them, and how they stand."""

from typing import Any

import pytest

from tests.support.flow import routine, step
from vrooli.flow.budget import KINDS, BadBudget, Limits, limits, standing
from vrooli.flow.reading import RoutineError


def test_every_key() -> None:
    said = {"cost": 0.1, "tokens": 5, "steps": 7, "time": 1.5, "on_limit": "pause"}
    assert limits(said) == Limits(100_000, 5, 7, 1.5, "pause")
    assert limits(None) == limits({}) == Limits()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ([], "expected cost"),
        ({"price": 1}, "price: no such key"),
        ({"cost": -1}, "cost: expected a number from 0"),
        ({"cost": float("nan")}, "cost"),
        ({"cost": "2"}, "cost"),
        ({"cost": True}, "cost"),
        ({"tokens": 1.5}, "tokens: expected a whole number"),
        ({"steps": 0}, "steps"),
        ({"time": 10**9}, "time"),
        ({"on_limit": "explode"}, "on_limit: expected stop or pause"),
    ],
)
def test_what_cannot_be_is_told_by_its_key(said: Any, reason: str) -> None:
    with pytest.raises(BadBudget, match=reason):
        limits(said)


def test_a_routine_has_one() -> None:
    assert routine(step("a"), budget={"steps": 3}).budget == Limits(steps=3)
    with pytest.raises(RoutineError, match=r"budget\.price: no such key"):
        routine(step("a"), budget={"price": 3})


def test_what_is_said_later_counts_key_by_key() -> None:
    routine_says = limits({"cost": 1, "steps": 10, "on_limit": "pause"})
    said = limits({"cost": 2}).instead_of(routine_says)
    assert said == Limits(2_000_000, None, 10, None, "pause")
    assert Limits().ledger == (None,) * 5
    # At a limit of a run above, or of the owner's month.
    assert limits({"on_limit": "pause"}).ledger == (None, None, None, None, "pause")
    assert limits({"tokens": 1}).ledger == (None, 1, None, None, "stop")


def test_without_a_ledger_nothing_is_limited() -> None:
    found = standing(None, 3, 100.0, 110.0)
    assert found["steps"] == {"limit": None, "spent": 3, "reserved": 0, "forecast": None}
    assert {found[kind]["forecast"] for kind in KINDS} == {None}


def test_the_forecast_goes_on_as_so_far() -> None:
    row = {"micros_limit": 2_000_000, "micros_spent": 500_000, "micros_reserved": 20}
    found = standing(row, 0, 100.0, 110.0)
    assert found["cost"] == {"limit": 2.0, "spent": 0.5, "reserved": 0.00002, "forecast": 140.0}
    over = standing({**row, "micros_spent": 3_000_000}, 0, 100.0, 110.0)
    assert over["cost"]["forecast"] == 110.0


def test_what_rests_spends_nothing_but_time() -> None:
    row = {"micros_limit": 2_000_000, "micros_spent": 500_000, "seconds_limit": 60}
    found = standing({**row, "steps_limit": 9}, 3, 100.0, 110.0, rests=True)
    said = {kind: found[kind]["forecast"] for kind in KINDS}
    assert said == {"cost": None, "tokens": None, "steps": None, "time": 160.0}


def test_time_while_it_had_ended_is_none_of_its_own() -> None:
    row = {"seconds_limit": 20.0}
    found = standing(row, 0, 100.0, 131.0, due=45.0)  # for 25 s, so that it may go on until 145
    assert found["time"] == {"limit": 20.0, "spent": 6.0, "reserved": 0, "forecast": 145.0}
    found = standing(row, 0, 100.0, 106.0, due=10.0)  # what it is a part of ends earlier
    assert found["time"]["spent"] == 6.0
