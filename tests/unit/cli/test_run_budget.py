"""Budgets on the command line."""

from typing import Any

import pytest

from vrooli.cli import run_budget
from vrooli.core.errors import UsageError


def test_what_is_given() -> None:
    said = run_budget.given("cost=2.5, tokens=100,on_limit=pause")
    assert said == {"cost": 2.5, "tokens": 100, "on_limit": "pause"}
    assert run_budget.given("") == {}


@pytest.mark.parametrize("said", ["cost", "=2", "cost=1,tokens"])
def test_what_cannot_be_read(said: str) -> None:
    with pytest.raises(UsageError, match="NAME=VALUE"):
        run_budget.given(said)


def line(**own: Any) -> dict[str, Any]:
    return {"limit": None, "spent": 0, "reserved": 0, "forecast": None, **own}


def budget(**own: Any) -> dict[str, Any]:
    kinds = {kind: line() for kind in ("cost", "tokens", "steps", "time")}
    return {"status": "running", "budget": {**kinds, "unpriced": 0, **own}}


def test_nothing_is_shown_where_nothing_is_to_tell(capsys: pytest.CaptureFixture[str]) -> None:
    run_budget.show(budget())
    assert capsys.readouterr().out == ""
    run_budget.show(budget(), whole=True)
    assert "steps   0" in capsys.readouterr().out


def test_what_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    cost = line(limit=2.0, spent=0.3127, reserved=0.02, forecast=1.0)
    run_budget.show(budget(cost=cost, unpriced=3))
    shown = capsys.readouterr().out
    assert "$0.3127" in shown
    assert "$2.00" in shown
    assert run_budget.short(budget(cost=cost, steps=line(spent=3))["budget"]) == (
        "cost $0.3127 of $2.00, steps 3"
    )
    assert "$1.6673" in shown  # what is left
    assert "3 requests whose price nobody knew" in shown
