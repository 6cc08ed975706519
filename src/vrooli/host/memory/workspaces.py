"""Port `Workspaces`, in memory."""

from vrooli.core.errors import TooLarge, UsageError
from vrooli.core.ports.workspaces import (
    MOST_BYTES,
    MOST_FILES,
    NoSuchFile,
    StoredFile,
    parts,
)


class MemoryWorkspaces:
    """Attributes:
    files: content by run and path.
    """

    def __init__(self) -> None:
        self.files: dict[str, dict[str, bytes]] = {}

    async def read(self, run: str, path: str, largest: int) -> bytes:
        """See the port."""
        parts(path)
        data = self._of(run).get(path)
        if data is None:
            raise NoSuchFile("there is no such file")
        if len(data) > largest:
            raise TooLarge(f"the file has more than {largest} bytes", where=path)
        return data

    async def write(self, run: str, path: str, data: bytes) -> None:
        """See the port."""
        names = parts(path)
        files = self._of(run)
        above = {"/".join(names[:count]) for count in range(1, len(names))}
        if above & set(files) or any(one.startswith(f"{path}/") for one in files):
            raise UsageError("what is there is no file", next_step="choose another path")
        if len(files) >= MOST_FILES or sum(map(len, files.values())) + len(data) > MOST_BYTES:
            raise TooLarge("a run has no more at most", where=path)
        files[path] = data

    async def listed(self, run: str) -> list[StoredFile]:
        """See the port; all are as old as the epoch."""
        files = sorted(self._of(run).items())
        return [StoredFile(path, len(data), 0.0) for path, data in files]

    async def untouched(self, since: float) -> list[str]:
        """See the port; all are as old as the epoch."""
        return sorted(run for run, files in self.files.items() if files and since > 0)

    async def remove(self, run: str) -> None:
        """See the port."""
        self._of(run).clear()

    def _of(self, run: str) -> dict[str, bytes]:
        if not run or "/" in run or run.startswith("."):
            raise UsageError("this cannot be the id of a run", next_step="name a run")
        return self.files.setdefault(run, {})
