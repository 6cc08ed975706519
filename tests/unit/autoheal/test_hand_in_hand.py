"""Operators, heals, exits and looks meet at awkward moments."""

import asyncio
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL

import pytest

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.until import until
from vrooli.autoheal.confirm import Looks
from vrooli.core.result import critical
from vrooli.stack.model import Health
from vrooli.stack.progress import silent


async def test_what_an_up_has_not_reached_yet_did_not_fail(tmp_path: Path) -> None:
    stack = stack_of(scenario("db", 1), scenario("web", 2, needs=("db",)))
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        watchdog.ports.closed.add(1)
        up = asyncio.create_task(watchdog.operations.run("up", (), silent))
        await asyncio.sleep(1.5)  # web is looked at thrice meanwhile
        watchdog.ports.closed.clear()
        assert (await up).ok
        await until(lambda: watchdog.board.tracked["web"].healthy)
        assert await watchdog.heals("web") == []
        assert watchdog.board.tracked["web"].backoff.level == 0
        assert watchdog.started("web") == 1


async def test_what_is_about_to_be_started_did_not_fail(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, stack_of(scenario("web", 1))) as watchdog:
        web = watchdog.board.tracked["web"]
        with watchdog.slow_disk():  # a second passes between what is wanted and its start
            up = asyncio.create_task(watchdog.operations.run("up", (), silent))
            await until(lambda: watchdog.board.is_wanted(web.service))
            watchdog.board.checks.clear()  # there are no facts for them here
            await watchdog.loop.look_at_everything()
            assert (await up).ok
        assert web.heal is None
        assert watchdog.started("web") == 1


async def test_who_ends_while_its_heal_is_written_down_is_healed_again(tmp_path: Path) -> None:
    seldom = replace(scenario("web", 1), health=Health("tcp", "1", interval=60.0))
    async with MemoryWatchdog(tmp_path, stack_of(seldom, sweep=60.0)) as watchdog:
        await watchdog.operations.run("up", (), silent)
        with watchdog.slow_disk():  # an action waits a second for it, and then goes on
            await watchdog.keeper.signal(watchdog.launch_id("web"), SIGKILL)
            await until(lambda: watchdog.started("web") == 2)
            await asyncio.sleep(0.3)  # verified by now; the record of it waits for the disk
            await watchdog.keeper.signal(watchdog.launch_id("web"), SIGKILL)
            await asyncio.sleep(0.1)
        await until(lambda: watchdog.started("web") == 3)


async def test_who_passes_again_is_not_decided_about_while_that_is_written_down(
    tmp_path: Path,
) -> None:
    seldom = replace(scenario("web", 1), health=Health("tcp", "1", interval=60.0))
    async with MemoryWatchdog(tmp_path, stack_of(seldom, sweep=60.0)) as watchdog:
        await watchdog.operations.run("up", (), silent)
        web = watchdog.board.tracked["web"]
        with watchdog.slow_disk():  # each record of the heal takes a second
            await watchdog.keeper.signal(watchdog.launch_id("web"), SIGKILL)
            await until(lambda: web.failure is not None)
            async with asyncio.timeout(30):
                while web.failure is not None:
                    await watchdog.reactor.consider(web)  # as a sweep does
                    await asyncio.sleep(0.05)
        await until(lambda: web.heal is not None and web.heal.outcome == "healed")
        assert len(web.heals) == 1
        (heal,) = await watchdog.heals("web")
        assert [attempt["action"] for attempt in heal["attempts"]] == ["start"]


async def test_what_failed_in_vain_is_counted_before_it_is_decided_about(tmp_path: Path) -> None:
    seldom = replace(
        scenario("web", 1, start_timeout=0.2), health=Health("tcp", "1", interval=60.0)
    )
    async with MemoryWatchdog(tmp_path, stack_of(seldom, sweep=60.0)) as watchdog:
        await watchdog.operations.run("up", (), silent)
        web = watchdog.board.tracked["web"]
        watchdog.ports.closed.add(1)
        with watchdog.slow_disk():
            await watchdog.keeper.signal(watchdog.launch_id("web"), SIGKILL)
            await until(lambda: web.backoff.level == 1)
            async with asyncio.timeout(30):
                while web.backoff.level == 1:
                    await watchdog.reactor.consider(web)
                    await asyncio.sleep(0.05)
        assert len(web.heals) == 1


async def test_a_stop_during_the_look_at_needs_is_no_failure(tmp_path: Path) -> None:
    stack = stack_of(scenario("db", 1), scenario("web", 2, needs=("db",)))
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        await watchdog.operations.run("up", (), silent)
        web = watchdog.board.tracked["web"]
        looking, go_on = asyncio.Event(), asyncio.Event()

        async def pause() -> None:
            looking.set()
            await go_on.wait()

        watchdog.ports.closed.add(2)
        watchdog.ports.before[1] = pause
        web.looks = Looks(failed=5)
        watchdog.board.tracked["db"].kick.clear()
        look = asyncio.create_task(watchdog.reactor.on_look(web, critical("no answer")))
        await looking.wait()
        await watchdog.operations.run("stop", ["web"], silent)
        go_on.set()
        await look
        assert web.failure is None
        assert await watchdog.heals("web") == []


