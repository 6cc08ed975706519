"""The wall clock is set while the watchdog works, or is dead."""

import asyncio
from pathlib import Path
from signal import SIGKILL

import pytest

from tests.support.clocks import SetClock
from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from tests.support.until import until
from vrooli.autoheal.backoff import Backoff
from vrooli.autoheal.status import StatusView
from vrooli.core.ports.processes import ProcessFacts
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.host.memory.processes import MemoryProcesses
from vrooli.stack.progress import silent

HOUR = 3600.0
SOLO = stack_of(scenario("web", 1))
JUMPS = pytest.mark.parametrize("jump", [HOUR, -HOUR])


async def kill_and_heal(watchdog: MemoryWatchdog) -> None:
    """`web` is killed, and its heal is over."""
    web = watchdog.board.tracked["web"]
    web.backoff = Backoff()
    before = web.heal
    await watchdog.keeper.signal(watchdog.launch_id("web"), SIGKILL)
    await until(
        lambda: web.heal is not None and web.heal != before and web.heal.outcome == "healed"
    )


@JUMPS
async def test_heals_stand_in_the_order_in_which_they_were_done(
    tmp_path: Path, jump: float
) -> None:
    clock = SetClock()
    async with MemoryWatchdog(tmp_path, SOLO, clock=clock) as watchdog:
        await watchdog.operations.run("up", (), silent)
        await kill_and_heal(watchdog)
        clock.offset = jump
        await kill_and_heal(watchdog)
        newer, older = await watchdog.heals("web")
        assert newer["detected_monotonic"] > older["detected_monotonic"]
        assert newer["detected_at"] - older["detected_at"] == pytest.approx(jump, abs=HOUR / 2)


@JUMPS
async def test_the_budget_is_not_forgotten_by_the_next_watchdog(
    tmp_path: Path, jump: float
) -> None:
    clock, stack = SetClock(), stack_of(scenario("web", 1), heal_budget=1)
    async with MemoryWatchdog(tmp_path, stack, clock=clock) as first:
        await first.operations.run("up", (), silent)
        await kill_and_heal(first)
    clock.offset = jump
    async with MemoryWatchdog(tmp_path, stack, first.keeper, clock) as second:
        assert len(second.board.heal_times) == 1


async def test_heals_of_an_earlier_boot_are_not_in_the_budget(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, SOLO) as first:
        await first.operations.run("up", (), silent)
        await kill_and_heal(first)
    async with MemoryWatchdog(tmp_path, SOLO, first.keeper, boot="another") as second:
        assert second.board.heal_times == []
        assert len(second.board.tracked["web"].starts) == 1


async def test_a_start_that_nobody_saw_healthy_keeps_its_time(tmp_path: Path) -> None:
    clock = SetClock()
    keeper = MemoryKeeper(clock)
    async with MemoryWatchdog(tmp_path, SOLO, keeper, clock) as first:
        first.ports.closed.add(1)
        up = asyncio.create_task(first.operations.run("up", (), silent))
        await until(lambda: first.started("web") == 1)
        up.cancel()
    clock.offset = HOUR
    async with MemoryWatchdog(tmp_path, SOLO, keeper, clock) as second:
        second.ports.closed.add(1)
        web = second.board.tracked["web"]
        await until(lambda: web.looks.failed >= web.service.health.failures)
        await asyncio.sleep(1.0)
        assert (second.started("web"), web.failure) == (1, None)
        second.ports.closed.clear()
        await until(lambda: web.healthy)
        assert await second.heals("web") == []


@pytest.mark.parametrize(("jump", "moved"), [(HOUR, True), (-HOUR, True), (0.5, False)])
async def test_how_long_a_service_runs_is_told_by_its_age(
    tmp_path: Path, jump: float, moved: bool
) -> None:
    clock = SetClock()
    async with MemoryWatchdog(tmp_path, SOLO, clock=clock) as watchdog:
        await watchdog.operations.run("up", (), silent)
        context = watchdog.supervisor.context
        launch, processes = context.launches["web"], context.processes
        assert isinstance(processes, MemoryProcesses)
        clock.offset = jump
        processes.known[launch.identity] = ProcessFacts("S", False, 0, 0.0, age=1.0)
        (row,) = StatusView(watchdog.board, clock, dict).status()["services"]
        expected = clock.wall() - 1.0 if moved else launch.started_at
        assert row["started_at"] == pytest.approx(expected, abs=5.0 if moved else 0)
