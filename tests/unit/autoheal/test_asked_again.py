"""A command whose watchdog was replaced asks the next one again: what is done is not done twice."""

import asyncio
from pathlib import Path

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.until import until
from vrooli.autoheal.operations import Asker
from vrooli.host.clock import SystemClock
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.stack.progress import silent

PAIR = stack_of(scenario("one", 1), scenario("two", 2, needs=("one",)))
ASKED = Asker("ada", "request-1")


async def _cut_off(watchdog: MemoryWatchdog, *closed: int) -> None:
    """It dies in the middle of a restart of both, when the first that cannot be asked is up."""
    await watchdog.operations.run("up", (), silent)
    watchdog.ports.closed |= {*closed}
    work = asyncio.create_task(watchdog.operations.run("restart", (), silent, ASKED))
    name = "one" if 1 in closed else "two"
    await until(lambda: watchdog.started(name) == 2)
    assert watchdog.operations._starting is not None
    watchdog.operations._starting.cancel()
    work.cancel()
    await asyncio.wait({work})


async def test_what_was_restarted_already_is_not_restarted_again(tmp_path: Path) -> None:
    keeper = MemoryKeeper(SystemClock())
    async with MemoryWatchdog(tmp_path, PAIR, keeper) as first:
        await _cut_off(first, 2)
    async with MemoryWatchdog(tmp_path, PAIR, keeper) as second:
        assert (await second.operations.run("restart", (), silent, ASKED)).ok
        assert [second.started(name) for name in ("one", "two")] == [2, 2]
        assert (await second.operations.run("restart", (), silent, ASKED)).ok
        assert [second.started(name) for name in ("one", "two")] == [2, 2]
        assert (await second.operations.run("restart", (), silent, Asker("ada", "another"))).ok
        assert [second.started(name) for name in ("one", "two")] == [3, 3]
        for times in (4, 5):  # nobody says that these are the same
            assert (await second.operations.run("restart", (), silent)).ok
            assert [second.started(name) for name in ("one", "two")] == [times, times]


async def test_what_was_only_stopped_is_started(tmp_path: Path) -> None:
    keeper = MemoryKeeper(SystemClock())
    async with MemoryWatchdog(tmp_path, PAIR, keeper) as first:
        await _cut_off(first, 1)
        assert [first.started(name) for name in ("one", "two")] == [2, 1]
    async with MemoryWatchdog(tmp_path, PAIR, keeper) as second:
        assert (await second.operations.run("restart", (), silent, ASKED)).ok
        assert [second.started(name) for name in ("one", "two")] == [2, 2]
