"""An executor that only notes what it was asked to do."""

from collections.abc import Callable, Sequence

from vrooli.core.command import Command, RunOnce
from vrooli.core.errors import VrooliError


class MemoryExecutor:
    """`done` holds every command in order; `failure`, when set, is raised instead of the rest."""

    def __init__(self, failure: VrooliError | None = None) -> None:
        self.done: list[Command] = []
        self.failure = failure

    async def run(self, commands: Sequence[Command], progress: Callable[[str], None]) -> None:
        """See the port."""
        for command in commands:
            if self.failure is not None:
                raise self.failure
            if isinstance(command, RunOnce):
                progress(command.title)
            self.done.append(command)
