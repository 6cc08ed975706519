"""What systemd's properties mean."""

from typing import Any

import pytest

from vrooli.core.ports.manager import Held
from vrooli.host.systemd_unit import held

RUN = bytes.fromhex("0123456789abcdef0123456789abcdef")


def _held(
    active: str, sub: str, *, unit: dict[str, Any] | None = None, stopped: str = "", **service: Any
) -> Held:
    base = {
        "ActiveState": active,
        "SubState": sub,
        "LoadState": "loaded",
        "Job": [0, "/"],
        "InvocationID": RUN,
        "ActiveExitTimestampMonotonic": 0,
    }
    return held("web.service", {**base, **(unit or {})}, service, stopped)


def _over(exited: int, left: int, **service: Any) -> Held:
    """It was active until `left`, and its process ended at `exited`."""
    told = {"Result": "success", "ExecMainExitTimestampMonotonic": exited, **service}
    return _held("inactive", "dead", unit={"ActiveExitTimestampMonotonic": left}, **told)


@pytest.mark.parametrize(
    ("active", "sub", "phase"),
    [
        ("active", "running", "running"),
        ("active", "exited", "running"),
        ("reloading", "reload", "running"),
        ("activating", "start-pre", "starting"),
        ("activating", "auto-restart", "restarting"),
        ("activating", "auto-restart-queued", "restarting"),
        ("failed", "failed-before-auto-restart", "restarting"),
        ("inactive", "dead-before-auto-restart", "restarting"),
        ("deactivating", "stop-sigterm", "stopping"),
        ("failed", "failed", "failed"),
        ("inactive", "dead", "ended"),
        ("maintenance", "cleaning", "ended"),
    ],
)
def test_its_states_are_phases(active: str, sub: str, phase: str) -> None:
    assert _held(active, sub).phase == phase


def test_what_waits_for_its_start_is_starting() -> None:
    assert _held("inactive", "dead", unit={"Job": [7, "/job/7"]}).phase == "starting"


def test_what_systemd_does_not_know_is_missing_unless_it_still_runs() -> None:
    gone = {"LoadState": "not-found", "InvocationID": b""}
    seen = _held("inactive", "dead", unit=gone)
    assert (seen.phase, seen.asked, seen.message) == (
        "missing",
        False,
        "systemd knows no such unit",
    )
    assert _held("active", "running", unit={"LoadState": "not-found"}).phase == "running"


def test_a_run_is_told_by_its_invocation_with_its_process_and_its_beginning() -> None:
    seen = _held("active", "running", MainPID=42, ExecMainStartTimestamp=1_795_000_000_250_000)
    assert (seen.run, seen.pid, seen.since) == (RUN.hex(), 42, 1_795_000_000.25)
    assert (seen.code, seen.signal) == (None, None)
    seen = _held("active", "exited", unit={"InactiveExitTimestamp": 1_795_000_000_000_000})
    assert seen.since == 1_795_000_000.0
    assert _held("inactive", "dead", unit={"InvocationID": b""}).run == ""


@pytest.mark.parametrize(
    ("how", "status", "code", "signal"),
    [(1, 3, 3, None), (2, 9, None, 9), (3, 6, None, 6), (0, 0, None, None)],
)
def test_it_tells_how_the_process_ended(
    how: int, status: int, code: int | None, signal: int | None
) -> None:
    seen = _held("failed", "failed", ExecMainCode=how, ExecMainStatus=status)
    assert (seen.code, seen.signal) == (code, signal)


def test_what_leaves_active_before_its_process_ends_was_stopped() -> None:
    assert _over(exited=200, left=100).asked
    assert not _over(exited=100, left=100).asked
    assert not _over(exited=100, left=101).asked
    assert _over(exited=0, left=101).asked  # it had no process of its own
    assert _over(exited=50, left=101, RemainAfterExit=True).asked
    assert _over(exited=100, left=101, Result="exit-code").asked  # while it waited for its restart


