"""Every check of the machine, by cases: what it finds and what it says about it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.looks import look
from vrooli.autoheal.catalogue import all_checks
from vrooli.autoheal.check import Check

ROOT = Path(__file__).parents[2]
CASES = ROOT / "cases" / "checks"
ON_REAL_PEERS = ROOT / "integration" / "checks"
CHECKS = {check.id: check for check in all_checks()}


def _cases() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for path in sorted(CASES.glob("*.json")):
        found += [(path.stem, case) for case in json.loads(path.read_text(encoding="utf-8"))]
    return found


@pytest.mark.parametrize(("name", "case"), _cases(), ids=lambda part: str(part)[:40])
def test_a_look_finds_what_the_case_says(name: str, case: dict[str, Any], tmp_path: Path) -> None:
    found, expected = look(CHECKS[name], case, tmp_path), case["expect"]
    assert found.applicable is expected.get("applicable", True), found
    if found.applicable:
        assert str(found.status) == expected["status"], found
    assert expected.get("says", "") in found.message
    if "value" in expected:
        assert found.value == pytest.approx(expected["value"]), found
    for key, value in expected.get("details", {}).items():
        assert found.details[key] == value
    json.dumps(found.to_json())


@pytest.mark.parametrize("check", CHECKS.values(), ids=list(CHECKS))
def test_every_check_is_complete(check: Check) -> None:
    assert check.id.replace("-", "_") == check.run.__module__.rpartition(".")[2]
    assert check.title
    assert check.why.endswith(".")
    assert check.timeout <= check.interval
    assert check.category in ("infra", "system", "resource", "endpoint", "watchdog", "own")
    if check.thresholds is not None:
        assert check.unit


@pytest.mark.parametrize("name", CHECKS)
def test_every_check_is_tested(name: str) -> None:
    """By good and bad cases, or against a real peer."""
    said = (path.read_text(encoding="utf-8") for path in ON_REAL_PEERS.glob("test_*.py"))
    on_peers = any(f'"{name}"' in text for text in said)
    statuses = {case["expect"].get("status") for other, case in _cases() if other == name}
    assert on_peers or len(statuses) > 1, f"{name} has no case that goes wrong"
