"""Port `Pipes`: a program below a small parent of its own, which ends all that it started."""

import asyncio
import json
import os
import shutil
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

from vrooli.core.errors import StartFailed, Unreachable
from vrooli.core.ports.pipes import Pipe, PipedProgram

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
        return _Open(process)


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

    def __init__(self, process: Process) -> None:
        self._process = process
        self._tail = bytearray()
        self._listening = asyncio.create_task(self._listen(), name="complaints")
        self._closing: asyncio.Task[None] | None = None

    @property
    def complaints(self) -> str:
        """See the port."""
        return self._tail.decode(errors="replace").strip()

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

    async def close(self) -> None:
        """See the port. Also whoever is cancelled leaves nothing behind."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._end(), name="end of a program")
        await asyncio.shield(self._closing)

    async def _listen(self) -> None:
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(TAIL):
            self._tail += chunk
            del self._tail[:-TAIL]

    async def _end(self) -> None:
        process = self._process
        assert process.stdin is not None
        try:
            process.stdin.close()
            if not await self._ended(GRACE):
                with suppress(ProcessLookupError):
                    process.terminate()
                await self._ended(LAST)
        finally:
            if process.returncode is None:
                process.kill()  # the program dies with it
            # To the end of the pipes: nothing is left of them then.
            await process.communicate()
            await asyncio.wait([self._listening])
            with suppress(OSError):  # else asyncio complains that nobody asked how that ended
                await process.stdin.wait_closed()

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
