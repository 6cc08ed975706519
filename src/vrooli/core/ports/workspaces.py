"""Port: a folder for the files of each run, and nothing beside it."""

from dataclasses import dataclass
from typing import Protocol

from vrooli.core.errors import UsageError

MOST_BYTES = 64 * 1024 * 1024
"""Of all files of one run."""

MOST_FILES = 1000
"""Of one run."""

DEEPEST = 10
"""Folders within each other."""


class NoSuchFile(UsageError):
    """There is no file of that name."""

    def __init__(self, what: str, *, where: str = "") -> None:
        super().__init__(
            what, where=where, next_step="`vrooli run files RUN` lists those there are"
        )


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of a run.

    Attributes:
        path: below its folder, `/` between names.
        bytes: its size.
        modified_at: unix seconds.
    """

    path: str
    bytes: int
    modified_at: float


class Workspaces(Protocol):
    """Reads and writes files by their run and their path below its folder, `/` between names."""

    async def read(self, run: str, path: str, largest: int) -> bytes:
        """The whole file.

        Raises:
            NoSuchFile: there is none, or it is no file.
            TooLarge: it has more than `largest` bytes.
            UsageError: the path leads elsewhere, or cannot be one.
            StorageError: the disk refuses.
        """
        ...

    async def write(self, run: str, path: str, data: bytes) -> None:
        """The whole file, durable, with the folders that it needs; what was there is replaced at
        once.

        Raises:
            TooLarge: more than `MOST_BYTES`, or files than `MOST_FILES`.
            UsageError: the path leads elsewhere, or cannot be one.
            StorageError: the disk refuses.
        """
        ...

    async def listed(self, run: str) -> list[StoredFile]:
        """All files of a run, by their paths; `MOST_FILES` at most. What is no file is left out.

        Raises:
            UsageError: this cannot be the id of a run.
            StorageError: the disk refuses.
        """
        ...

    async def untouched(self, since: float) -> list[str]:
        """Runs whose folder nobody has added to or removed from since then (unix seconds).
        `StorageError` when the disk refuses.
        """
        ...

    async def remove(self, run: str) -> None:
        """All files of a run; none is no error. `StorageError` when the disk refuses."""
        ...


def parts(path: str) -> tuple[str, ...]:
    """The names of a path, or `UsageError`: empty, absolute, too deep, or leading out."""
    names = tuple(path.split("/"))
    wrong = any(name in ("", ".", "..") or _too_long(name) for name in names)
    if wrong or "\0" in path or len(names) > DEEPEST:
        raise UsageError(
            "expected names with `/` between them, within the run's folder",
            next_step="write a path like `out/report.txt`",
        )
    return names


def _too_long(name: str) -> bool:
    return len(name.encode(errors="surrogatepass")) > LONGEST_NAME


LONGEST_NAME = 200
"""Bytes: file systems allow 255, and a file that is being written has a longer name."""
