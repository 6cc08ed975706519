"""Port `Children`: runs a module of ours in a short-lived Python of its own, so that what it
imports leaves memory with it.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress

from vrooli.core.errors import DeadlineExceeded, StartFailed
from vrooli.core.ports.children import MOST_OUTPUT, Ended

MAX_TAIL = 4096


class PythonChildren:
    """Children of this process, each in a session and process group of its own.

    Args:
        environment: theirs, as a whole.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = dict(environment)

    async def run(self, module: str, given: bytes, seconds: float) -> Ended:
        """See the port."""
        process = await self._start(module)
        try:
            async with asyncio.timeout(seconds):
                output, errors = await process.communicate(given)
        except TimeoutError as error:
            raise DeadlineExceeded(f"it took longer than {seconds:g} s", where=module) from error
        finally:
            if process.returncode is None:
                _kill_group(process.pid)
                await process.wait()
        tail = errors[-MAX_TAIL:].decode(errors="replace")
        return Ended(process.returncode or 0, output[:MOST_OUTPUT], tail)

    async def _start(self, module: str) -> asyncio.subprocess.Process:
        try:
            return await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                module,
                env=self._environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            what = f"it could not be started: {error.strerror}"
            raise StartFailed(
                what,
                where=module,
                retryable=True,
                next_step="see to memory and processes of this machine, then try again",
            ) from error


def _kill_group(leader: int) -> None:
    """End a child with its own. It is not reaped yet, so that the number is still its own."""
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)
