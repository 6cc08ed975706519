"""Port: facts about the whole machine. Reading only, never blocking for longer than seconds."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class DiskFacts:
    """A file system. Bytes; `available` is what an unprivileged writer may still take (statvfs
    f_bavail), `reserved` what is free besides that, for root alone. `mount` is where it is mounted;
    empty where that is not known.
    """

    total: int
    available: int
    inodes_total: int
    inodes_available: int
    read_only: bool
    reserved: int = 0
    mount: str = ""

    @property
    def used_percent(self) -> float:
        """Share that is used of what an unprivileged writer may use at all, as `df` says."""
        usable = self.total - self.reserved
        return 100.0 * (1 - self.available / usable) if usable > 0 else 0.0


@dataclass(frozen=True, slots=True)
class MemoryFacts:
    """Memory in bytes; `available` is the kernel's MemAvailable estimate."""

    total: int
    available: int
    swap_total: int


@dataclass(frozen=True, slots=True)
class ClockSync:
    """Whether somebody keeps the kernel's clock in time; seconds by which it may be off."""

    synchronised: bool
    most_error: float


class System(Protocol):
    """Looks at the machine."""

    def disk(self, path: str) -> DiskFacts:
        """The file system that holds `path`; `StorageError` when there is none, `DeadlineExceeded`
        when it hangs. Blocks for seconds then: not for an event loop.
        """
        ...

    def memory(self) -> MemoryFacts:
        """Memory now."""
        ...

    def clock_sync(self) -> ClockSync:
        """Who keeps the clock, as the kernel knows."""
        ...

    def load(self) -> tuple[float, float, float]:
        """Load averages of 1, 5 and 15 minutes."""
        ...
