"""The step `python`, and the sandbox behind it, against code that means no good."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.architecture.source import ROOT
from tests.support.root import becomes_another
from tests.support.steps import executed, failure, output, tools
from tests.support.tiny_server import Asked, reply, serving
from tests.support.waiting import eventually
from vrooli.core.errors import TooLarge
from vrooli.core.ports.sandbox import MIB, Limits, Outcome
from vrooli.flow.entries import Finished
from vrooli.host.clock import SystemClock
from vrooli.host.sandbox.linux_sandbox import LinuxSandbox

SLEEPERS = """
import os, time
def main(inputs):
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.closerange(0, 100)
            time.sleep(600)
    time.sleep(600)
"""
ALL = 9
"""Processes of it: launcher, process 1, `main`, three children and three of theirs."""

AS_USER = [sys.executable, str(ROOT / "tests" / "support" / "as_user.py"), "nobody"]


async def step(code: str, seconds: float = 60.0, **more: Any) -> Finished:
    given = tools(sandbox=LinuxSandbox(), clock=SystemClock())
    return await executed("python", {"code": code, **more}, given, seconds)


async def run(code: str, *, network: bool = False, **limits: int) -> Outcome:
    return await LinuxSandbox().run(code, b"null", Limits(**limits), network)


def inside(what: str) -> str:
    """A program that answers with the value of an expression."""
    return f"import os, socket, subprocess, sys\ndef main(inputs):\n    return {what}"


async def value(what: str, **more: Any) -> Any:
    outcome = await run(inside(what), **more)
    assert not outcome.error, outcome
    return json.loads(outcome.output)


def as_user(code: str) -> dict[str, str]:
    """The same by an unprivileged process, also when the tests are root."""
    command = [sys.executable, "-m", "tests.support.programs.sandboxed", code]
    prefix = AS_USER if os.geteuid() == 0 else []
    done = subprocess.run(
        [*prefix, *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, str] = json.loads(done.stdout)
    return said


STANDING: set[int] = set()
"""Processes of other tests, like a database for all of them."""


@pytest.fixture(autouse=True)
def standing() -> None:
    STANDING.clear()
    STANDING.update(one.pid for one in psutil.Process().children(recursive=True))


def below(process: psutil.Process) -> list[psutil.Process]:
    return [one for one in process.children(recursive=True) if one.pid not in STANDING]


async def many(process: psutil.Process) -> list[psutil.Process]:
    """Its descendants, once the code has started all of its own."""

    async def there() -> bool:
        return len(below(process)) >= ALL

    await eventually(there, "the code has started its own")
    return below(process)


async def gone(processes: list[psutil.Process]) -> None:
    async def ended() -> bool:
        return not any(
            one.is_running() and one.status() != psutil.STATUS_ZOMBIE for one in processes
        )

    await eventually(ended, "all of it is gone")


@pytest.fixture(params=["as we are", "as a user"])
def asked(request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """The value of an expression within."""
    if request.param == "as a user":
        return lambda what: json.loads(as_user(inside(what))["output"])
    return lambda what: asyncio.run(value(what))


def test_it_sees_nothing_of_this_machine(asked: Callable[[str], Any], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="ascii")
    assert asked("dict(os.environ)") == {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    assert asked("os.listdir('.')") == []
    assert asked(f"os.path.exists({str(tmp_path / 'file')!r})") is False
    for place in ("/root", "/home", "/proc", "/var", "/run", "/sys", "/etc/passwd", str(ROOT)):
        assert asked(f"os.path.exists({place!r})") is False
    assert asked("'site' in sys.modules") is False
    assert asked("os.getuid()") != 0
    assert (
        asked("sorted(map(int, os.listdir('/dev/fd')))  if os.path.exists('/dev/fd') else []") == []
    )


def test_it_writes_into_its_folder_alone(asked: Callable[[str], Any]) -> None:
    tried = (
        "[(place, bool(os.system(f'echo x > {place}/x 2>/dev/null'))) for place in "
        "('/', '/usr', '/etc', '/bin', '/usr/bin', '/dev', '/tmp')]"
    )
    refused = dict(asked(tried))
    assert not refused.pop("/tmp")
    assert all(refused.values()), refused


def test_process_one_is_out_of_reach(asked: Callable[[str], Any]) -> None:
    attach, kill = 16, 9
    tried = (
        f"[__import__('ctypes').CDLL(None).ptrace({attach}, 1, 0, 0), "
        f"os.system('kill -{kill} 1 2>/dev/null') and 0]"
    )
    assert asked(tried)[0] == -1  # and the answer came, although it was sent that signal


def test_it_gains_no_rights(asked: Callable[[str], Any]) -> None:
    tried = (
        "[__import__('ctypes').CDLL(None).unshare(0x10000000), "
        "__import__('ctypes').CDLL(None).mount(b'x', b'/tmp', b'tmpfs', 0, None), "
        "os.system('su -c true </dev/null >/dev/null 2>&1') == 0]"
    )
    assert asked(tried) == [-1, -1, False]


async def test_the_network_is_there_only_when_allowed() -> None:
    async def well(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await reply(writer, 200, {"ok": True})

    async with serving(well) as address:
        port = str(address).rpartition(":")[2]
        code = (
            "import urllib.request\ndef main(inputs):\n    "
            f"return urllib.request.urlopen('http://127.0.0.1:{port}/').status"
        )
        ended = await step(code)
        assert failure(ended) == ("code", False)
        assert "unreachable" in (ended.failure.reason if ended.failure else "")
        assert output(await step(code, network=True)) == 200


async def test_nothing_that_the_server_has_open_is_handed_on(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w", encoding="ascii") as file:
        os.set_inheritable(file.fileno(), True)
        code = """
