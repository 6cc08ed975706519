"""Composition of what is written down of restores of files; see `stack.files_restored`."""

import os
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from vrooli.backup import placing
from vrooli.core.errors import StorageError, UsageError, VrooliError
from vrooli.core.home import Home
from vrooli.stack.durable import write_durably
from vrooli.stack.files_restored import (
    FilesRestored,
    Moved,
    restored_read,
    restored_written,
)


@dataclass(frozen=True, slots=True)
class FilesRecord:
    """Of one home. Whoever writes holds the lock of restores of files."""

    home: Home

    def read(self) -> dict[str, FilesRestored]:
        """All of it, by the names of the files.

        Raises:
            Damaged: it cannot be understood.
        """
        path = self.home.files_restored
        return restored_read(path.read_bytes() if path.exists() else b"")

    def begin(
        self, name: str, point: str, paths: Sequence[str], told: Callable[[str], None]
    ) -> tuple[bool, FilesRestored]:
        """Write down what a restore will move aside, before it does; whether one of the same point
        was cut short, which goes on then.
        """
        before = self.read().get(name)
        if before is not None and before.state == "restoring" and before.point == point:
            return True, before
        if before is not None and before.cut_short:
            _leave(before, told)
        mark = f"{point[-6:]}-{secrets.token_hex(2)}"
        moved = tuple(Moved(path, _kept(path, mark)) for path in paths)
        begun = FilesRestored(point, time.time(), mark, "restoring", moved)
        self._write(name, begun)
        return False, begun

    def of(self, name: str) -> FilesRestored:
        """The last restore of them.

        Raises:
            UsageError: there was none here.
        """
        was = self.read().get(name)
        if was is None:
            raise UsageError(
                f"no restore of `{name}` was done here: there is nothing to undo",
                where=name,
                next_step="`vrooli restore --only NAME --dry-run` tells how files differ from a "
                "restore point",
            )
        return was

    def undo(self, name: str, was: FilesRestored, moved: tuple[Moved, ...]) -> FilesRestored:
        """Write down that it is being undone, and of which paths, before it is."""
        mark = f"{was.point[-6:]}-{secrets.token_hex(2)}"
        begun = replace(was.undoing(time.time(), mark), moved=moved)
        self._write(name, begun)
        return begun

    def end(self, name: str, begun: FilesRestored, moved: tuple[Moved, ...]) -> None:
        """All of it is done."""
        self._write(name, begun.ended(moved))

    def _write(self, name: str, one: FilesRestored) -> None:
        path = self.home.files_restored
        try:
            write_durably(path, restored_written({**self.read(), name: one}))
        except OSError as error:
            raise StorageError(
                f"it cannot be written down what is moved aside: {error.strerror}",
                where=str(path),
                next_step="mend that, then again",
            ) from error


def _kept(path: str, mark: str) -> str:
    return placing.kept_as(path, mark) if os.path.lexists(path) else ""


def _leave(before: FilesRestored, told: Callable[[str], None]) -> None:
    """Another one takes its place: what it moved aside stays, and its half-done copies go."""
    for one in before.moved:
        try:
            placing.tidy(one.path, before.mark)
        except VrooliError as error:
            told(f"what was left half-done beside {one.path} stays: {error.what}")
        if one.kept and os.path.lexists(one.kept):
            told(f"{one.kept} stays: a restore that was cut short moved it aside")
