"""What the list of heals says of a verification."""

from typing import Any

import pytest

from vrooli.cli.autoheal_timeline import verified


@pytest.mark.parametrize(
    ("outcome", "after", "shown"),
    [
        ("healed", 1.04, "1.04 s"),
        (None, 1.04, "1.04 s"),
        (None, None, "-"),
        ("unverifiable", 1.04, "1.04 s"),
        ("relapsed", 1.04, "not kept"),
        ("ineffective", 1.04, "-"),
        ("refused", None, "-"),
    ],
)
def test_a_time_stands_only_beside_what_still_holds(
    outcome: str | None, after: float | None, shown: str
) -> None:
    heal: dict[str, Any] = {"outcome": outcome, "verified_after": after}
    assert verified(heal) == shown
