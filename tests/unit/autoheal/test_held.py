"""Services that a manager holds: its policy heals first, an operator's stop by way of it stands,
and nobody heals what nobody knows about.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from tests.support.memory_watchdog import MemoryWatchdog, container, scenario, stack_of
from tests.support.until import until
from vrooli.autoheal.paging import judge_service
from vrooli.autoheal.paging_board import PagingBoard
from vrooli.autoheal.status import StatusView
from vrooli.host.clock import SystemClock
from vrooli.host.memory.manager import MemoryManager
from vrooli.stack.progress import silent

STACK = stack_of(container("box"), scenario("web", 1))


@pytest.fixture
def manager() -> MemoryManager:
    made = MemoryManager(SystemClock())
    made.add("box", healthy=True)
    return made


@pytest.fixture
async def up(tmp_path: Path, manager: MemoryManager) -> AsyncIterator[MemoryWatchdog]:
    """A watchdog that has brought the stack up, and has heard of it."""
    async with MemoryWatchdog(tmp_path, STACK, manager=manager) as watchdog:
        await watchdog.operations.run("up", (), silent)
        await until(lambda: row(watchdog)["health"] == "ok")
        yield watchdog


def row(watchdog: MemoryWatchdog, name: str = "box") -> dict[str, Any]:
    """The service as `vrooli status` shows it."""
    view = StatusView(watchdog.board, watchdog.clock, dict)
    return next(row for row in view.status()["services"] if row["name"] == name)


async def healed(watchdog: MemoryWatchdog, times: int = 1) -> None:
    async with asyncio.timeout(30):
        while [h["outcome"] for h in await watchdog.heals("box")].count("healed") < times:  # noqa: ASYNC110 -- asked of the disk
            await asyncio.sleep(0.02)


async def quiet(watchdog: MemoryWatchdog) -> None:
    """Some looks and sweeps have gone by."""
    sweeps = watchdog.loop.sweeps
    await until(lambda: watchdog.loop.sweeps >= sweeps + 2)


async def test_what_does_not_run_is_started_and_what_runs_is_adopted(
    tmp_path: Path, manager: MemoryManager
) -> None:
    manager.add("other", healthy=True)
    manager.run("other")
    stack = stack_of(container("box"), container("other"))
    async with MemoryWatchdog(tmp_path, stack, manager=manager) as watchdog:
        summary = await watchdog.operations.run("up", (), silent)
        assert (summary.ok, summary.changed) == (True, 1)
        assert manager.started == ["box"]
        await until(lambda: row(watchdog, "other")["health"] == "ok")
        assert row(watchdog)["state"] == row(watchdog, "other")["state"] == "running"


async def test_one_that_ends_is_started_and_nothing_else_is(up: MemoryWatchdog) -> None:
    up.manager.end("box", signal=SIGKILL)
    await healed(up)
    (heal,) = await up.heals("box")
    assert (heal["symptom"], heal["cause"]) == ("exited", "killed by signal 9")
    assert up.manager.started == ["box", "box"]
    assert up.manager.stopped == []
    assert up.started("web") == 1
    assert row(up)["restarts_24h"] == 1


async def test_its_own_policy_is_waited_for(tmp_path: Path, manager: MemoryManager) -> None:
    manager.add("box", restarts="always", healthy=True)
    async with MemoryWatchdog(tmp_path, STACK, manager=manager) as watchdog:
        await watchdog.operations.run("up", (), silent)
        manager.end("box", code=1)
        await until(lambda: row(watchdog)["state"] == "starting")
        await quiet(watchdog)
        manager.run("box")
        await until(lambda: row(watchdog)["health"] == "ok")
        assert manager.started == ["box"]
        assert await watchdog.heals("box") == []
        manager.becomes("box", phase="failed", pid=0, code=1)
        await healed(watchdog)
        assert manager.started == ["box", "box"], "it gave up, so we act"


async def test_a_policy_that_starts_it_over_and_over_in_vain_is_no_healer(
    tmp_path: Path, manager: MemoryManager
) -> None:
    manager.add("box", restarts="always")
    stack = stack_of(container("box", start_timeout=1.0), delays=(0.0, 600.0))
    async with MemoryWatchdog(tmp_path, stack, manager=manager) as watchdog:
        await watchdog.operations.run("up", (), silent)
        await until(lambda: row(watchdog)["health"] == "ok")
        manager.end("box", code=1)
        await until(lambda: row(watchdog)["state"] == "starting")
        assert manager.stopped == []
        await until(lambda: manager.stopped == ["box"])
        async with asyncio.timeout(30):
            while (await watchdog.heals("box"))[-1]["outcome"] is None:  # noqa: ASYNC110 -- as above
                await asyncio.sleep(0.02)
        assert (await watchdog.heals("box"))[-1]["outcome"] == "ineffective"
        assert row(watchdog)["state"] == "failed"


async def test_a_loop_of_what_is_only_watched_is_seen_and_never_touched(
    tmp_path: Path, manager: MemoryManager
) -> None:
    manager.add("box", restarts="always", healthy=True)
    manager.run("box")
    stack = stack_of(container("box", heal="watch", start_timeout=1.0), scenario("web", 1))
    async with MemoryWatchdog(tmp_path, stack, manager=manager) as watchdog:
        await watchdog.operations.run("up", (), silent)
        pages = PagingBoard(watchdog.board, watchdog.restraints)
        async with asyncio.timeout(30):
            while row(watchdog)["health"] != "critical":
                manager.end("box", code=1)
                await until(lambda: not watchdog.supervisor.running(stack.services["box"]))
                manager.run("box")  # well for a moment, each time
                await until(lambda: watchdog.supervisor.running(stack.services["box"]))
        box, now = watchdog.board.tracked["box"], watchdog.clock.monotonic()
        assert (
            row(watchdog)["message"]
            == "the Docker Engine starts it over and over: exited with code 1"
        )
        verdict = judge_service(pages.facts(box, "", now), now)
        assert (verdict.says, verdict.rule) == ("page", "watched")
        manager.end("box", code=1)
        await quiet(watchdog)
        assert row(watchdog)["health"] == "critical", "also while it waits for its next start"
        assert (manager.started, manager.stopped, await watchdog.heals("box")) == ([], [], [])
        manager.stop_by_hand("box")
        manager.run("box")
        await until(lambda: row(watchdog)["health"] == "ok")


async def test_one_that_runs_and_is_sick_is_restarted(up: MemoryWatchdog) -> None:
    up.manager.becomes("box", healthy=False)
    await healed(up)
    (heal,) = await up.heals("box")
    assert heal["symptom"] == "unresponsive"
    assert "unhealthy" in heal["cause"]
    assert (up.manager.stopped, up.manager.started) == (["box"], ["box", "box"])


async def test_a_stop_by_hand_stands_and_says_who(up: MemoryWatchdog) -> None:
    up.manager.stop_by_hand("box")
    await until(lambda: row(up)["state"] == "stopped")
    await quiet(up)
    assert row(up)["message"] == "stopped by `docker stop`"
    assert not up.board.wanted.running("box")
    assert up.manager.started == ["box"]
    assert await up.heals("box") == []
    await up.operations.run("start", ("box",), silent)
    await until(lambda: row(up)["health"] == "ok")
    await until(lambda: not up.board.stopped_by)


async def test_one_that_stands_still_as_somebody_asked_is_left_so(up: MemoryWatchdog) -> None:
    up.manager.becomes("box", asked=True, healthy=False, message="paused")
    await until(lambda: row(up)["health"] == "unknown")
    await quiet(up)
    assert await up.heals("box") == []
    up.manager.becomes("box", asked=False, healthy=True, message="")
    await until(lambda: row(up)["health"] == "ok")


async def test_a_health_check_of_the_managers_own_gets_all_its_time(
    tmp_path: Path, manager: MemoryManager
) -> None:
    stack = stack_of(container("box", start_timeout=0.5))
    manager.run("box")
    manager.becomes("box", phase="starting", healthy=None)
    async with MemoryWatchdog(tmp_path, stack, manager=manager) as watchdog:
        up = asyncio.create_task(watchdog.operations.run("up", (), silent))
        await quiet(watchdog)
        assert not up.done()
        manager.becomes("box", phase="running", healthy=True)
        assert (await up).ok


async def test_a_start_by_hand_takes_a_stop_by_hand_back(up: MemoryWatchdog) -> None:
    up.manager.stop_by_hand("box")
    await until(lambda: row(up)["state"] == "stopped")
    up.manager.run("box")
    await until(lambda: row(up)["health"] == "ok")
    assert up.board.wanted.running("box")
    up.manager.end("box", code=3)
    await healed(up)


async def test_a_start_by_hand_does_not_take_our_stop_back(up: MemoryWatchdog) -> None:
    await up.operations.run("stop", ("box",), silent)
    up.manager.run("box")
    await quiet(up)
    assert not up.board.wanted.running("box")


async def test_a_manager_that_is_away_is_unknown_and_nothing_is_healed(up: MemoryWatchdog) -> None:
    up.manager.go_away()
    await until(lambda: row(up)["health"] == "unknown")
    await quiet(up)
    assert "does not answer" in row(up)["message"]
    assert await up.heals("box") == []
    up.manager.end("box", code=1)
    await quiet(up)
    assert await up.heals("box") == []
    up.manager.come_back()
    await healed(up)


async def test_what_happened_while_nobody_watched_is_taken_in(
    tmp_path: Path, manager: MemoryManager
) -> None:
    async with MemoryWatchdog(tmp_path, STACK, manager=manager) as first:
        await first.operations.run("up", (), silent)
    manager.stop_by_hand("box")
    async with MemoryWatchdog(tmp_path, STACK, first.keeper, manager=manager) as second:
        await until(lambda: row(second)["state"] == "stopped")
        assert row(second)["message"] == "stopped by `docker stop`"
    async with MemoryWatchdog(tmp_path, STACK, first.keeper, manager=manager) as third:
        await until(lambda: row(third)["message"] == "stopped by `docker stop`")
        await third.operations.run("start", ("box",), silent)
    manager.end("box", code=7)
    async with MemoryWatchdog(tmp_path, STACK, first.keeper, manager=manager) as fourth:
        await healed(fourth)
        (heal,) = await fourth.heals("box")
        assert heal["cause"] == "exited with code 7"
        assert manager.started == ["box"] * 3


async def test_a_watchdog_takes_over_and_nothing_is_done_twice(
    tmp_path: Path, manager: MemoryManager
) -> None:
    async with MemoryWatchdog(tmp_path, STACK, manager=manager) as first:
        await first.operations.run("up", (), silent)
        manager.end("box", code=7)
        await until(lambda: len(manager.started) == 2)
    async with MemoryWatchdog(tmp_path, STACK, first.keeper, manager=manager) as second:
        await healed(second)
        await quiet(second)
        assert manager.started == ["box", "box"]


async def test_after_a_boot_it_is_started_like_all_others_and_nothing_has_failed(
    tmp_path: Path, manager: MemoryManager
) -> None:
    manager.add("kept", restarts="always", healthy=True)
    stack = stack_of(container("box"), container("kept"), scenario("web", 1))
    async with MemoryWatchdog(tmp_path, stack, manager=manager) as first:
        await first.operations.run("up", (), silent)
    manager.becomes("box", phase="ended", pid=0, code=0)
    manager.run("kept")
    async with MemoryWatchdog(tmp_path, stack, manager=manager, boot="next") as second:
        await until(lambda: row(second)["health"] == row(second, "web")["health"] == "ok")
        assert manager.started == ["box", "kept", "box"]
        assert await second.heals("box") == await second.heals("web") == []


async def test_down_stops_it_and_an_edit_leaves_it_alone(up: MemoryWatchdog) -> None:
    await up.loop.replace(stack_of(scenario("web", 1)))
    await quiet(up)
    assert up.manager.stopped == []
    await up.loop.replace(STACK)
    await up.operations.run("down", (), silent)
    assert up.manager.stopped == ["box"]
    await quiet(up)
    assert up.manager.started == ["box"]


async def test_restarted_it_is_another_run_and_nothing_was_healed(up: MemoryWatchdog) -> None:
    before = up.launch_id("box")
    summary = await up.operations.run("restart", ("box",), silent)
    assert summary.ok
    assert up.launch_id("box") != before
    assert (up.manager.stopped, up.manager.started) == (["box"], ["box", "box"])
    assert await up.heals("box") == []


async def test_what_was_so_before_changes_nothing(up: MemoryWatchdog) -> None:
    box = up.board.tracked["box"]
    ran = await up.manager.look("box")
    up.manager.end("box", code=1)
    await healed(up)
    ended, launch_id = replace(ran, phase="failed", pid=0, code=1), up.launch_id("box")
    for stale in (ran, ended):
        await up.reactor.on_held(box, stale)
        assert up.launch_id("box") == launch_id
        assert up.supervisor.running(box.service)


async def test_where_it_listens_may_be_edited(up: MemoryWatchdog) -> None:
    await up.loop.replace(replace(STACK, docker="/elsewhere.sock"))
    up.manager.end("box", code=1)
    await healed(up)


async def test_one_that_is_not_there_is_refused_until_it_is(
    tmp_path: Path, manager: MemoryManager
) -> None:
    manager.remove_by_hand("box")
    async with MemoryWatchdog(tmp_path, STACK, manager=manager) as watchdog:
        summary = await watchdog.operations.run("up", (), silent)
        assert summary.failed == ("box",)
        await until(lambda: "there is no container `box`" in row(watchdog)["message"])
        await quiet(watchdog)
        assert len(await watchdog.heals("box")) <= 2, "one by the start, one that says why not"
        manager.add("box")
        manager.run("box")
        await until(lambda: row(watchdog)["health"] == "ok")
