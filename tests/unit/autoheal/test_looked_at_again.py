"""What was not well because of a service is looked at soon after that is back, not at its next
interval.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import copy
from pathlib import Path
from signal import SIGKILL
from typing import Any

from tests.support.clocks import TurnedClock
from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.until import until
from vrooli.autoheal.catalogue import HostCheck
from vrooli.autoheal.check import Check
from vrooli.autoheal.recovery import APART, PAUSES, Recovery
from vrooli.core.result import Result, critical, ok
from vrooli.core.status import Status
from vrooli.stack.model import CheckSettings, Health, Service
from vrooli.stack.progress import silent

SELDOM = 3600.0


def seldom(name: str, port: int) -> Service:
    """It needs `db`, and is looked at once an hour."""
    health = Health("tcp", str(port), interval=SELDOM, timeout=0.4)
    return Service(
        name, name, "scenario", "scenario", health=health, command=(name,), needs=("db",)
    )


@asynccontextmanager
async def outage(
    folder: Path, *services: Service, deaf: bool = True
) -> AsyncIterator[MemoryWatchdog]:
    """`db` has died and cannot be started yet; those that need it do not answer, if `deaf`."""
    stack = stack_of(scenario("db", 1), *services, sweep=SELDOM, delays=(0.0,) * 9)
    async with MemoryWatchdog(folder, stack) as watchdog:
        await watchdog.operations.run("up", (), silent)
        tracked = watchdog.board.tracked
        await until(lambda: all(one.healthy for one in tracked.values()))
        watchdog.gate.closed = "not yet"
        watchdog.ports.closed |= {1, *(int(s.health.target) for s in services if deaf)}
        await watchdog.keeper.signal(watchdog.launch_id("db"), SIGKILL)
        await until(lambda: not tracked["db"].healthy)
        for service in services if deaf else ():
            tracked[service.name].kick.set()
        await until(lambda: all(tracked[s.name].healthy is not deaf for s in services))
        yield watchdog


async def restore(watchdog: MemoryWatchdog) -> None:
    """`db` is healed."""
    watchdog.gate.closed = ""
    watchdog.ports.closed.remove(1)
    db = watchdog.board.tracked["db"]
    db.turned_away = ("", 0.0)
    await watchdog.reactor.consider(db)
    await until(lambda: db.healthy)


async def test_a_dependent_that_needs_a_moment_is_looked_at_again(tmp_path: Path) -> None:
    async with outage(tmp_path, seldom("web", 2)) as watchdog:
        web = watchdog.board.tracked["web"]
        before = web.looked_at
        await restore(watchdog)
        await until(lambda: web.looked_at > before)
        assert not web.healthy
        watchdog.ports.closed.clear()
        await until(lambda: web.healthy)
        assert watchdog.started("web") == 1


async def test_many_dependents_are_not_looked_at_in_the_same_instant(tmp_path: Path) -> None:
    services = [seldom(f"web-{n}", 10 + n) for n in range(40)]
    async with outage(tmp_path, *services) as watchdog:
        # A copy: the watchdog goes on finding that the real one is down.
        db, clock = copy(watchdog.board.tracked["db"]), TurnedClock()
        db.failure = None
        await Recovery(watchdog.board, clock).after(db)
        assert clock.sleeps == [at for pause in PAUSES for at in (pause, *[APART] * 40)]


async def test_a_check_about_a_dependent_is_looked_at_again_and_only_good_news_count(
    tmp_path: Path,
) -> None:
    async with outage(tmp_path, seldom("web", 2), deaf=False) as watchdog:
        finds: list[Result] = [critical("without db")]
        seen: list[Result] = []

        async def look(_: Any) -> Result:
            seen.append(finds[0])
            return finds[0]

        check = Check("own", "own", "a test", "own", SELDOM, "", None, look)
        item = HostCheck(check, "own", CheckSettings("own"), service="web")
        watchdog.board.checks["own"] = item
        watching = asyncio.create_task(watchdog.loop._parts.host_checker.watch(item))
        await until(lambda: item.result is not None)
        first = item.looked_at
        await restore(watchdog)
        await until(lambda: len(seen) >= 2)
        assert (item.failing, item.looked_at) == (1, first), "it had no time to find `db` again"
        finds[0] = ok("with db")
        await until(lambda: item.result is not None and item.result.status is Status.OK)
        assert item.failing == 0
        watching.cancel()
