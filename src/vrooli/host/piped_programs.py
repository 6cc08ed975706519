"""Port `Pipes`: a program below a small parent of its own, which ends all that it started."""

import asyncio
import json
import os
import shutil
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

from vrooli.core.errors import StartFailed, Unreachable
from vrooli.core.ports.pipes import Pipe, PipedProgram
from vrooli.host.complaints import Complaints
from vrooli.host.keeper import proc

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

TAIL = 4096
"""Bytes of its complaints that are kept."""

FILE_SIZE, OPEN_FILES, CPU_SECONDS = 1024**3, 1024, 3600
"""Bytes of a file that it writes; files at once and seconds of processor time of each process."""

GRACE, LAST = 0.5, 5.0
"""Seconds to end by itself after the end of its input; then for its parent to end all of it."""


class PipedPrograms:
    """Children of this process, each with its tree."""

    async def open(self, program: PipedProgram) -> Pipe:
        """See the port."""
        env = {"PATH": PATH, "LANG": "C.UTF-8", **program.env}
        name = program.argv[0]
        if shutil.which(name, path=env["PATH"]) is None:
            advice = "install it, or correct `command` in vrooli.toml"
            raise StartFailed("there is no such program here", where=name, next_step=advice)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-m", "vrooli.host.pipe_launcher", _spec(program)),
                env=env,
                cwd="/",
                stdin=PIPE,
                stdout=PIPE,
                stderr=PIPE,
                start_new_session=True,
            )
        except OSError as error:
            what = f"it could not be started: {error.strerror}"
            advice = "see whether it may be executed, and whether this machine has memory left"
            raise StartFailed(what, where=name, next_step=advice, retryable=True) from error
        return _Open(process, Complaints(program.env.values(), TAIL))


def _spec(program: PipedProgram) -> str:
    """For `pipe_launcher`. No secret is in it: others see the arguments of a process.

    Not the address space is limited but data: some runtimes reserve far more than they use.
    """
    limits = {
        "RLIMIT_DATA": program.memory,
        "RLIMIT_FSIZE": FILE_SIZE,
        "RLIMIT_NOFILE": OPEN_FILES,
        "RLIMIT_CPU": CPU_SECONDS,
        "RLIMIT_CORE": 0,
    }
    return json.dumps({"parent": os.getpid(), "argv": list(program.argv), "limits": limits})


class _Open:
    """One that runs."""

    def __init__(self, process: Process, complaints: Complaints) -> None:
        self._process = process
        self._complaints = complaints
        self._listening = asyncio.create_task(self._listen(), name="complaints")
        self._burying = asyncio.create_task(self._bury(), name="what a program leaves")
        self._closing: asyncio.Task[None] | None = None

    @property
    def complaints(self) -> str:
        """See the port."""
        return self._complaints.text()

    async def read(self, limit: int) -> bytes:
        """See the port."""
        assert self._process.stdout is not None
        data = await self._process.stdout.read(limit)
        if not data:  # whatever it complained of comes before that is told
            await asyncio.wait([self._listening], timeout=GRACE)
        return data

    async def write(self, data: bytes) -> None:
        """See the port."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            await self._process.stdin.drain()
        except (ConnectionError, RuntimeError) as error:
            raise Unreachable("it takes nothing any more") from error
        if self._process.stdin.is_closing():  # a pipe that broke just now is not told by `drain`
            raise Unreachable("it takes nothing any more")

    async def close(self) -> None:
        """See the port. Also whoever is cancelled leaves nothing behind."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._end(), name="end of a program")
        await asyncio.shield(self._closing)

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(TAIL):
            self._complaints.add(chunk)

    async def _bury(self) -> None:
        """At once, while its number is nobody else's: its parent, killed, has ended nothing."""
        await _gone(self._process.pid)
        await asyncio.to_thread(_end_session, self._process.pid)

    async def _end(self) -> None:
        process = self._process
        assert process.stdin is not None
        try:
            process.stdin.close()
            if not await self._ended(GRACE) and process.returncode is None:
                with suppress(ProcessLookupError):
                    process.terminate()
                await self._ended(LAST)
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()  # the program dies with it
            await self._let_go()

    async def _let_go(self) -> None:
        """Bounded: somebody whom we do not find may still hold the other ends of the pipes."""
        assert self._process.stdin is not None
        await asyncio.wait([self._burying], timeout=LAST)
        await asyncio.wait([self._listening], timeout=GRACE)
        for task in (self._burying, self._listening):
            task.cancel()
        await asyncio.wait([self._burying, self._listening])
        self._process._transport.close()  # type: ignore[attr-defined]  # it has no other way
        with suppress(OSError):  # else asyncio complains that nobody asked how that ended
            await self._process.stdin.wait_closed()

    async def _ended(self, seconds: float) -> bool:
        """Its output is thrown away meanwhile, so that it does not wait for a reader."""
        try:
            async with asyncio.timeout(seconds):
                assert self._process.stdout is not None
                while await self._process.stdout.read(1 << 16):
                    pass
                await self._process.wait()
        except TimeoutError:
            return False
        return True


async def _gone(pid: int) -> None:
    """When a process ends. asyncio tells that only when its pipes have ended as well."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(handle, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(handle)
        os.close(handle)


def _end_session(leader: int) -> None:
    """Kill whoever is left in the session of a process that has ended; again, because of what they
    start meanwhile.
    """
    until = time.monotonic() + LAST
    while (found := _living_in(leader)) and time.monotonic() < until:
        for pid in found:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)  # they need a moment


def _living_in(session: int) -> list[int]:
    return [one.pid for one in proc.all_stats().values() if one.session == session and one.alive]
