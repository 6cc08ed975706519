"""Operators, heals, exits and looks meet at awkward moments."""

import asyncio
from pathlib import Path

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.until import until
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
