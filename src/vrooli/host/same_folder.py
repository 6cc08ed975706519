"""Whether a folder is still the one that it was, and not what came into its place when its disk
went away.

By number of device and inode it is. A disk that was unmounted and mounted again, as automounters do
with one that nobody uses for a while, may have got another number; then it is the same when a file
that we wrote or read there is still there, by its own inode.
"""

import os
from contextlib import suppress
from pathlib import Path

from vrooli.core.errors import StorageError

_Facts = tuple[int, int]


class SameFolder:
    """Of one folder. Several threads may ask."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: _Facts | None = None
        self._mark: tuple[Path, _Facts] | None = None

    def read(self, path: Path, facts: os.stat_result) -> None:
        """A file in it was read, while it had these facts."""
        if self._mark is None:
            self.written(path, facts)

    def written(self, path: Path, facts: os.stat_result) -> None:
        """One was written: nothing else that is mounted here has it, not even an older copy."""
        if self._known is None:
            self._known = self._now()
        self._mark = (path, (facts.st_ino, facts.st_size))

    def removed(self, path: Path) -> None:
        """One is not there any more."""
        if self._mark is not None and self._mark[0] == path:
            self._mark = None

    def require(self) -> None:
        """Whether it is the same, as far as anything was read or written.

        Raises:
            StorageError: it is another one, or none.
            OSError: nobody can tell.
        """
        if self._known is None or self._now() == self._known:
            return
        if not self._has_mark():
            raise StorageError(
                "it is another folder than it was, or is gone: its disk went away meanwhile",
                where=str(self._folder),
                next_step="mount it, then again",
            )
        self._known = self._now()

    def _has_mark(self) -> bool:
        if self._mark is None:
            return False
        path, facts = self._mark
        with suppress(FileNotFoundError):
            found = path.lstat()
            return (found.st_ino, found.st_size) == facts
        return False

    def _now(self) -> _Facts | None:
        """Of what is inside: a look at the folder itself has no automounter mount it."""
        with suppress(FileNotFoundError):
            found = os.stat(f"{self._folder}/.")
            return found.st_dev, found.st_ino
        return None
