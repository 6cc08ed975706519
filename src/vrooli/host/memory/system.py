"""Port `System`, made up: for tests of checks and gates."""

from dataclasses import dataclass, field

from vrooli.core.errors import DeadlineExceeded, StorageError
from vrooli.core.ports.system import ClockSync, DiskFacts, MemoryFacts

GIB = 2**30


@dataclass
class MemorySystem:
    """A machine of one's own making: healthy until its fields say otherwise."""

    disks: dict[str, DiskFacts] = field(default_factory=dict)
    hung: set[str] = field(default_factory=set)
    memory_facts: MemoryFacts = field(default_factory=lambda: MemoryFacts(8 * GIB, 6 * GIB, 0))
    sync: ClockSync = field(default_factory=lambda: ClockSync(True, 0.001))
    loads: tuple[float, float, float] = (0.1, 0.1, 0.1)
    ordinary: DiskFacts = field(
        default_factory=lambda: DiskFacts(100 * GIB, 60 * GIB, 10**6, 9 * 10**5, read_only=False)
    )

    def disk(self, path: str) -> DiskFacts:
        """The disk set for `path`, else an ordinary one; an empty path has none, and one in `hung`
        does not answer.
        """
        if path in self.hung:
            raise DeadlineExceeded("no answer for 2 s", where=path)
        if not path:
            raise StorageError(
                "cannot be examined: no such folder", where=path, next_step="name a folder"
            )
        return self.disks.get(path, self.ordinary)

    def memory(self) -> MemoryFacts:
        """As set."""
        return self.memory_facts

    def clock_sync(self) -> ClockSync:
        """As set."""
        return self.sync

    def load(self) -> tuple[float, float, float]:
        """As set."""
        return self.loads
