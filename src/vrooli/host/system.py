"""Port `System`, from statvfs and psutil."""

import ctypes
import os

import psutil

from vrooli.core.errors import StorageError
from vrooli.core.ports.system import ClockSync, DiskFacts, MemoryFacts
from vrooli.stack.aside import Aside

_TIME_ERROR = 5
_MAXERROR = 3
"""Place of `maxerror` (microseconds) in struct timex, counted in longs: modes is padded to one."""

DISK_ANSWERS = 2.0
"""Seconds that a file system gets to say how full it is. A local one takes microseconds, one across
a network milliseconds."""


class LocalSystem:
    """This machine. One for a process: it has at most one thread that hangs for each path."""

    def __init__(self) -> None:
        self._aside = Aside()

    def disk(self, path: str) -> DiskFacts:
        """The file system that holds `path`, within 2 s."""
        return self._aside.ask(path, lambda: _disk(path), DISK_ANSWERS)

    def memory(self) -> MemoryFacts:
        """Memory now."""
        memory = psutil.virtual_memory()
        return MemoryFacts(memory.total, memory.available, psutil.swap_memory().total)

    def clock_sync(self) -> ClockSync:
        """By adjtimex(2), which without modes only tells."""
        timex = (ctypes.c_long * 64)()
        state = ctypes.CDLL(None).adjtimex(timex)
        return ClockSync(state != _TIME_ERROR and state >= 0, timex[_MAXERROR] / 1e6)

    def load(self) -> tuple[float, float, float]:
        """Load averages."""
        return os.getloadavg()


def _disk(path: str) -> DiskFacts:
    try:
        stat = os.statvfs(path)
    except OSError as error:
        raise StorageError(
            f"cannot be examined: {error.strerror}",
            where=path,
            next_step="name a folder that is there and that this user may enter",
        ) from error
    return DiskFacts(
        total=stat.f_blocks * stat.f_frsize,
        available=stat.f_bavail * stat.f_frsize,
        inodes_total=stat.f_files,
        inodes_available=stat.f_favail,
        read_only=bool(stat.f_flag & os.ST_RDONLY),
        reserved=(stat.f_bfree - stat.f_bavail) * stat.f_frsize,
        mount=_mount_of(path),
    )


def _mount_of(path: str) -> str:
    folder = os.path.realpath(path)
    while not os.path.ismount(folder):
        folder = os.path.dirname(folder)
    return folder