import os
def main(inputs):
    found = []
    for number in range(256):
        try:
            found.append((number, os.fstat(number).st_mode >> 12))
        except OSError:
            pass
    return found
"""
        pipe = 1
        found = json.loads((await run(code)).output)
    assert found == [[number, pipe] for number in (0, 1, 2, 3)]


async def test_a_fork_bomb_stays_small() -> None:
    code = """
import os, time
def main(inputs):
    count = 0
    while True:
        try:
            if os.fork() == 0:
                time.sleep(600)
        except BlockingIOError:
            return count
        count += 1
"""
    outcome = await run(code, processes=16)
    assert 1 <= json.loads(outcome.output) <= 16
    await gone(below(psutil.Process()))


async def test_a_fork_bomb_that_goes_on_ends_with_the_step() -> None:
    ended = await step(
        "import os\ndef main(i):\n  while True:\n    try: os.fork()\n    except OSError: pass", 1.0
    )
    assert failure(ended) == ("timeout", True)
    await gone(below(psutil.Process()))


async def test_a_memory_hog_ends_alone() -> None:
    ended = await step("def main(i): return len(bytearray(10**9))", memory_mb=64)
    assert failure(ended) == ("code", False)
    assert ended.failure is not None
    assert "MemoryError" in ended.failure.reason


async def test_a_disk_hog_ends_alone() -> None:
    code = "def main(i):\n  for n in range(99):\n    open(str(n), 'wb').write(bytes(2**20))"
    assert "No space left" in (await run(code, disk=4 * MIB)).error
    assert "too large" in (await run(code.replace("2**20", "2**24"), disk=4 * MIB)).error


async def test_a_processor_hog_is_killed() -> None:
    outcome = await run("def main(i):\n  while True: pass", cpu=1)
    assert "processor time" in outcome.error


async def test_the_time_of_the_step_ends_all_of_it() -> None:
    seconds, processes = 1.0, list[psutil.Process]()
    while len(processes) < ALL:  # a busy machine may need longer to start them
        running = asyncio.create_task(step(SLEEPERS, seconds))
        while not running.done() and len(processes) < ALL:
            processes = below(psutil.Process())
            await asyncio.wait({running}, timeout=0.05)
        assert failure(await running) == ("timeout", True)
        await gone(processes)
        seconds *= 2


async def test_a_cancelled_step_ends_with_all_of_it() -> None:
    running = asyncio.create_task(step(SLEEPERS))
    processes = await many(psutil.Process())
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await gone(processes)


async def test_it_does_not_outlive_whoever_ran_it() -> None:
    command = [sys.executable, "-m", "tests.support.programs.sandboxed", SLEEPERS]
    with subprocess.Popen(command, cwd=ROOT) as process:
        processes = await many(psutil.Process(process.pid))
        process.kill()
    await gone(processes)


async def test_what_it_leaves_running_ends_with_it() -> None:
    code = SLEEPERS.replace("\n    time.sleep(600)\n", "\n    return 'done'\n")
    assert output(await step(code)) == "done"
    await gone(below(psutil.Process()))


async def test_more_than_may_come_is_not_read() -> None:
    assert failure(await step("def main(i): return 'x' * 2_000_000")) == ("too-large", False)
    with pytest.raises(TooLarge):
        await run("def main(i):\n  while True: print('x' * 10_000)")
    await gone(below(psutil.Process()))


async def test_nul_in_an_output_is_a_failure_of_the_step() -> None:
    assert failure(await step("def main(i): return 'a\\0b'")) == ("output", False)


async def test_what_it_printed_is_in_the_reason() -> None:
    ended = await step("def main(i):\n  print('so far \\0 so good')\n  raise ValueError('now')")
    assert ended.failure is not None
    assert "ValueError: now (line 3)" in ended.failure.reason
    assert "so far � so good" in ended.failure.reason


@pytest.mark.parametrize(
    ("what", "error"),
    [
        ("os._exit(7)", "code 7"),
        ("os.kill(os.getpid(), 11)", "signal 11"),
        ("sys.exit('enough')", "SystemExit: enough"),
        ("os.write(3, b'garbage') and os._exit(0)", "no JSON"),
        ("os.write(3, b'{}') and os._exit(0)", "no output"),
        ("os.write(3, b'[1]') and os._exit(0)", "no output"),
    ],
)
async def test_other_ends(what: str, error: str) -> None:
    assert error in (await run(inside(what))).error


@becomes_another
async def test_where_nobody_can_be_kept_in_nothing_is_run() -> None:
    """As in a container with the usual profile."""
    command = [sys.executable, "-m", "tests.support.programs.sandboxed", "def main(i): return 1"]
    less = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]
    done = subprocess.run([*less, *command], cwd=ROOT, capture_output=True, check=True)
    said = json.loads(done.stdout)
    assert said == {
        "unavailable": "this machine cannot keep code in: unshare: Operation not permitted"
    }
