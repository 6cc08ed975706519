"""What the Docker Engine tells, read: containers as it describes them, their story by events."""

from typing import Any

import pytest

from vrooli.host import docker_state
from vrooli.host.docker_state import DECIDED, Story

STARTED = "2026-11-27T10:00:00.25Z"
BEGAN = 1795773600.25
ENDED = BEGAN + 59.75


def told(status: str, code: int = 0, **state: Any) -> dict[str, Any]:
    """As `GET /containers/NAME/json`."""
    base = {"Status": status, "ExitCode": code, "Pid": 0, "StartedAt": STARTED, "Error": ""}
    base["FinishedAt"] = "2026-11-27T10:01:00Z"
    return {"Id": "0123456789abcdef", "State": {**base, **state}, "HostConfig": {}, "Config": {}}


def events(*happened: str, ours: int = 0) -> Story:
    """In this order; so many signals were ours."""
    return Story([{"Action": what} for what in happened], ours)


def held(
    status: str, code: int = 0, story: Story | None = None, ago: float = 9, **state: Any
) -> Any:
    """So many seconds after its end."""
    now = ENDED + ago
    return docker_state.held("web", told(status, code, **state), story or events(), now)


def test_one_that_runs() -> None:
    found = held("running", Pid=77)
    assert (found.phase, found.pid, found.since) == ("running", 77, BEGAN)
    assert (found.code, found.signal, found.healthy) == (None, None, None)
    assert found.run == f"0123456789ab-{STARTED}"


@pytest.mark.parametrize(
    ("status", "phase", "healthy"),
    [("starting", "starting", None), ("healthy", "running", True), ("unhealthy", "running", False)],
)
def test_its_own_health_check(status: str, phase: str, healthy: bool | None) -> None:
    log = [{"Output": "first"}, {"Output": "  connection\nrefused\x1b "}]
    found = held("running", Health={"Status": status, "Log": log})
    assert (found.phase, found.healthy) == (phase, healthy)
    assert found.message == ("connection refused" if status == "unhealthy" else "")


@pytest.mark.parametrize(
    ("code", "phase", "expected", "message"),
    [
        (0, "ended", (0, None), "exited with code 0"),
        (3, "failed", (3, None), "exited with code 3"),
        (137, "failed", (None, 9), "killed by signal 9"),
        (255, "failed", (255, None), "exited with code 255"),
    ],
)
def test_one_that_ended(
    code: int, phase: str, expected: tuple[int | None, int | None], message: str
) -> None:
    found = held("exited", code)
    assert (found.phase, (found.code, found.signal), found.message) == (phase, expected, message)
    assert not found.asked


def test_memory_and_errors_are_said() -> None:
    assert held("exited", 137, OOMKilled=True).message == "it ran out of memory"
    assert held("exited", 127, Error='exec: "x": not found').message == 'exec: "x": not found'


def test_one_that_never_ran_has_no_run() -> None:
    found = held("created", StartedAt="0001-01-01T00:00:00Z")
    assert (found.phase, found.run, found.since, found.code) == ("ended", "", 0.0, None)


def test_one_that_is_paused_stands_still_because_somebody_wants_it() -> None:
    found = held("paused", Pid=77)
    assert (found.phase, found.asked, found.message) == ("running", True, "paused")


def test_one_that_the_engine_starts_again() -> None:
    found = held("restarting", 1)
    assert (found.phase, found.code) == ("restarting", 1)


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        ({"Name": "no", "MaximumRetryCount": 0}, ""),
        ({"Name": ""}, ""),
        ({"Name": "always", "MaximumRetryCount": 0}, "always"),
        ({"Name": "on-failure", "MaximumRetryCount": 3}, "on-failure:3"),
    ],
)
def test_its_policy(policy: dict[str, Any], words: str) -> None:
    said = told("running")
    said["HostConfig"]["RestartPolicy"] = policy
    assert docker_state.held("web", said, events(), ENDED).restarts == words


def test_a_stop_is_asked_for_and_a_later_start_forgets_it() -> None:
    assert held("exited", 0, events("kill", "stop")).asked
    assert not held("exited", 0, events("stop", "start")).asked
    assert docker_state.missing("web", events("stop")).asked


def test_after_a_signal_it_is_undecided_for_a_while_whether_it_was_a_stop() -> None:
    found = held("exited", 137, events("kill"), ago=DECIDED / 2)
    assert (found.phase, found.pid, found.signal) == ("stopping", 0, 9)
    assert held("exited", 137, events("kill"), ago=DECIDED).phase == "failed"
    assert held("exited", 137, events("kill", "stop"), ago=0.1).phase == "failed"
    assert held("exited", 137, events(), ago=0.1).phase == "failed"


def test_a_signal_of_our_own_is_nobodys_stop() -> None:
    assert held("exited", 137, events("kill", ours=1), ago=0.1).phase == "failed"
    assert held("exited", 137, events("kill", "kill", ours=1), ago=0.1).phase == "stopping"
    assert held("exited", 137, events("kill", "start", "kill", ours=1), ago=0.1).phase == "failed"


def test_times_have_zones_and_fractions() -> None:
    assert docker_state.unix("2026-11-27T10:00:00.250000001Z") == pytest.approx(BEGAN)
    assert docker_state.unix("2026-11-27T12:00:00.25+02:00") == BEGAN
    with pytest.raises(ValueError, match="is no time"):
        docker_state.unix("yesterday")
