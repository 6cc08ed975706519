"""Gates on the real kernel: locks that are really held, memory that is really taken."""

import json
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.root import mounts
from tests.support.until import until
from vrooli.autoheal.gate import Around, Gates
from vrooli.autoheal.policy import Failure, Symptom
from vrooli.autoheal.steps import ClockSteps
from vrooli.autoheal.tracker import Tracked
from vrooli.core.home import Home
from vrooli.host.clock import SystemClock
from vrooli.host.memory.system import MemorySystem
from vrooli.host.processes import LocalProcesses
from vrooli.host.readfiles import LocalFiles
from vrooli.stack.model import Service


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home", tmp_path / "run")
    home.holds.mkdir(parents=True)
    return home


async def reason(home: Home) -> str:
    """What keeps one from being restarted that runs and does not answer, but for its machine."""
    steps = ClockSteps(SystemClock())
    gates = Gates(Around(MemorySystem(), LocalFiles(), home, 2, steps, lambda _: 0))
    tracked = Tracked(Service("web", "web", "scenario", "scenario"))
    tracked.failure = Failure(Symptom.UNRESPONSIVE, "no answer", 0.0, 0.0)
    await gates.look()
    return gates.reason(tracked)


FLOCK = ("flock", "LOCK", "sh", "-c", "echo on; read -r line")
FCNTL = (
    sys.executable,
    "-Sc",
    "import fcntl, sys; lock = open(sys.argv[1], 'w'); fcntl.lockf(lock, fcntl.LOCK_EX); "
    "print('on', flush=True); input()",
    "LOCK",
)


@contextmanager
def held(path: Path, program: Sequence[str]) -> Iterator[int]:
    """`program` holds a lock on `path`; its pid."""
    command = [str(path) if word == "LOCK" else word for word in program]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "on\n"
        yield running.pid
        running.communicate("\n")


@pytest.mark.parametrize("program", [FLOCK, FCNTL], ids=["flock", "fcntl"])
async def test_while_a_program_holds_a_lock_in_the_home_nothing_is_restarted(
    home: Home, program: Sequence[str]
) -> None:
    lock = home.holds / "backup.lock"
    lock.touch()
    assert await reason(home) == "", "a file that lies there says nothing"
    with held(lock, program) as pid:
        assert await reason(home) == f"backup is under way (process {pid} holds {lock})"
    assert await reason(home) == ""


@mounts
def test_the_lock_of_dpkg_is_seen_when_it_is_really_held(tmp_path: Path) -> None:
    """In a mount namespace, so that nobody's package manager is in the way of the test."""
    program = f"""
        import asyncio, fcntl, json, sys
        sys.path[:0] = {json.dumps(sys.path)}
        from pathlib import Path
        from tests.integration.watchdog.test_gates import reason
        from vrooli.core.home import Home

        home, said = Home(Path({str(tmp_path)!r}), Path("/run")), []
        said.append(asyncio.run(reason(home)))
        with open("/var/lib/dpkg/lock-frontend", "w") as lock:
            fcntl.lockf(lock, fcntl.LOCK_EX)
            said.append(asyncio.run(reason(home)))
        said.append(asyncio.run(reason(home)))
        print(json.dumps(said))
    """
    (tmp_path / "dpkg").mkdir()
    (tmp_path / "program.py").write_text(textwrap.dedent(program), encoding="utf-8")
    script = (
        f"mount --bind {tmp_path}/dpkg /var/lib/dpkg && exec {sys.executable} {tmp_path}/program.py"
    )
    command = ["unshare", "-m", "--propagation", "private", "sh", "-c", script]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 0, ended.stderr
    before, meanwhile, after = json.loads(ended.stdout)
    assert (before, after) == ("", "")
    assert meanwhile.startswith("packages are being installed (process ")


async def test_the_memory_of_a_tree_is_that_of_all_in_it() -> None:
    child = "x = bytearray(60 << 20); input()"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-Sc', {child!r}])"
    with subprocess.Popen([sys.executable, "-Sc", parent], stdin=subprocess.PIPE) as running:
        await until(lambda: LocalProcesses().tree_memory(running.pid) > 60 << 20)
        running.communicate(b"\n")
    assert LocalProcesses().tree_memory(running.pid) == 0
