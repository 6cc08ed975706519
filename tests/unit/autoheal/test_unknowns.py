"""The check that every acceptance test ends with finds what it is there for."""

from typing import Any

import pytest

from vrooli.autoheal.selftest.unknown import Row, deciding_unknown


def decision(subject: str, symptom: str, verdict: str = "heal") -> Row:
    failure = {"symptom": symptom, "cause": "no answer"}
    data: dict[str, Any] = {"what": "decision", "verdict": verdict, "case": {"failure": failure}}
    return ("event", subject, verdict, data)


def look(check: str, status: str) -> Row:
    return ("result", check, status, {})


FAILED: Row = ("transition", "web", "failed", {})
NOTED = look("scenario-web", "critical")


def test_a_heal_after_an_unknown_look_is_found() -> None:
    rows = [look("scenario-web", "critical"), look("scenario-web", "unknown"), FAILED, NOTED]
    assert deciding_unknown([*rows, decision("web", "unresponsive")]) == ["web: no answer"]
    assert deciding_unknown([*rows, decision("web", "stopped")]) == ["web: no answer"]
    machine = [look("system-disk", "critical"), look("system-disk", "unknown")]
    assert deciding_unknown([*machine, decision("system-disk", "breached")]) != []


@pytest.mark.parametrize(
    "rows",
    [
        [look("scenario-web", "unknown"), look("scenario-web", "critical"), FAILED],
        [look("scenario-web", "critical"), FAILED, look("scenario-web", "unknown")],
        [look("scenario-web", "unknown"), ("heal", "web", "ineffective", {}), FAILED],
    ],
)
def test_what_a_look_or_a_heal_showed_to_be_broken_may_be_healed(rows: list[Row]) -> None:
    assert deciding_unknown([*rows, decision("web", "unresponsive")]) == []


def test_what_ended_needs_no_look_and_what_was_not_done_is_no_heal() -> None:
    rows = [look("scenario-web", "unknown"), FAILED]
    assert deciding_unknown([*rows, decision("web", "exited")]) == []
    assert deciding_unknown([*rows, decision("web", "unresponsive", "wait")]) == []
