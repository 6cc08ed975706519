"""Reasons why a restart cannot help: what each of them sees, and for whom it holds."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vrooli.autoheal.confirm import Looks
from vrooli.autoheal.gate import Around, Gate, Gates, all_gates
from vrooli.autoheal.gates.clock import SETTLES
from vrooli.autoheal.gates.hold import LONGEST_HOLD
from vrooli.autoheal.gates.upgrade import LONGEST_UPGRADE
from vrooli.autoheal.policy import Failure, Symptom
from vrooli.autoheal.steps import LARGE, ClockSteps
from vrooli.autoheal.tracker import Tracked
from vrooli.core.errors import DeadlineExceeded
from vrooli.core.home import Home
from vrooli.core.ports.system import DiskFacts, MemoryFacts
from vrooli.core.result import critical
from vrooli.host.memory.clock import MemoryClock
from vrooli.host.memory.files import MemoryFiles
from vrooli.host.memory.system import GIB, MemorySystem
from vrooli.stack.model import Service

HOME = Home(Path("/home-of-the-stack"), Path("/run-of-it"))
PLACE = str(HOME.root)
MIB = 2**20
WALL = 1_795_000_000.0  # 2026-11-18
UP = 100_000.0
DPKG = "/var/lib/dpkg/lock-frontend"
HELD = f"{PLACE}/holds/backup.lock"


def failed(symptom: Symptom = Symptom.UNRESPONSIVE) -> Tracked:
    service = Service("web", "web", "scenario", "scenario")
    return Tracked(service, failure=Failure(symptom, "it failed", 0.0, 0.0), looks=Looks())


def disk(available: int = 60 * MIB, inodes: int = 1000, read_only: bool = False) -> DiskFacts:
    return DiskFacts(100 * MIB, available, 10_000, inodes, read_only)


def around(**changed: Any) -> Around:
    """A machine on which all is well, but for what is said."""
    usual: dict[str, Any] = {
        "system": MemorySystem(),
        "files": MemoryFiles(),
        "home": HOME,
        "cpus": 2,
        "steps": ClockSteps(MemoryClock(wall=WALL)),
        "memory_of": lambda _: 0,
    }
    return Around(**(usual | changed))


async def reason(machine: Around, tracked: Tracked) -> str:
    gates = Gates(machine)
    await gates.look(tracked.failure.symptom if tracked.failure else None)
    return gates.reason(tracked)


async def by_symptom(machine: Around) -> tuple[str, str]:
    """For one that runs and does not answer, and for one that ended."""
    hung, ended = failed(), failed(Symptom.EXITED)
    return await reason(machine, hung), await reason(machine, ended)


def locked(path: str, born: float, *, holder_lives: bool = True) -> MemoryFiles:
    """A machine on which process 77, which began `born` seconds ago, holds `path`."""
    files = MemoryFiles(
        {
            path: "",
            "/proc/self/mountinfo": "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n",
            "/proc/uptime": f"{UP} 1.0",
        },
        modified={path: WALL - born},
    )
    facts = files.facts(path)
    assert facts is not None
    table = f"1: FLOCK  ADVISORY  WRITE 77 08:01:{facts.inode} 0 EOF\n"
    files.contents["/proc/locks"] = f"2: POSIX ADVISORY READ 5 00:18:7 0 EOF\n{table}".encode()
    if holder_lives:
        fields = ["S", *["0"] * 18, str(int((UP - born) * 100)), "0"]
        files.contents["/proc/77/stat"] = f"77 (an (odd) name) {' '.join(fields)}".encode()
    return files


async def test_on_a_healthy_machine_nothing_speaks_against_a_restart() -> None:
    assert await by_symptom(around()) == ("", "")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (disk(available=5 * MIB), "disk full: 5 MiB left"),
        (disk(inodes=3), "no free inodes"),
        (disk(read_only=True), "is read-only"),
    ],
)
@pytest.mark.parametrize("symptom", [Symptom.EXITED, Symptom.MISSING, Symptom.STOPPED])
async def test_a_disk_on_which_nothing_could_start_is_a_reason_for_all(
    facts: DiskFacts, said: str, symptom: Symptom
) -> None:
    system = MemorySystem(disks={PLACE: facts})
    assert said in await reason(around(system=system), failed(symptom))


async def test_a_disk_that_hangs_is_a_reason_and_is_named() -> None:
    assert await reason(around(system=MemorySystem(hung={PLACE})), failed(Symptom.EXITED)) == (
        f"the disk of {PLACE} hangs (no answer for 2 s): nothing could start"
    )


async def test_a_disk_that_cannot_be_read_is_a_reason() -> None:
    class Unreadable(MemorySystem):
        def disk(self, path: str) -> DiskFacts:
            return super().disk("")

    assert "cannot be read" in await reason(around(system=Unreadable()), failed(Symptom.EXITED))


async def test_on_an_overloaded_machine_what_is_late_is_left_alone_and_what_ended_is_started() -> (
    None
):
    hung, ended = await by_symptom(around(system=MemorySystem(loads=(200, 9, 9))))
    assert "overloaded" in hung
    assert ended == ""


async def test_what_answers_and_refuses_is_left_alone() -> None:
    tracked = failed()
    tracked.result = critical("password refused", answered=True)
    assert "it answers" in await reason(around(), tracked)
    ended = failed(Symptom.EXITED)
    ended.result = tracked.result  # of before it ended
    assert await reason(around(), ended) == ""


async def test_a_probe_that_cannot_resolve_its_name_says_nothing_about_the_service() -> None:
    tracked = failed()
    tracked.result = critical("db.example: name or service not known", unresolved="db.example")
    assert "cannot resolve the name db.example" in await reason(around(), tracked)
    tracked.result = critical("connection refused")
    assert await reason(around(), tracked) == ""


PRESSURE = "/proc/pressure/memory"
STALLED = "some avg10=99.00 avg60=1 avg300=1 total=1\nfull avg10=63.10 avg60=1 avg300=1 total=1\n"


@pytest.mark.parametrize(
    ("left", "pressure", "closed"),
    [
        (6 * GIB, "some avg10=99.00 avg60=9\nfull avg10=3.00 avg60=9\n", False),
        (6 * GIB, STALLED, True),
        (100 * MIB, "", True),
        (200 * MIB, "", False),
    ],
)
async def test_without_memory_what_is_late_is_left_alone_and_what_ended_is_started(
    left: int, pressure: str, closed: bool
) -> None:
    files = MemoryFiles({PRESSURE: pressure} if pressure else {})
    machine = around(files=files, system=MemorySystem(memory_facts=MemoryFacts(8 * GIB, left, 0)))
    hung, ended = await by_symptom(machine)
    assert ("out of memory" in hung) is closed
    assert ended == ""


@pytest.mark.parametrize(("held", "closed"), [(1 * GIB, True), (2 * GIB, False)])
async def test_what_holds_much_of_the_memory_itself_may_be_the_cause(
    held: int, closed: bool
) -> None:
    machine = around(files=MemoryFiles({PRESSURE: STALLED}), memory_of=lambda name: held)
    assert bool(await reason(machine, failed())) is closed


@pytest.mark.parametrize("step", [LARGE, -3600.0])
async def test_after_the_clock_was_set_far_what_that_upset_gets_time(step: float) -> None:
    clock = MemoryClock(wall=WALL)
    machine = around(steps=ClockSteps(clock))
    clock.jump(step)
    machine.steps.look()
    hung, ended = await by_symptom(machine)
    assert f"just set {'forward' if step > 0 else 'back'} by {abs(step):.0f} s" in hung
    assert ended == ""
    await clock.advance(SETTLES)
    assert await by_symptom(machine) == ("", "")


async def test_a_clock_that_drifts_or_is_kept_in_time_is_no_reason() -> None:
    clock = MemoryClock(wall=WALL)
    machine = around(steps=ClockSteps(clock))
    for _ in range(10):
        await clock.advance(1.0)
        clock.jump(LARGE - 1)
        machine.steps.look()
    assert await by_symptom(machine) == ("", "")


async def test_a_clock_that_was_never_set_is_a_reason() -> None:
    machine = around(steps=ClockSteps(MemoryClock(wall=12.0)))
    hung, ended = await by_symptom(machine)
    assert "must be set first" in hung
    assert ended == ""


@pytest.mark.parametrize(
    ("path", "longest", "said"),
    [
        (DPKG, LONGEST_UPGRADE, f"packages are being installed (process 77 holds {DPKG})"),
        (HELD, LONGEST_HOLD, f"backup is under way (process 77 holds {HELD})"),
    ],
)
async def test_while_packages_are_installed_or_a_backup_runs_what_runs_is_left_alone(
    path: str, longest: float, said: str
) -> None:
    assert await by_symptom(around(files=locked(path, 30.0))) == (said, "")
    assert await by_symptom(around(files=locked(path, 30.0, holder_lives=False))) == (said, "")
    for forgotten in (True, False):
        files = locked(path, longest + 1, holder_lives=forgotten)
        assert await by_symptom(around(files=files)) == ("", "")
    free = locked(path, 30.0)
    del free.contents["/proc/locks"]
    assert await by_symptom(around(files=free)) == ("", "")


async def test_a_look_that_hangs_or_fails_says_nothing_unless_it_is_about_the_disk() -> None:
    def hangs(_: Around) -> str:
        raise DeadlineExceeded("no answer for 10 s")

    silent = Gate("silent", "never", look=hangs)
    telling = replace(silent, hung=lambda _, error: f"it hangs: {error.what}")
    for gate, said in ((silent, ""), (telling, "it hangs: no answer for 10 s")):
        gates = Gates(around(), [gate])
        await gates.look()
        assert gates.reason(failed()) == said
    unreadable = MemoryFiles(unreadable=frozenset({f"{PLACE}/holds"}))
    assert await by_symptom(around(files=unreadable)) == ("", "")


async def test_a_defect_in_a_gate_keeps_nothing_down() -> None:
    def broken(*_: object) -> str:
        raise ValueError("a line that nobody expected")

    gates = Gates(around(), [Gate("one", "never", look=broken), Gate("two", "never", judge=broken)])
    await gates.look()
    assert gates.reason(failed()) == ""


def test_every_gate_is_a_file_and_those_that_forbid_a_start_come_first() -> None:
    gates = all_gates()
    assert {gate.id for gate in gates} == {
        "answers",
        "clock",
        "disk",
        "hold",
        "memory",
        "names",
        "overload",
        "upgrade",
    }
    assert [gate.id for gate in gates if gate.starts] == ["disk"] == [gates[0].id]
    assert all(gate.when for gate in gates)
