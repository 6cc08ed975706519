"""What `vrooli status` says."""

import asyncio
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL

import pytest

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.until import until
from vrooli.autoheal.status import StatusView, failing
from vrooli.core.status import Status
from vrooli.stack.progress import silent


def view_of(watchdog: MemoryWatchdog) -> StatusView:
    return StatusView(watchdog.board, watchdog.clock, dict)


async def test_what_is_stopped_has_no_health_and_a_stack_that_is_stopped_is_unknown(
    tmp_path: Path,
) -> None:
    async with MemoryWatchdog(tmp_path, stack_of(scenario("a", 1), scenario("b", 2))) as watchdog:
        view = view_of(watchdog)
        await watchdog.operations.run("up", (), silent)
        await until(lambda: view.verdict() is Status.OK)
        await watchdog.operations.run("stop", ["a"], silent)
        assert view.verdict() is Status.OK
        row = view.status()["services"][0]
        assert (row["state"], row["health"], row["message"]) == ("stopped", "unknown", "")
        await watchdog.operations.run("stop", ["b"], silent)
        assert view.verdict() is Status.UNKNOWN


async def test_what_is_being_started_is_not_ok_because_it_was_stopped_before(
    tmp_path: Path,
) -> None:
    async with MemoryWatchdog(tmp_path, stack_of(scenario("slow", 1))) as watchdog:
        view, slow = view_of(watchdog), watchdog.board.tracked["slow"]
        await until(lambda: slow.result is not None)
        assert slow.result is not None
        assert not slow.result.applicable
        watchdog.ports.closed.add(1)
        up = asyncio.create_task(watchdog.operations.run("up", (), silent))
        await until(lambda: watchdog.board.state(slow) == "starting")
        assert view.verdict() is Status.WARNING
        assert "stopped" not in view.status()["services"][0]["message"]
        watchdog.ports.closed.clear()
        assert (await up).ok


@pytest.mark.parametrize(
    ("cause", "reason", "said"),
    [
        ("it ended", "5 s to go", "it ended; backoff: 5 s to go; next try in 3 s"),
        ("port 1 is taken", "port 1 is taken", "port 1 is taken; next try in 3 s"),
        (
            "exited with code 3\n  | boom\n  | bang",
            "5 s to go",
            "exited with code 3; backoff: 5 s to go; next try in 3 s\n  | boom\n  | bang",
        ),
    ],
)
def test_a_failure_is_told_once_and_the_excerpt_of_its_log_last(
    cause: str, reason: str, said: str
) -> None:
    assert failing(cause, "backoff", reason, 3.0) == said


async def test_a_restart_that_a_missing_secret_forbids_is_refused_by_its_name(
    tmp_path: Path,
) -> None:
    web = scenario("web", 1)
    async with MemoryWatchdog(tmp_path, stack_of(web)) as watchdog:
        view, tracked = view_of(watchdog), watchdog.board.tracked["web"]
        await watchdog.operations.run("up", (), silent)
        assert not view.status()["services"][0]["outdated"]
        await watchdog.loop.replace(stack_of(replace(web, env={"KEY": "env:NOPE"})))
        assert view.status()["services"][0]["outdated"]
        await watchdog.keeper.signal(watchdog.launch_id("web"), SIGKILL)
        await until(lambda: tracked.decision is not None and tracked.decision.rule == "gate")
        assert "env:NOPE" in view.status()["services"][0]["message"]
        await until(lambda: tracked.heal is not None and tracked.heal.outcome is not None)
        await watchdog.history.put_state("a turn of the writer", 1)  # the record is before it
        assert "env:NOPE" in (await watchdog.heals("web"))[0]["note"]


async def test_it_says_who_needs_whom_and_who_waits(tmp_path: Path) -> None:
    stack = stack_of(scenario("db", 1), scenario("web", 2, needs=("db",)))
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        view = view_of(watchdog)
        await watchdog.operations.run("up", (), silent)
        _, web = view.status()["services"]
        assert (web["needs"], web["waits_for"]) == (["db"], [])
        await watchdog.operations.run("stop", ["web"], silent)
        await watchdog.operations.run("stop", ["db"], silent)
        assert view.status()["services"][1]["waits_for"] == []  # it is not meant to serve
        watchdog.ports.closed.update({1, 2})
        up = asyncio.create_task(watchdog.operations.run("up", (), silent))
        await until(lambda: view.status()["services"][1]["waits_for"] == ["db"])
        watchdog.ports.closed.clear()
        assert (await up).ok
