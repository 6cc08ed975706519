"""Reasons why a restart cannot help."""

import pytest

from vrooli.autoheal.confirm import Looks
from vrooli.autoheal.gates import Gates
from vrooli.autoheal.policy import Failure, Symptom
from vrooli.autoheal.tracker import Tracked
from vrooli.core.ports.system import DiskFacts
from vrooli.core.result import critical
from vrooli.host.memory.system import MemorySystem
from vrooli.stack.model import Service

HOME = "/home/of/the/stack"
MIB = 2**20


def failed(symptom: Symptom) -> Tracked:
    service = Service("web", "web", "scenario", "scenario")
    return Tracked(service, failure=Failure(symptom, "it failed", 0.0, 0.0), looks=Looks())


def disk(available: int = 60 * MIB, inodes: int = 1000, read_only: bool = False) -> DiskFacts:
    return DiskFacts(100 * MIB, available, 10_000, inodes, read_only)


async def reason(system: MemorySystem, tracked: Tracked, home: str = HOME) -> str:
    gate = Gates(system, home, 2)
    await gate.look()
    return gate.reason(tracked)


async def test_on_a_healthy_machine_nothing_speaks_against_a_restart() -> None:
    assert await reason(MemorySystem(), failed(Symptom.EXITED)) == ""


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (disk(available=5 * MIB), "disk full: 5 MiB left"),
        (disk(inodes=3), "no free inodes"),
        (disk(read_only=True), "is read-only"),
    ],
)
async def test_a_disk_on_which_nothing_could_start_is_a_reason(facts: DiskFacts, said: str) -> None:
    assert said in await reason(MemorySystem(disks={HOME: facts}), failed(Symptom.EXITED))


async def test_a_disk_that_hangs_is_a_reason_and_is_named() -> None:
    assert await reason(MemorySystem(hung={HOME}), failed(Symptom.EXITED)) == (
        f"the disk of {HOME} hangs (no answer for 2 s): nothing could start"
    )


async def test_a_disk_that_cannot_be_read_is_a_reason() -> None:
    assert "cannot be read" in await reason(MemorySystem(), failed(Symptom.EXITED), home="")


async def test_what_answers_and_refuses_or_is_late_on_an_overloaded_machine_is_left_alone() -> None:
    tracked = failed(Symptom.UNRESPONSIVE)
    assert "overloaded" in await reason(MemorySystem(loads=(200, 9, 9)), tracked)
    tracked.result = critical("password refused", answered=True)
    assert "it answers" in await reason(MemorySystem(), tracked)
    gone = failed(Symptom.EXITED)
    gone.result = tracked.result
    assert await reason(MemorySystem(loads=(200, 9, 9)), gone) == ""
