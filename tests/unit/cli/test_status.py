"""What `vrooli status` prints of a status."""

from typing import Any

import pytest

from vrooli.cli.status import show


def service(name: str, state: str, health: str, message: str) -> dict[str, Any]:
    row = {"name": name, "kind": "scenario", "state": state, "health": health, "message": message}
    rest = ("pid", "started_at", "url", "last_heal")
    return {**row, **dict.fromkeys(rest), "restarts_24h": 0}


def printed(capsys: pytest.CaptureFixture[str], *services: dict[str, Any], **itself: Any) -> str:
    watchdog = {"running": True, **itself}
    show(
        {"stack": "s", "status": "ok", "services": services, "watchdog": watchdog},
        json=False,
    )
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("state", "health"),
    [("external", "critical"), ("running", "warning"), ("running", "critical"), ("failed", "ok")],
)
def test_whatever_is_not_well_is_shown_with_its_reason(
    capsys: pytest.CaptureFixture[str], state: str, health: str
) -> None:
    told = printed(capsys, service("db", state, health, "nobody answers\n  | boom"))
    assert "  db: nobody answers\n    | boom\n" in told


def test_what_is_well_or_stopped_needs_no_reason(capsys: pytest.CaptureFixture[str]) -> None:
    rows = service("a", "running", "ok", "HTTP 200"), service("b", "stopped", "unknown", "left")
    told = printed(capsys, *rows)
    assert "HTTP 200" not in told
    assert "left" not in told
    assert told.splitlines()[3].split()[:4] == ["b", "scenario", "stopped", "-"]


def test_what_nobody_knows_is_not_said_to_run(capsys: pytest.CaptureFixture[str]) -> None:
    """Its manager does not answer, and what was last known of it may be over."""
    row = {**service("web", "running", "unknown", "no bus"), "runtime": "systemd", "pid": 4711}
    told = printed(capsys, row)
    assert told.splitlines()[2].split()[:5] == ["web", "scenario", "unknown", "unknown", "-"]
    assert "  web: no bus\n" in told


def test_a_watchdog_that_is_being_replaced_is_not_missed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "next" in printed(capsys, running=False)
    told = printed(capsys, running=False, expected=True)
    assert "being started again" in told
    assert "next" not in told


def test_a_home_that_is_being_made_anew_is_not_brought_up(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = printed(capsys, running=False, recovering=True)
    assert "next: the same `vrooli recover` again goes on" in told
    assert "vrooli up" not in told
