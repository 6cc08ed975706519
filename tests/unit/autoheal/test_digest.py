"""What went on without a person."""

from typing import Any

from vrooli.autoheal.digest import LINES, Period, Warned, digest
from vrooli.autoheal.paging_words import Where

WHERE, DAY = Where("shop", "box"), Period(1000.0, 87_400.0)


def heal(subject: str, at: float | None, outcome: str = "healed") -> dict[str, Any]:
    cause = "killed by signal 9\nand more"
    return {"subject": subject, "finished_at": at, "outcome": outcome, "cause": cause}


def test_it_sums_up_heals_and_warnings() -> None:
    heals = [heal("web", 2000.0), heal("web", 3000.0), heal("db", 2000.0, "relapsed")]
    found = digest(heals, [Warned("system-disk", 1000.0, "91 %")], DAY, WHERE)
    assert found is not None
    assert found[0] == "[shop@box] 2 healed, 1 warnings in 1.0 d"
    assert found[1].splitlines() == [
        "Heals:",
        "- db: relapsed (killed by signal 9)",
        "- web: healed 2 times (killed by signal 9)",
        "Warnings:",
        "- system-disk: warning (91 %)",
    ]


def test_only_what_ended_within_the_period_counts() -> None:
    outside = [heal("web", 999.0), heal("web", 87_400.0), heal("web", None, "")]
    assert digest(outside, [Warned("x", 999.0, "y")], DAY, WHERE) is None


def test_what_is_at_the_edge_is_told_once() -> None:
    days = [Period(0.0, 1000.0), DAY]
    told = [digest([heal("web", 1000.0)], [], period, WHERE) for period in days]
    assert [one is not None for one in told] == [False, True]


def test_it_stays_short() -> None:
    found = digest([heal(f"web-{n}", 2000.0) for n in range(500)], [], DAY, WHERE)
    assert found is not None
    assert len(found[1].splitlines()) == LINES + 2
    assert found[1].endswith(f"and {500 - LINES} more")
