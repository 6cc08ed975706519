"""What is kept of runs beside their journal: large outputs, and files."""

from dataclasses import dataclass

from vrooli.core.ports.workspaces import StoredFile, Workspaces
from vrooli.execution.artifacts import Artifacts
from vrooli.execution.runs.views import RunViews

LARGEST_FILE = 8 * 1024 * 1024
"""Bytes of a file that is handed out; it is held in memory meanwhile."""


@dataclass(frozen=True, slots=True)
class Kept:
    """For the API. Each method raises `UnknownName` when there is no such run."""

    views: RunViews
    artifacts: Artifacts
    workspaces: Workspaces

    async def artifact(self, run: str, sha256: str) -> bytes:
        """A large output of a run, as JSON; `UnknownName` when it has none such."""
        await self.views.get(run)
        return await self.artifacts.of_run(run, sha256)

    async def files(self, run: str) -> list[StoredFile]:
        """What its steps have written, as far as this machine has it."""
        await self.views.get(run)
        return await self.workspaces.listed(run)

    async def file(self, run: str, path: str) -> bytes:
        """One of them.

        Raises:
            UsageError: there is none, or the path leads elsewhere.
            TooLarge: it has more than `LARGEST_FILE` bytes.
        """
        await self.views.get(run)
        return await self.workspaces.read(run, path, LARGEST_FILE)
