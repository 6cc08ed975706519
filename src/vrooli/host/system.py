"""Port `System`, from statvfs and psutil."""

import ctypes
import os

import psutil

from vrooli.core.errors import StorageError
from vrooli.core.ports.system import ClockSync, DiskFacts, MemoryFacts

_TIME_ERROR = 5
_MAXERROR = 3
"""Place of `maxerror` (microseconds) in struct timex, counted in longs: modes is padded to one."""


class LocalSystem:
    """This machine."""

    def disk(self, path: str) -> DiskFacts:
        """The file system that holds `path`."""
        try:
            stat = os.statvfs(path)
        except OSError as error:
            raise StorageError(f"cannot be examined: {error.strerror}", where=path) from error
        return DiskFacts(
            total=stat.f_blocks * stat.f_frsize,
            available=stat.f_bavail * stat.f_frsize,
            inodes_total=stat.f_files,
            inodes_available=stat.f_favail,
            read_only=bool(stat.f_flag & os.ST_RDONLY),
        )

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
