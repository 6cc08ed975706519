"""What the watchdog says of a service, and of what was done about it, is so."""

from dataclasses import replace
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.until import until
from vrooli.autoheal.byhand import ByHand, Wish
from vrooli.autoheal.status import StatusView
from vrooli.core.errors import Refused
from vrooli.core.result import critical
from vrooli.stack.model import Health
from vrooli.stack.progress import silent


def row(watchdog: MemoryWatchdog, name: str) -> dict[str, Any]:
    rows = StatusView(watchdog.board, watchdog.clock, dict).status()["services"]
    return next(one for one in rows if one["name"] == name)


def hand(watchdog: MemoryWatchdog) -> ByHand:
    nobody: Any = None
    return ByHand(watchdog.board, watchdog.reactor, watchdog.checker, nobody)


async def test_an_action_by_hand_on_what_is_well_heals_nothing(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, stack_of(scenario("web", 1))) as watchdog:
        await watchdog.operations.run("up", (), silent)
        for useless in ("start", "resume", "reload"):
            with pytest.raises(Refused):
                await hand(watchdog).run(Wish("web", useless, dry_run=True))
            with pytest.raises(Refused):
                await hand(watchdog).run(Wish("web", useless))
        assert await watchdog.heals("web") == [], "nothing was done"
        done = await hand(watchdog).run(Wish("web", "restart", who="ada"))
        assert (done["heal"]["symptom"], done["heal"]["outcome"]) == ("asked", "done")
        assert watchdog.started("web") == 2
        told = row(watchdog, "web")
        assert (told["restarts_24h"], told["last_heal"]["outcome"]) == (0, "done")
        done = await hand(watchdog).run(Wish("web", "stop", who="ada"))
        assert done["heal"]["outcome"] == "done"


async def test_one_that_helped_what_failed_is_healed_when_it_stayed_so(tmp_path: Path) -> None:
    web = scenario("web", 1, heal="watch", start_timeout=0.5)
    async with MemoryWatchdog(tmp_path, stack_of(web)) as watchdog:
        await watchdog.operations.run("up", (), silent)
        watchdog.ports.closed.add(1)
        await until(lambda: row(watchdog, "web")["state"] == "failed")
        watchdog.ports.closed.clear()
        done = await hand(watchdog).run(Wish("web", "restart", who="ada"))
        heal = done["heal"]
        assert heal["outcome"] is None, "nobody knows yet whether it stays so"
        assert heal["verified_after"] is not None
        await until(lambda: row(watchdog, "web")["last_heal"]["outcome"] == "healed")
        assert row(watchdog, "web")["restarts_24h"] == 1


async def test_what_hangs_is_down_while_it_is_healed_and_since_its_first_failure(
    tmp_path: Path,
) -> None:
    web = scenario("web", 1, start_timeout=0.3)
    async with MemoryWatchdog(tmp_path, stack_of(web, delays=(0.0,))) as watchdog:
        await watchdog.operations.run("up", (), silent)
        states: list[str] = []
        watchdog.ports.closed.add(1)
        tracked = watchdog.board.tracked["web"]
        await until(lambda: tracked.trying == "restart")
        first = row(watchdog, "web")
        assert (first["state"], first["last_heal"]["action"]) == ("failed", "restart")
        assert "refused" in first["message"]

        def again() -> bool:
            states.append(row(watchdog, "web")["state"])
            return tracked.failed_at > first["failing_since"] and tracked.acting

        await until(again)
        assert set(states) == {"failed"}
        assert row(watchdog, "web")["failing_since"] == first["failing_since"]
        watchdog.ports.closed.clear()
        await until(lambda: row(watchdog, "web")["failing_since"] is None)


async def test_a_dependent_that_failed_before_says_nothing_about_a_heal(tmp_path: Path) -> None:
    stack = stack_of(
        scenario("db", 1), scenario("shop", 2, needs=("db",), heal="watch", start_timeout=0.2)
    )
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        await watchdog.operations.run("up", (), silent)
        watchdog.ports.closed.add(2)
        await until(lambda: row(watchdog, "shop")["state"] == "failed")
        await watchdog.keeper.signal(watchdog.launch_id("db"), SIGKILL)
        await until(lambda: (row(watchdog, "db")["last_heal"] or {}).get("outcome") == "healed")
        assert row(watchdog, "shop")["state"] == "failed"


async def test_a_stopped_process_is_believed_at_the_first_look(tmp_path: Path) -> None:
    slow = Health("tcp", "1", interval=60.0, timeout=0.4, failures=3, over=15.0)
    web = replace(scenario("web", 1, heal="watch"), health=slow)
    async with MemoryWatchdog(tmp_path, stack_of(web)) as watchdog:
        await watchdog.operations.run("up", (), silent)
        tracked = watchdog.board.tracked["web"]
        await watchdog.reactor.on_look(tracked, critical("its process is stopped", stopped=True))
        assert tracked.failure is not None
        assert tracked.failure.symptom == "stopped"
