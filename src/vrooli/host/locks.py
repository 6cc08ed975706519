"""Locks on files: released by the kernel when the holder dies, however it dies."""

import errno
import fcntl
import os
from contextlib import suppress
from pathlib import Path

from vrooli.core.errors import AccessDenied, Busy, StorageError


class FileLock:
    """An exclusive flock(2) on a file that says who holds it."""

    def __init__(self, path: Path, purpose: str) -> None:
        self._path, self._purpose = path, purpose
        self._descriptor: int | None = None

    def take(self, *, wait: bool = False) -> None:
        """Take it; nothing when it is ours already, unless its file was removed.

        Raises:
            Busy: another holds it, and we do not wait.
            StorageError: there is no such place.
        """
        if self._descriptor is not None and _is_still(self._path, self._descriptor):
            return
        descriptor = self._locked(wait=wait)
        while not _is_still(self._path, descriptor):  # it was removed before we had it
            os.close(descriptor)
            descriptor = self._locked(wait=wait)
        self.release()
        self._descriptor = descriptor
        with suppress(OSError):  # a disk that takes nothing: the lock itself holds all the same
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)

    def _locked(self, *, wait: bool) -> int:
        try:
            descriptor = _open(self._path)
        except PermissionError as error:
            raise AccessDenied(
                "not allowed to lock it",
                where=str(self._path),
                next_step="run as the user who brought the stack up",
            ) from error
        except OSError as error:
            raise StorageError(
                f"cannot be locked: {error.strerror}",
                where=str(self._path),
                next_step="choose a home on a file system that can lock, by VROOLI_HOME",
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            raise Busy(
                f"{self._purpose} runs already" + (f" (pid {holder})" if holder else ""),
                where=str(self._path),
                next_step="`vrooli status` shows it",
            ) from error
        return descriptor

    def release(self) -> None:
        """Let go; harmless when it is not held."""
        if self._descriptor is not None:
            with suppress(OSError):  # it names its holder, and has none now
                os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None


def _open(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno != errno.EROFS:
            raise
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether the name leads to what is locked."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
