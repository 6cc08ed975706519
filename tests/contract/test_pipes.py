"""Port `Pipes`: programs that are spoken to, and of which nothing is left."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.leftovers import living
from tests.support.until import until
from vrooli.core.errors import StartFailed, Unreachable
from vrooli.core.ports.pipes import Pipe, PipedProgram
from vrooli.host.piped_programs import PipedPrograms

MIB = 1024 * 1024
ROOT = Path(__file__).parents[2]
ESCAPES = "pwd; setsid sleep 300 & echo $!; exec 0<&-; trap '' TERM; sleep 300"
"""Says its folder and a child that leaves its session, reads nothing, and ends for nobody."""

HELD = """
import asyncio, sys
from vrooli.core.ports.pipes import PipedProgram
from vrooli.host.piped_programs import PipedPrograms

async def main():
    pipe = await PipedPrograms().open(PipedProgram(("sh", "-c", sys.argv[1])))
    while True:
        sys.stdout.buffer.write(await pipe.read(1000))
        sys.stdout.flush()

asyncio.run(main())
"""


async def opened(*argv: str, memory: int = 1024 * MIB, **env: str) -> Pipe:
    return await PipedPrograms().open(PipedProgram(argv, env, memory))


async def lines(pipe: Pipe, count: int) -> list[str]:
    """The first ones that it writes."""
    said = b""
    while said.count(b"\n") < count:
        chunk = await pipe.read(1000)
        assert chunk, pipe.complaints
        said += chunk
    return said.decode().splitlines()


async def test_it_is_spoken_to() -> None:
    pipe = await opened("cat")
    await pipe.write(b"one\ntwo\n")
    assert await lines(pipe, 2) == ["one", "two"]
    await pipe.close()
    assert await pipe.read(10) == b""


async def test_it_finds_nothing_but_what_it_is_given() -> None:
    pipe = await opened("sh", "-c", "env; ls -A | wc -l", TOKEN="hunter2")
    said = b""
    while chunk := await pipe.read(1000):
        said += chunk
    await pipe.close()
    *env, files = said.decode().splitlines()
    known = {line.partition("=")[0] for line in env} - {"_", "SHLVL", "OLDPWD", "PWD"}
    assert known == {"PATH", "LANG", "HOME", "TOKEN"}
    assert files.strip() == "0"


async def test_nothing_is_left_of_one_that_does_not_want_to_end() -> None:
    pipe = await opened("sh", "-c", ESCAPES)
    folder, escaped = await lines(pipe, 2)
    assert living(int(escaped))
    await pipe.close()
    assert not living(int(escaped))
    assert not Path(folder).exists()


async def test_whoever_is_cancelled_leaves_nothing_either() -> None:
    pipe = await opened("sh", "-c", ESCAPES)
    folder, escaped = await lines(pipe, 2)
    closing = asyncio.create_task(pipe.close())
    await asyncio.sleep(0)
    closing.cancel()
    await until(lambda: not living(int(escaped)) and not Path(folder).exists())
    await pipe.close()


async def test_nothing_is_left_when_its_parent_is_killed() -> None:
    command = [sys.executable, "-c", HELD, ESCAPES]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        folder, escaped = (parent.stdout.readline().decode().strip() for _ in range(2))
        assert living(int(escaped))
        parent.kill()
    await until(lambda: not living(int(escaped)) and not Path(folder).exists())


async def test_it_has_no_more_memory_than_it_is_given() -> None:
    code = "print('it lives', flush=True); x = bytearray(500 * 1024 * 1024)"
    pipe = await opened(sys.executable, "-c", code, memory=200 * MIB)
    await lines(pipe, 1)
    assert await pipe.read(100) == b""
    assert pipe.complaints.endswith("MemoryError")
    await pipe.close()


async def test_one_that_has_ended_takes_nothing() -> None:
    pipe = await opened("sh", "-c", "echo no >&2; exit 1")
    assert await pipe.read(100) == b""
    assert pipe.complaints == "no"
    with pytest.raises(Unreachable):
        await pipe.write(b"x" * MIB)  # the first bytes would still fit into the pipe
    await pipe.close()


async def test_one_that_is_not_there() -> None:
    with pytest.raises(StartFailed, match="no such program"):
        await opened("/nosuch/program")


async def test_nothing_of_its_session_is_left_when_what_is_above_it_is_killed() -> None:
    pipe = await opened("sh", "-c", "sleep 300 & echo $! $PPID; pwd; wait", TOKEN="hunter2")
    ids, folder = await lines(pipe, 2)
    below, above = map(int, ids.split())
    os.kill(above, signal.SIGKILL)
    await until(lambda: not living(below))
    await pipe.close()
    other = await opened("sh", "-c", "pwd; cat")
    (lives,) = await lines(other, 1)
    for one in (folder, lives):
        os.utime(one, (0, 0))
    await (await opened("true")).close()
    assert Path(lives).exists(), "somebody holds it"
    assert not Path(folder).exists(), "the next one removes it"
    await other.close()


async def test_whoever_holds_its_pipes_for_ever_holds_up_nobody() -> None:
    """It left the session, and what is above it can end it no more."""
    pipe = await opened("sh", "-c", "setsid sleep 300 & echo $! $PPID; pwd; wait")
    ids, folder = await lines(pipe, 2)
    escaped, above = map(int, ids.split())
    await until(lambda: os.getsid(escaped) == escaped)
    try:
        os.kill(above, signal.SIGKILL)
        await pipe.close()
        assert await pipe.read(10) == b""
    finally:
        os.kill(escaped, signal.SIGKILL)
        os.rmdir(folder)


async def test_complaints_hold_no_secret_nor_the_end_of_one() -> None:
    code = "import os, sys; sys.stderr.write(os.environ['TOKEN'] + 'x' * 4090); sys.stderr.flush()"
    pipe = await opened(sys.executable, "-c", code, TOKEN="hunter2-and-more")
    assert await pipe.read(100) == b""
    assert pipe.complaints == "***" + "x" * 4090
    await pipe.close()
