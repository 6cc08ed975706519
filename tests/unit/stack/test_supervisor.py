"""Starting and stopping when something goes wrong on the way."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from tests.support.memory_watchdog import MemoryWatchdog, scenario, stack_of
from vrooli.core.command import Command
from vrooli.core.errors import Unreachable
from vrooli.core.launch import Launch, LaunchSpec
from vrooli.core.ports.processes import ProcessFacts
from vrooli.host.clock import SystemClock
from vrooli.host.memory.executor import MemoryExecutor
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.host.memory.processes import MemoryProcesses
from vrooli.stack.model import Service
from vrooli.stack.progress import FINAL, Step, silent

PAIR = stack_of(scenario("db", 1), scenario("web", 2))


class Defective(MemoryExecutor):
    """Fails as no executor should: with an error that is none of ours."""

    async def run(self, commands: Sequence[Command], progress: Callable[[str], None]) -> None:
        """See the port."""
        if any("web" in repr(command) for command in commands):
            raise PermissionError(13, "Permission denied", "/data")


class Slow(MemoryKeeper):
    """Takes its time between the request of a process and the answer."""

    async def spawn(self, spec: LaunchSpec) -> Launch:
        """See the port."""
        await asyncio.sleep(0.3)
        return await super().spawn(spec)


class Forgetful(MemoryKeeper):
    """Has lost its record: it knows none of what it is asked about."""

    async def signal(self, launch_id: str, signal: int, *, tree: bool = False) -> int:
        """See the port."""
        return 0

    async def survivors(self, launch_id: str) -> list[object]:  # type: ignore[override]
        """See the port."""
        return []


async def test_a_defect_in_one_service_fails_that_one_only(tmp_path: Path) -> None:
    watchdog = MemoryWatchdog(tmp_path, PAIR)
    watchdog.supervisor.context.executor = Defective()
    outcomes = await watchdog.supervisor.start(["db", "web"], silent)
    assert outcomes["db"].error is None
    assert "Permission denied" in str(outcomes["web"].error)


async def test_a_start_that_is_cancelled_forgets_no_process(tmp_path: Path) -> None:
    async with MemoryWatchdog(tmp_path, PAIR, Slow(SystemClock())) as watchdog:
        start = asyncio.create_task(watchdog.supervisor.start(["web"], silent))
        await asyncio.sleep(0.1)
        start.cancel()
        await asyncio.wait({start})
        assert watchdog.supervisor.running(PAIR.services["web"])
        await watchdog.supervisor.stop(["web"], silent)
        assert await watchdog.keeper.launches() == []


async def test_what_the_keeper_started_unheard_is_not_started_twice(tmp_path: Path) -> None:
    watchdog = MemoryWatchdog(tmp_path, PAIR)
    await watchdog.supervisor.start(["web"], silent)
    watchdog.supervisor.context.launches.clear()  # the answer to the request was lost
    await watchdog.supervisor.start(["web"], silent)
    assert watchdog.started("web") == 1


async def test_what_is_waited_for_outside_is_said_at_once(tmp_path: Path) -> None:
    away = scenario("db", 1, runtime="external", start_timeout=0.5)
    watchdog = MemoryWatchdog(tmp_path, stack_of(away))
    watchdog.ports.closed.add(1)
    told: list[str] = []
    await watchdog.supervisor.start(
        ["db"], lambda step: told.append(f"{step.phase} {step.message}")
    )
    assert told[0].startswith("waiting ")
    assert "up to 0.5 s" in told[0]
    assert told[-1].startswith("failed")


async def test_what_runs_already_waits_for_nothing(tmp_path: Path) -> None:
    stack = stack_of(scenario("db", 1), scenario("web", 2, needs=("db",)))
    async with MemoryWatchdog(tmp_path, stack) as watchdog:
        phases: list[str] = []
        for _ in range(2):
            phases.clear()
            await watchdog.supervisor.start(
                ["db", "web"], lambda step: phases.append(f"{step.service} {step.phase}")
            )
        assert phases == ["db unchanged", "web unchanged"]


async def test_a_launch_that_the_keeper_does_not_know_is_not_waited_for_for_ever(
    tmp_path: Path,
) -> None:
    web = scenario("web", 1, stop_timeout=0.2)
    watchdog = MemoryWatchdog(tmp_path, stack_of(web), Forgetful(SystemClock()))
    await watchdog.supervisor.start(["web"], silent)
    async with asyncio.timeout(30):
        await watchdog.supervisor.stop(["web"], silent)
    assert not watchdog.supervisor.running(web)


async def test_an_unreachable_keeper_fails_a_stop_with_a_reason(tmp_path: Path) -> None:
    watchdog = MemoryWatchdog(tmp_path, PAIR)
    await watchdog.supervisor.start(["db", "web"], silent)
    watchdog.keeper.crash()
    watchdog.supervisor.context.launches.pop("db")
    outcomes = await watchdog.supervisor.stop(["db", "web"], silent)
    assert outcomes["db"].error is None
    assert isinstance(outcomes["web"].error, Unreachable)


async def test_what_ended_while_no_keeper_had_a_record_of_it_does_not_run_for_ever(
    tmp_path: Path,
) -> None:
    watchdog = MemoryWatchdog(tmp_path, PAIR)
    await watchdog.supervisor.start(["db", "web"], silent)
    context = watchdog.supervisor.context
    context.tools = replace(context.tools, keeper=MemoryKeeper(SystemClock()))  # without a record
    processes = context.processes
    assert isinstance(processes, MemoryProcesses)
    processes.known[context.launches["db"].identity] = ProcessFacts("S", False, 0, 0.0, 0.0)
    await watchdog.supervisor.reconcile()
    assert watchdog.supervisor.running(PAIR.services["web"])  # its end may be on the way to us
    await watchdog.supervisor.reconcile()
    assert not watchdog.supervisor.running(PAIR.services["web"])
    assert watchdog.supervisor.running(PAIR.services["db"])


async def test_what_nobody_can_ask_is_said_to_be_started_not_healthy(tmp_path: Path) -> None:
    mute = Service("mute", "mute", "scenario", "scenario", command=("mute",))
    told: list[Step] = []
    async with MemoryWatchdog(tmp_path, stack_of(mute, scenario("web", 1))) as watchdog:
        await watchdog.supervisor.start(["mute", "web"], told.append)
    final = {step.service: step for step in told if step.phase in FINAL}
    assert {name: step.phase for name, step in final.items()} == {
        "mute": "started",
        "web": "healthy",
    }
    assert "no `health` that could be asked" in final["mute"].message
