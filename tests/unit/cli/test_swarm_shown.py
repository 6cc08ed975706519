"""Swarms for people."""

from typing import Any

import pytest

from vrooli.cli.swarm_shown import row, show_swarm

SWARM: dict[str, Any] = {
    "id": "8c1d", "name": "inner", "status": "waiting", "created_at": 1.0, "runs": 1,
    "created_by": "ann", "goal": "look closer", "parent": None,
}  # fmt: skip
BUDGET = {kind: {"spent": 0, "limit": None} for kind in ("cost", "tokens", "steps", "time")}
NONE = dict.fromkeys(("swarm", "output", "failure", "started_at", "ended_at"))


def test_a_swarm_within_another_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    assert row(SWARM)[-1] == "look closer"
    assert row({**SWARM, "parent": "3f2a"})[-1] == "(within 3f2a) look closer"
    shown = {**SWARM, **NONE, "routine": "inner", "budget": BUDGET}
    show_swarm(shown)
    assert "within" not in capsys.readouterr().out
    show_swarm({**shown, "parent": "3f2a"})
    assert "within   3f2a\n" in capsys.readouterr().out