def test_what_was_never_started_or_forgotten_says_nothing_of_a_stop() -> None:
    assert not _held("inactive", "dead", unit={"InvocationID": b""}, Result="success").asked


def test_what_failed_was_stopped_only_if_the_stop_was_seen() -> None:
    started = {"InactiveExitTimestampMonotonic": 100}
    assert not _held("failed", "failed", unit=started, Result="signal").asked
    assert not _held("failed", "failed", unit=started, Result="timeout").asked
    assert _held("failed", "failed", unit=started, Result="timeout", stopped=RUN.hex()).asked
    other = "of another run"
    assert not _held("failed", "failed", unit=started, Result="timeout", stopped=other).asked
    assert not _held("active", "running", stopped=RUN.hex()).asked


def test_a_stop_that_took_too_long_is_told_from_a_start_or_a_life_that_did() -> None:
    was_active = {"InactiveExitTimestampMonotonic": 100, "ActiveExitTimestampMonotonic": 150}
    never_was = {"InactiveExitTimestampMonotonic": 160, "ActiveExitTimestampMonotonic": 150}
    assert _held("failed", "failed", unit=was_active, Result="timeout").asked
    assert not _held("failed", "failed", unit=never_was, Result="timeout").asked
    minute = 60_000_000
    mortal = _held("failed", "failed", unit=was_active, Result="timeout", RuntimeMaxUSec=minute)
    assert not mortal.asked


@pytest.mark.parametrize(
    ("began", "left", "code", "type_", "asked"),
    [
        (100, 0, 1, "exec", False),  # it ended well before systemd called it active
        (100, 50, 1, "simple", False),  # so it did, and an earlier run was active
        (100, 0, 2, "exec", True),  # by the signal of a stop
        (100, 0, 1, "notify", True),  # by itself it would have failed: `protocol`
        (100, 160, 1, "exec", False),  # active first, and its process was the first to end
        (100, 140, 1, "exec", True),
    ],
)
def test_what_ends_as_soon_as_it_is_started_was_not_stopped(
    began: int, left: int, code: int, type_: str, asked: bool
) -> None:
    times = {"InactiveExitTimestampMonotonic": began, "ActiveExitTimestampMonotonic": left}
    told: dict[str, Any] = {"Result": "success", "ExecMainExitTimestampMonotonic": 150}
    seen = _held("inactive", "dead", unit=times, Type=type_, ExecMainCode=code, **told)
    assert seen.asked is asked


def test_a_masked_unit_is_an_operators_will() -> None:
    why = ["org.freedesktop.systemd1.UnitMasked", "Unit web.service is masked."]
    masked = {"LoadState": "masked", "LoadError": why, "InvocationID": b""}
    seen = _held("inactive", "dead", unit=masked)
    assert (seen.phase, seen.asked) == ("ended", True)
    assert seen.message == "masked: Unit web.service is masked."


def test_what_is_frozen_stands_still_because_somebody_asked_for_it() -> None:
    seen = _held("active", "running", unit={"FreezerState": "frozen"})
    assert (seen.phase, seen.asked, seen.message) == ("running", True, "active (running), frozen")
    assert not _held("active", "running", unit={"FreezerState": "running"}).asked


def test_its_own_restarts_are_in_its_words() -> None:
    assert _held("active", "running", Restart="no").restarts == ""
    seen = _held("failed", "failed", Restart="on-failure", Result="exit-code", NRestarts=5)
    assert (seen.restarts, seen.restarted) == ("on-failure", 5)
    assert seen.message == ("failed (failed), result exit-code; systemd gave up after 5 restarts")
    seen = _held("failed", "failed", Result="signal", ExecMainCode=2, ExecMainStatus=6)
    assert seen.message == "failed (failed), result signal 6"
    seen = _held("failed", "failed", Result="exit-code", ExecMainCode=1, ExecMainStatus=3)
    assert seen.message == "failed (failed), result exit-code 3"
