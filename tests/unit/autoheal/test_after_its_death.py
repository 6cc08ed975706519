"""A watchdog is killed, and the next one goes on where it was."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from signal import SIGKILL

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.until import until
from vrooli.autoheal.backoff import Backoff
from vrooli.autoheal.tracker import Tracked
from vrooli.core.command import Command
from vrooli.host.clock import SystemClock
from vrooli.host.memory.executor import MemoryExecutor
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.stack.model import Stack
from vrooli.stack.progress import silent


class Hanging(MemoryExecutor):
    """Never comes to an end: a heal stays in the middle of its action."""

    async def run(self, commands: Sequence[Command], progress: Callable[[str], None]) -> None:
        """See the port."""
        await asyncio.Event().wait()


SOLO = stack_of(scenario("web", 1))
SOLO_DB = stack_of(scenario("db", 1))
PAIR = stack_of(scenario("db", 1), scenario("web", 2, needs=("db",)))


async def died_unwatched(folder: Path, stack: Stack, *names: str) -> MemoryKeeper:
    """The keeper of services that were up, of which these were killed after their watchdog."""
    keeper = MemoryKeeper(SystemClock())
    async with MemoryWatchdog(folder, stack, keeper) as first:
        await first.operations.run("up", (), silent)
        launches = [first.launch_id(name) for name in names]
    for launch_id in launches:
        await keeper.signal(launch_id, SIGKILL)
    return keeper


async def test_the_wait_of_a_crasher_outlives_the_watchdog(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, PAIR) as first:
        await first.operations.run("up", (), silent)
        web = first.board.tracked["web"]
        web.backoff = Backoff(level=3, failed_at=first.clock.monotonic())
        await first.keeper.signal(first.launch_id("web"), SIGKILL)
        await until(lambda: web.decision is not None and web.decision.rule == "backoff")
    async with MemoryWatchdog(tmp_path, PAIR, first.keeper) as second:
        await asyncio.sleep(1.5)
        web = second.board.tracked["web"]
        assert web.failure is not None
        assert web.backoff.level == 4
        assert second.started("web") == 1
        assert second.board.state(web) == "failed"
        assert web.failure.cause == "killed by signal 9", "why it failed, not how often"


def _is_healed(tracked: Tracked) -> bool:
    return tracked.heal is not None and tracked.heal.outcome == "healed"


async def test_a_failure_whose_wait_was_over_meanwhile_is_counted_once(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, PAIR) as first:
        await first.operations.run("up", (), silent)
        web = first.board.tracked["web"]
        web.backoff = Backoff(level=1, failed_at=first.clock.monotonic())
        await first.keeper.signal(first.launch_id("web"), SIGKILL)
        await until(lambda: web.decision is not None and web.decision.rule == "backoff")
        settings = first.supervisor.stack.autoheal
    await asyncio.sleep(web.backoff.allowed_at(settings) - first.clock.monotonic() + 0.1)
    async with MemoryWatchdog(tmp_path, PAIR, first.keeper) as second:
        web = second.board.tracked["web"]
        await until(lambda: web.heal is not None and web.heal.outcome == "healed")
        (heal,) = await second.heals("web")
        assert heal["cause"] == "killed by signal 9"
        assert web.backoff.level == 2


async def test_all_who_died_together_with_the_watchdog_are_known_by_their_end(
    tmp_path: Path,
) -> None:
    keeper = await died_unwatched(tmp_path, PAIR, "db", "web")
    async with MemoryWatchdog(tmp_path, PAIR, keeper) as second:
        for name in ("db", "web"):
            await until(partial(_is_healed, second.board.tracked[name]))
            (heal,) = await second.heals(name)
            assert heal["cause"] == "killed by signal 9"


async def test_who_died_while_nobody_watched_is_healed_once_and_its_end_is_known(
    tmp_path: Path,
) -> None:
    keeper = await died_unwatched(tmp_path, SOLO, "web")
    async with MemoryWatchdog(tmp_path, SOLO, keeper) as second:
        await until(lambda: second.started("web") == 2)
        web = second.board.tracked["web"]
        await until(lambda: web.heal is not None and web.heal.outcome == "healed")
        (heal,) = await second.heals("web")
        assert heal["cause"] == "killed by signal 9"
        assert web.backoff.level == 1


async def test_the_cause_is_known_however_long_the_keeper_takes_to_tell_it(tmp_path: Path) -> None:
    keeper = await died_unwatched(tmp_path, SOLO, "web")
    told = asyncio.Event()
    async with MemoryWatchdog(tmp_path, SOLO, keeper, exits_after=told.wait) as second:
        await asyncio.sleep(1.5)  # three intervals of the looks, which would say that it is missing
        second.board.checks.clear()  # there are no facts for them here
        tick = asyncio.create_task(second.loop.look_at_everything())
        await asyncio.sleep(0.2)
        assert second.board.tracked["web"].failure is None
        assert not tick.done()
        told.set()
        await until(lambda: second.started("web") == 2)
        await tick
        (heal,) = await second.heals("web")
        assert heal["cause"] == "killed by signal 9"


async def test_a_keeper_that_does_not_tell_the_past_delays_watching_for_seconds_only(
    tmp_path: Path,
) -> None:
    keeper = await died_unwatched(tmp_path, SOLO, "web")
    async with MemoryWatchdog(tmp_path, SOLO, keeper, exits_after=asyncio.Event().wait) as second:
        await until(lambda: second.started("web") == 2)
        (heal,) = await second.heals("web")
        assert heal["cause"] == "it is not running"


async def test_a_heal_cut_off_before_its_action_is_one_failure(tmp_path: Path) -> None:
    keeper = MemoryKeeper(SystemClock())
    async with MemoryWatchdog(tmp_path, PAIR, keeper) as first:
        await first.operations.run("up", (), silent)
        first.supervisor.context.executor = Hanging()
        await keeper.signal(first.launch_id("web"), SIGKILL)
        await until(lambda: first.board.tracked["web"].acting)
    async with MemoryWatchdog(tmp_path, PAIR, keeper) as second:
        web = second.board.tracked["web"]
        await until(lambda: web.heal is not None and web.heal.outcome == "healed")
        assert web.backoff.level == 1
        assert second.started("web") == 2
        assert len(web.heals) == len(web.starts) == len(second.board.heal_times) == 1


async def test_a_heal_cut_off_in_its_verification_is_counted_once(tmp_path: Path) -> None:
    keeper = MemoryKeeper(SystemClock())
    async with MemoryWatchdog(tmp_path, SOLO, keeper) as first:
        await first.operations.run("up", (), silent)
        first.ports.closed.add(1)
        await keeper.signal(first.launch_id("web"), SIGKILL)
        await until(lambda: first.started("web") == 2)
    async with MemoryWatchdog(tmp_path, SOLO, keeper) as second:
        web = second.board.tracked["web"]
        await until(lambda: web.heal is not None and web.heal.outcome == "healed")
        assert second.started("web") == 2
        assert len(web.heals) == len(web.starts) == len(second.board.heal_times) == 1


async def test_after_a_boot_what_is_only_watched_is_started_as_well(tmp_path: Path) -> None:
    stack = stack_of(scenario("web", 1, heal="watch"), scenario("quiet", 2, heal="off"))
    async with MemoryWatchdog(tmp_path, stack) as first:
        await first.operations.run("up", (), silent)
    async with MemoryWatchdog(tmp_path, stack) as second:  # an empty keeper: a boot
        await until(lambda: second.started("web") == second.started("quiet") == 1)
        assert await second.heals("web") == []
        await second.keeper.signal(second.launch_id("web"), SIGKILL)
        await until(lambda: second.board.state(second.board.tracked["web"]) == "failed")
        await asyncio.sleep(1.0)
        assert second.started("web") == 1


async def test_after_a_boot_what_had_failed_before_is_started_in_its_order(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, PAIR) as first:
        await first.operations.run("up", (), silent)
        db = first.board.tracked["db"]
        db.backoff = Backoff(level=3, failed_at=first.clock.monotonic())
        await first.keeper.signal(first.launch_id("db"), SIGKILL)
        await until(lambda: db.decision is not None and db.decision.rule == "backoff")
    async with MemoryWatchdog(tmp_path, PAIR) as second:  # an empty keeper: a boot
        await until(lambda: second.board.tracked["web"].healthy)
        assert [spec.service for spec in second.keeper.spawned] == ["db", "web"]
        assert await second.heals("web") == []


async def test_a_down_ends_the_start_after_a_boot(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, PAIR) as first:
        await first.operations.run("up", (), silent)
    async with MemoryWatchdog(tmp_path, PAIR) as second:  # an empty keeper: a boot
        second.ports.closed.add(1)
        await until(lambda: second.started("db") == 1)
        async with asyncio.timeout(20):  # far less than the start of `db` may take
            await second.operations.run("down", (), silent)
        second.ports.closed.clear()
        await asyncio.sleep(1.0)
        assert await second.keeper.launches() == []
        assert second.started("web") == 0


async def test_a_down_before_the_start_after_a_boot_leaves_nothing_to_start(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, PAIR) as first:
        await first.operations.run("up", (), silent)
    async with MemoryWatchdog(tmp_path, PAIR) as second:  # an empty keeper: a boot
        await second.operations.run("down", (), silent)
        await asyncio.sleep(1.0)
        assert second.keeper.spawned == []


async def test_after_a_boot_what_was_wanted_is_started_and_nothing_was_healed(
    tmp_path: Path,
) -> None:
    async with MemoryWatchdog(tmp_path, PAIR) as first:
        await first.operations.run("up", (), silent)
    async with MemoryWatchdog(tmp_path, PAIR) as second:
        second.ports.closed.add(1)
        await until(lambda: second.started("db") == 1)
        await asyncio.sleep(1.0)
        second.ports.closed.clear()
        await until(lambda: second.board.tracked["web"].healthy)
        assert await second.heals("web") == []
        assert await second.heals("db") == []


async def test_stable_time_counts_over_a_restart_of_the_watchdog(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, SOLO) as first:
        await first.operations.run("up", (), silent)
        web = first.board.tracked["web"]
        await first.keeper.signal(first.launch_id("web"), SIGKILL)
        await until(lambda: web.heal is not None and web.heal.outcome == "healed")
        since = web.backoff.healthy_since
        assert since is not None
    async with MemoryWatchdog(tmp_path, SOLO, first.keeper) as second:
        assert second.board.tracked["web"].backoff == Backoff(1, web.backoff.failed_at, since)


async def test_the_heal_budget_outlives_the_watchdog(tmp_path: Path) -> None:
    stack = stack_of(scenario("web", 1), heal_budget=1)
    async with MemoryWatchdog(tmp_path, stack) as first:
        await first.operations.run("up", (), silent)
        web = first.board.tracked["web"]
        await first.keeper.signal(first.launch_id("web"), SIGKILL)
        await until(lambda: web.heal is not None and web.heal.outcome == "healed")
    async with MemoryWatchdog(tmp_path, stack, first.keeper) as second:
        await until(lambda: second.board.tracked["web"].healthy)
        second.board.tracked["web"].backoff = Backoff()
        await second.keeper.signal(second.launch_id("web"), SIGKILL)
        web = second.board.tracked["web"]
        await until(lambda: web.decision is not None)
        assert web.decision is not None
        assert web.decision.rule == "budget"


async def test_what_was_taken_out_of_the_stack_while_nobody_watched_is_stopped(
    tmp_path: Path,
) -> None:
    async with MemoryWatchdog(tmp_path, PAIR) as first:
        await first.operations.run("up", (), silent)
    async with MemoryWatchdog(tmp_path, SOLO_DB, first.keeper) as second:
        await until(lambda: "web" not in second.supervisor.context.launches)
        assert [launch.service for launch in await second.keeper.launches()] == ["db"]


async def test_what_becomes_external_is_stopped_here(tmp_path: Path) -> None:
    elsewhere = stack_of(scenario("web", 1, runtime="external", url="tcp://127.0.0.1:1"))
    async with MemoryWatchdog(tmp_path, SOLO) as watchdog:
        await watchdog.loop.replace(SOLO)  # also before anything is watched
        await watchdog.operations.run("up", (), silent)
        await watchdog.loop.replace(elsewhere)
        assert await watchdog.keeper.launches() == []
        await until(lambda: watchdog.board.tracked["web"].healthy)
        assert watchdog.board.state(watchdog.board.tracked["web"]) == "external"