async def test_an_up_that_changes_nothing_lets_a_heal_be_verified(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, stack_of(scenario("web", 1), stability=1.0)) as watchdog:
        await watchdog.operations.run("up", (), silent)
        web = watchdog.board.tracked["web"]
        await watchdog.keeper.signal(watchdog.launch_id("web"), SIGKILL)
        await until(lambda: web.heal is not None and web.heal.verified_after is not None)
        await watchdog.operations.run("up", (), silent)
        await until(lambda: web.heal is not None and web.heal.outcome is not None)
        assert web.heal is not None
        assert web.heal.outcome == "healed"
        assert web.backoff.level == 1


async def test_a_dependent_that_is_not_looked_at_does_not_spoil_a_heal(tmp_path: Path) -> None:
    stack = stack_of(scenario("db", 1), scenario("web", 2, needs=("db",), heal="off"))
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        await watchdog.operations.run("up", (), silent)
        await watchdog.keeper.signal(watchdog.launch_id("db"), SIGKILL)
        db = watchdog.board.tracked["db"]
        await until(lambda: db.heal is not None and db.heal.outcome is not None, seconds=20)
        assert db.heal is not None
        assert db.heal.outcome == "healed"


@pytest.mark.parametrize("cause", ["hangs", "dies"])
async def test_a_victim_gets_time_to_recover_and_is_never_restarted(
    tmp_path: Path, cause: str
) -> None:
    stack = stack_of(scenario("db", 1), scenario("web", 2, needs=("db",)))
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        await watchdog.operations.run("up", (), silent)
        db, web = watchdog.board.tracked["db"], watchdog.board.tracked["web"]
        await until(lambda: web.healthy and db.healthy)
        watchdog.ports.closed |= {1, 2}
        if cause == "dies":
            await watchdog.keeper.signal(watchdog.launch_id("db"), SIGKILL)
        await until(lambda: watchdog.started("db") == 2)
        await until(lambda: web.result is not None and not web.result.healthy)
        await asyncio.sleep(1.0)
        watchdog.ports.closed.remove(1)
        await until(lambda: db.healthy)
        await asyncio.sleep(1.5)  # some looks of a service that has not found its database again
        watchdog.ports.closed.clear()
        await until(lambda: web.healthy)
        assert watchdog.started("web") == 1
        assert await watchdog.heals("web") == []
        assert web.backoff.level == 0


async def test_a_victim_that_does_not_recover_is_healed_in_the_end(tmp_path: Path) -> None:
    stack = stack_of(scenario("db", 1), scenario("web", 2, needs=("db",)))
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        await watchdog.operations.run("up", (), silent)
        web = watchdog.board.tracked["web"]
        await until(lambda: web.healthy)
        watchdog.ports.closed |= {1, 2}
        await until(lambda: watchdog.started("db") == 2)
        watchdog.ports.closed.remove(1)
        await until(lambda: web.excused > watchdog.clock.monotonic() + 20)
        web.excused = 0.0  # as after half a minute
        await until(lambda: watchdog.started("web") == 2)


async def test_a_down_waits_for_no_start_that_came_before_it(tmp_path: Path) -> None:
    stack = stack_of(scenario("db", 1), scenario("web", 2, needs=("db",)))
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        watchdog.ports.closed.add(1)  # `db` never becomes healthy: a start takes its whole timeout
        run = watchdog.operations.run
        async with asyncio.timeout(20):
            first, second, down = await asyncio.gather(
                run("up", (), silent), run("start", ["web"], silent), run("down", (), silent)
            )
        assert (first.ok, second.ok, down.ok) == (False, False, True)
        assert first.note == second.note == "a later stop or down ended it"
        watchdog.ports.closed.clear()
        await asyncio.sleep(1.0)
        assert await watchdog.keeper.launches() == []


async def test_an_end_is_known_while_the_one_before_it_waits_for_a_look_at_the_disk(
    tmp_path: Path,
) -> None:
    stack = stack_of(scenario("one", 1), scenario("two", 2))
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        await watchdog.operations.run("up", (), silent)
        watchdog.gate.answers.clear()
        for name in ("one", "two"):
            await watchdog.keeper.signal(watchdog.launch_id(name), SIGKILL)
        tracked = watchdog.board.tracked
        await until(lambda: all(tracked[name].failure is not None for name in tracked))
        assert {t.failure.cause for t in tracked.values() if t.failure} == {"killed by signal 9"}
        assert watchdog.started("one") == watchdog.started("two") == 1
        watchdog.gate.answers.set()
        await until(lambda: all(tracked[name].healthy for name in tracked))
        assert watchdog.started("one") == watchdog.started("two") == 2


async def test_those_that_died_of_what_they_need_are_all_started_when_it_is_back(
    tmp_path: Path,
) -> None:
    """That so many fail at once has a cause, and it is known: no breaker, no page for it."""
    children = [scenario(f"child-{n}", 10 + n, needs=("db",)) for n in range(6)]
    stack = stack_of(scenario("db", 1), *children, sweep=600.0)
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        await watchdog.operations.run("up", (), silent)
        watchdog.ports.closed.add(1)
        for service in stack.services:
            await watchdog.keeper.signal(watchdog.launch_id(service), SIGKILL)
        tracked = watchdog.board.tracked
        await until(lambda: all(tracked[child.name].decision for child in children))
        decisions = [tracked[child.name].decision for child in children]
        assert {one.rule for one in decisions if one is not None} == {"root-cause"}
        watchdog.ports.closed.clear()
        await until(lambda: all(one.healthy for one in tracked.values()))
        assert [watchdog.started(child.name) for child in children] == [2] * len(children)
        rules = {entry["data"]["rule"] for entry in await watchdog.ledger.decisions(0.0, 1000)}
        assert "common-cause" not in rules
