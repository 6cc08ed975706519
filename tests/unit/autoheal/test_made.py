"""Services for which a unit is made: there while they are wanted, and healed from nothing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL

import pytest

from tests.support.memory_watchdog import MemoryWatchdog, made, scenario, stack_of
from tests.support.until import until
from vrooli.autoheal.status import StatusView
from vrooli.core.limits import Limits
from vrooli.core.ports.units import UnitSpec
from vrooli.host.clock import SystemClock
from vrooli.host.memory.manager import MemoryManager
from vrooli.stack.progress import silent

UNIT = "vrooli-test@box.service"
BOX = made("box")
STACK = stack_of(BOX, scenario("web", 1))


@pytest.fixture
def manager() -> MemoryManager:
    """Says at once that it is well, so that no start has to be proven by time."""
    made = MemoryManager(SystemClock())
    made.add(UNIT, healthy=True)
    return made


@pytest.fixture
async def up(tmp_path: Path, manager: MemoryManager) -> AsyncIterator[MemoryWatchdog]:
    """A watchdog that has brought the stack up."""
    async with MemoryWatchdog(tmp_path, STACK, manager=manager) as watchdog:
        assert (await watchdog.operations.run("up", (), silent)).ok
        yield watchdog


def state(watchdog: MemoryWatchdog) -> str:
    """As `vrooli status` has it."""
    rows = StatusView(watchdog.board, watchdog.clock, dict).status()["services"]
    return next(str(row["state"]) for row in rows if row["name"] == "box")


async def test_a_start_makes_it_and_a_stop_leaves_nothing(up: MemoryWatchdog) -> None:
    spec = up.manager.made[UNIT]
    assert (spec.launch.argv, spec.outlives) == (("box",), "vrooli-test.service")
    assert spec.launch.env["VROOLI_SERVICE"] == "box"
    assert not (await up.operations.run("up", (), silent)).changed
    await up.operations.run("down", (), silent)
    assert (up.manager.made, up.manager.stopped) == ({}, [UNIT])
    assert (await up.operations.run("up", (), silent)).ok
    assert up.manager.started == [UNIT, UNIT]


async def test_what_ended_is_made_anew_and_why_it_ended_is_told(up: MemoryWatchdog) -> None:
    up.manager.end(UNIT, signal=SIGKILL, why="out of memory, of which it may have 64 MiB")
    await until(lambda: up.manager.started == [UNIT, UNIT])
    await until(lambda: up.supervisor.running(BOX))
    (heal,) = await up.heals("box")
    assert heal["cause"] == "killed by signal 9: out of memory, of which it may have 64 MiB"


async def test_one_that_was_gone_without_a_word_is_made_anew(up: MemoryWatchdog) -> None:
    await up.manager.remove(UNIT)
    await until(lambda: up.manager.started == [UNIT, UNIT])
    await until(lambda: bool(up.board.tracked["box"].heal))
    (heal,) = await up.heals("box")
    assert heal["cause"] == "ended, status unknown"


async def test_a_stop_by_hand_stands_and_a_start_makes_it_anew(up: MemoryWatchdog) -> None:
    up.manager.stop_by_hand(UNIT)
    await until(lambda: state(up) == "stopped")
    assert (await up.operations.run("start", ["box"], silent)).ok
    assert up.manager.started == [UNIT, UNIT]


async def test_the_next_watchdog_adopts_it_and_knows_what_it_was_made_from(
    tmp_path: Path, manager: MemoryManager
) -> None:
    async with MemoryWatchdog(tmp_path, STACK, manager=manager) as first:
        await first.operations.run("up", (), silent)
        run = first.launch_id("box")
    async with MemoryWatchdog(tmp_path, STACK, first.keeper, manager=manager) as second:
        await until(lambda: state(second) == "running")
        assert (second.launch_id("box"), second.supervisor.outdated(BOX)) == (run, False)
    edited = stack_of(replace(BOX, limits=Limits(tasks=5)), scenario("web", 1))
    async with MemoryWatchdog(tmp_path, edited, first.keeper, manager=manager) as third:
        assert third.supervisor.outdated(edited.services["box"])
        assert (await third.operations.run("up", (), silent)).changed == 1
        assert manager.made[UNIT].limits == Limits(tasks=5)


async def test_an_edit_that_drops_it_stops_it(up: MemoryWatchdog) -> None:
    assert await up.loop.replace(stack_of(scenario("web", 1))) == ["box"]
    assert up.manager.made == {}


async def test_one_that_was_dropped_while_nobody_watched_is_stopped(
    tmp_path: Path, manager: MemoryManager
) -> None:
    async with MemoryWatchdog(tmp_path, STACK, manager=manager) as first:
        await first.operations.run("up", (), silent)
        home = first.supervisor.context.tools.place.home
    home.units.mkdir(parents=True)
    (home.units / f"{UNIT}.env").touch()
    stack = stack_of(scenario("web", 1))
    async with MemoryWatchdog(tmp_path, stack, first.keeper, manager=manager):
        await until(lambda: manager.made == {})


async def test_who_is_not_root_is_refused_what_only_root_can_have(
    tmp_path: Path, manager: MemoryManager
) -> None:
    stack = stack_of(made("box", limits=Limits(private_tmp=True)))
    async with MemoryWatchdog(tmp_path, stack, manager=manager) as watchdog:
        said: list[str] = []
        summary = await watchdog.operations.run(
            "up", (), lambda step: said.append(f"{step.phase}: {step.message}")
        )
        assert not summary.ok
        assert any("take the system's systemd, and we are not root" in line for line in said)
        assert manager.started == []


async def test_what_was_never_made_is_stopped_although_nobody_answers(
    tmp_path: Path, manager: MemoryManager
) -> None:
    manager.go_away()
    async with MemoryWatchdog(tmp_path, STACK, manager=manager) as watchdog:
        said: list[str] = []
        up = await watchdog.operations.run("up", (), lambda step: said.append(step.message))
        assert not up.ok
        assert any("next: have it answer: `systemctl start dbus" in line for line in said)
        assert (await watchdog.operations.run("down", (), silent)).ok


async def test_what_may_run_is_not_called_stopped_while_nobody_answers(
    tmp_path: Path, manager: MemoryManager
) -> None:
    async with MemoryWatchdog(tmp_path, STACK, manager=manager) as first:
        await first.operations.run("up", (), silent)
        home = first.supervisor.context.tools.place.home
        manager.go_away()
        assert not (await first.operations.run("down", (), silent)).ok
    home.units.mkdir(parents=True)
    (home.units / f"{UNIT}.env").touch()
    async with MemoryWatchdog(tmp_path, STACK, first.keeper, manager=manager) as second:
        assert not (await second.operations.run("down", (), silent)).ok


class Failing(MemoryManager):
    """What it makes says why it ends, and ends."""

    code = 3

    async def make(self, name: str, spec: UnitSpec) -> None:
        """See the base."""
        await super().make(name, spec)
        with Path(spec.launch.log_path).open("a", encoding="utf-8") as log:
            log.write("no such table\n")
        self.end(name, code=self.code)


async def test_a_command_that_leaves_the_foreground_is_told_so(tmp_path: Path) -> None:
    leaving, said = Failing(SystemClock()), [""]
    leaving.code = 0
    async with MemoryWatchdog(tmp_path, stack_of(BOX), manager=leaving) as watchdog:
        await watchdog.operations.run("start", ["box"], lambda step: said.append(step.message))
    assert any("next: a service stays in the foreground" in message for message in said)


async def test_a_start_that_fails_shows_what_it_said_and_not_what_others_did(
    tmp_path: Path,
) -> None:
    failing, said = Failing(SystemClock()), [""]
    async with MemoryWatchdog(tmp_path, stack_of(BOX), manager=failing) as watchdog:
        log = watchdog.supervisor.context.tools.place.home.log("box")
        log.write_text("of last year\n", encoding="utf-8")
        await watchdog.operations.run("start", ["box"], lambda step: said.append(step.message))
    assert any("| no such table" in message for message in said)
    assert not any("of last year" in message for message in said)
