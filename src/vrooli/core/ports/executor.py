"""Port: carries commands out. Commands are data (`vrooli.core.command`)."""

from collections.abc import Callable, Sequence
from typing import Protocol

from vrooli.core.command import Command


class Executor(Protocol):
    """Runs commands in order and stops at the first failure."""

    async def run(self, commands: Sequence[Command], progress: Callable[[str], None]) -> None:
        """Carry out `commands`; `progress` gets the title of each long one.

        Raises:
            StorageError: the disk refused (full, read-only, permission).
            StartFailed: a process failed, with the last lines that it said.
        """
        ...
