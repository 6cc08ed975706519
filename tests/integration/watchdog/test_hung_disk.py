"""A disk that hangs, a real one: it is said, and nothing else waits for it."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.hung_disk import hung_disk
from tests.support.looks import facts_of
from tests.support.memory_watchdog import MemoryWatchdog, stack_of
from tests.support.root import mounts
from tests.support.until import until
from vrooli.autoheal.catalogue import HostCheck
from vrooli.autoheal.checks.system_disk import CHECK
from vrooli.autoheal.gate import Around, Gates
from vrooli.autoheal.hostchecks import HostChecker
from vrooli.autoheal.hosthealing import HostHealing
from vrooli.autoheal.lag import LoopLag
from vrooli.autoheal.policy import Failure, Symptom
from vrooli.autoheal.tracker import Tracked
from vrooli.core.errors import DeadlineExceeded
from vrooli.core.home import Home
from vrooli.core.status import Status
from vrooli.host.clock import SystemClock
from vrooli.host.readfiles import LocalFiles
from vrooli.host.system import LocalSystem
from vrooli.stack.model import CheckSettings, Service

pytestmark = mounts


def looks_at(path: Path) -> int:
    """Threads that hang there."""
    return sum(thread.name == f"aside {path}" for thread in threading.enumerate())


def test_a_hung_disk_costs_one_thread_however_often_it_is_looked_at(tmp_path: Path) -> None:
    system = LocalSystem()
    with hung_disk(tmp_path):
        for _ in range(4):
            with pytest.raises(DeadlineExceeded):
                system.disk(str(tmp_path))
        assert looks_at(tmp_path) == 1
        assert system.disk("/").total > 0


async def test_a_hung_disk_is_unknown_and_a_reason_not_to_restart_and_the_loop_goes_on(
    tmp_path: Path,
) -> None:
    disk, clock, system = tmp_path / "disk", SystemClock(), LocalSystem()
    disk.mkdir()
    watchdog = MemoryWatchdog(tmp_path, stack_of())
    board, ledger = watchdog.board, watchdog.ledger
    facts = replace(facts_of({}, tmp_path), system=system, home=str(disk))
    healing = HostHealing(board, ledger, watchdog.restraints, watchdog.executor, clock)
    checker = HostChecker(board, lambda: facts, ledger, healing, watchdog.suspicion)
    check = HostCheck(CHECK, CHECK.id, CheckSettings(CHECK.id))
    home = Home(disk, tmp_path / "run")
    gate = Gates(Around(system, LocalFiles(), home, 2, LoopLag(clock).steps, lambda _: 0))
    tracked = Tracked(Service("web", "web", "scenario", "scenario"))
    tracked.failure = Failure(Symptom.EXITED, "exited with code 1", 0.0, 0.0)
    lag = LoopLag(clock)
    with hung_disk(disk):
        measuring = asyncio.create_task(lag.measure())
        result, _ = await asyncio.gather(checker.look(check), gate.look())
        measuring.cancel()
        assert result.status is Status.UNKNOWN
        assert str(disk) in result.message
        assert "hangs" in gate.reason(tracked)
        assert looks_at(disk) == 1
    assert lag.worst_since(0) < 1.0  # the look took 2 s
    await until(lambda: not looks_at(disk))
    assert (await checker.look(check)).status is not Status.UNKNOWN
    await gate.look()
    assert gate.reason(tracked) == ""
