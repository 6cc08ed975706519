"""Users and keys, out of what the server says."""

from typing import Any

import pytest

from vrooli.console.parts.people import days_of, grants_of, limits_of, user_of
from vrooli.core.errors import UsageError

KEY: dict[str, Any] = {
    "id": "1",
    "name": "ci",
    "owner": "ann@example.org",
    "role": "viewer",
    "expires_at": 100.0,
    "revoked_at": None,
}


def test_a_budget_is_told_with_its_units() -> None:
    line = {"limit": 20.0, "spent": 1.5}
    said = {"email": "a@b", "role": "admin", "disabled": False, "created_at": 1}
    budget = {"owner": "a@b", "cost": line, "tokens": {"limit": None, "spent": 0}}
    assert user_of({**said, "budget": budget}).budget == "$1.50 of $20.00"
    assert user_of({**said, "budget": None}).budget == ""


def test_what_opens_nothing_any_more_comes_last() -> None:
    rows = [{**KEY, "revoked_at": 5.0}, {**KEY, "expires_at": 10.0}, KEY]
    assert [one.state for one in grants_of(rows, 50.0)] == ["good", "revoked", "over"]
    invited = {**KEY, "name": None, "email": "bob@b", "accepted_at": 1.0}
    [found] = grants_of([invited], 50.0)
    assert (found.name, found.state) == ("bob@b", "accepted")


@pytest.mark.parametrize("text", ["", "0", "-1", "1.5", "x", "99999999999", "²"])
def test_what_is_no_number_of_days_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        days_of(text)
    assert days_of("90") == 90


def test_limits_are_numbers_or_none() -> None:
    assert limits_of("", " ") == {}
    assert limits_of("20", "5000") == {"cost": 20.0, "tokens": 5000.0}
    for wrong in ("x", "-1", "nan", "inf"):
        with pytest.raises(UsageError):
            limits_of(wrong, "")
