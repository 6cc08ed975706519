"""A program of ours that writes to where we write, until it ends or is ended."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

from vrooli.core.errors import StartFailed

_GRACE = 5.0
"""Seconds to end in its order."""


class Child:
    """One run of it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, argv: Sequence[str], environment: Mapping[str, str]) -> "Child":
        """Run it.

        Raises:
            StartFailed: it cannot be.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *argv, stdin=asyncio.subprocess.DEVNULL, env=dict(environment)
            )
        except OSError as error:
            raise StartFailed(
                f"it cannot be run: {error.strerror}",
                where=os.path.basename(argv[0]),
                next_step="check that the program is installed, and may be run",
            ) from error
        return cls(process)

    @property
    def ended(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.returncode

    async def end(self, *, hard: bool = False) -> None:
        """Have it gone: in its order, or at once."""
        with suppress(ProcessLookupError):
            if not hard:
                self._process.send_signal(signal.SIGINT)
                with suppress(TimeoutError):
                    async with asyncio.timeout(_GRACE):
                        await self._process.wait()
            if self._process.returncode is None:
                self._process.kill()
        await self._process.wait()
