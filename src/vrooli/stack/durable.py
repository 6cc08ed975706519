"""Files that are whole or not there, and on disk when the call returns."""

import errno
import os
from pathlib import Path


def write_durably(path: Path, text: str, mode: int = 0o600) -> None:
    """Replace `path` by a file with `text`, all or nothing. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


class Spare:
    """Room that was taken while there was some, for one small file to be replaced when the disk is
    full.
    """

    def __init__(self, path: Path, size: int = 4096) -> None:
        self._path = path.with_name(f".{path.name}.spare")
        self._target, self._size = path, size

    def reserve(self) -> None:
        """Take the room, unless it is taken. Raises OSError."""
        if not self._path.exists():
            write_durably(self._path, " " * self._size)

    def use(self, text: str) -> None:
        """What `write_durably` does, without asking the disk for room; once. Raises OSError when
        there is no such room, or not enough.
        """
        data = text.encode().ljust(self._size)
        if len(data) > self._size:
            raise OSError(errno.EFBIG, "the text is longer than its room", str(self._path))
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            os.pwrite(descriptor, data, 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(self._path, self._target)
        sync_folder(self._target.parent)


def sync_folder(folder: Path) -> None:
    """A rename is durable when its folder is. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
