"""The restore points of one stack, as commands ask for them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vrooli.backup.copying import Spread
from vrooli.backup.copying import Told as Sending
from vrooli.backup.files_plan import FilesPlan
from vrooli.backup.owning import Owner
from vrooli.backup.point import Part, Point
from vrooli.backup.proof import Proof
from vrooli.backup.pruning import Pruning
from vrooli.backup.rereading import Reread
from vrooli.backup.store import Store
from vrooli.backup.store_check import Look
from vrooli.core.errors import VrooliError
from vrooli.stack.backing import Reading
from vrooli.stack.backup_ledger import BackupLedger, Drill
from vrooli.stack.files_restored import Restored
from vrooli.stack.kept_data import Kept
from vrooli.stack.postgres.rescue.differing import Rescued
from vrooli.stack.postgres.wal.choosing import Way
from vrooli.stack.postgres.wal.moments import Moment
from vrooli.stack.upgrading import Wish


@dataclass(frozen=True, slots=True)
class Fetched:
    """What is unpacked.

    Attributes:
        point: id of the restore point, or how it begins; or `latest`.
        service: whose data.
        folder: where it goes, empty.
        owner: whose the files shall be; empty for ours.
        wal: folder for what its server needs besides to recover; None for nothing.
        timeline: along which it will; 0 to the end of the point alone.
        facts: file for what is known of the part; None for nowhere.
    """

    point: str
    service: str
    folder: Path
    owner: str = ""
    wal: Path | None = None
    timeline: int = 0
    facts: Path | None = None


@dataclass(frozen=True, slots=True)
class Shipped:
    """What became of the WAL of a resource.

    Attributes:
        files: how many whole ones are new in the store.
        size: bytes that went there.
        removed: how many went here, which nothing needs any more.
    """

    files: int
    size: int
    removed: int


@dataclass(frozen=True, slots=True)
class Taking:
    """How a restore point is taken.

    Attributes:
        anew: whether another cluster than that of the last point is meant.
        incremental: whether what changed since the last one is enough, where it can be had.
        reading: how much of a source is read again, to be compared; None for as much as the
            machine has time for.
        form: of what is taken, where a source has several, like `postgres-logical`.
        only: parts, by their names or by what kind they are; empty for all there is.
    """

    anew: bool = False
    incremental: bool = False
    reading: Reading | None = None
    form: str = ""
    only: tuple[str, ...] = ()


class Backups(Protocol):
    """See `main.backup`, which makes it."""

    @property
    def addresses(self) -> Mapping[str, str]:
        """Of the stores that are looked into, by name, for people."""
        ...

    def only(self, store: str, told: Callable[[str], None]) -> "Backups":
        """The same, looking into that store alone; into all of them, as one, when it is empty.
        `told` hears of those that do not answer.

        Raises:
            UnknownName: there is no such store.
        """
        ...

    def stores(self) -> tuple[str, ...]:
        """The names of all stores, the nearest first."""
        ...

    def store(self) -> Store:
        """Where they are."""
        ...

    def reread(
        self, store: str, *, everything: bool, told: Sending
    ) -> tuple[dict[str, Reread], dict[str, VrooliError]]:
        """Read the share of stored packs that is due, or all; of every store, or of that one.

        Returns:
            by store, what became of it; and why one could not be read.

        Raises:
            Busy: somebody does already.
            VrooliError: why the first one could not be read, when none could.
        """
        ...

    def check_stores(self, name: str) -> tuple[dict[str, list[Look]], bool]:
        """What was seen of each store, or of that one; whether all is as it should be."""
        ...

    def adopt(self, store: str) -> Owner | None:
        """Have a store be this home's, which another one wrote to; whose it was, None where nobody
        can tell.

        Raises:
            UnknownName: there is no such store.
            Refused: another key made it: it is another stack's.
        """
        ...

    def spread(self, told: Sending) -> Spread:
        """Have each store hold what the others do.

        Raises:
            Busy: somebody does that already.
        """
        ...

    def resting(self) -> str:
        """Why a job of the watchdog has nothing to do here: every store is another home's. Empty
        when it has, and for a person.
        """
        ...

    def kept(self) -> Sequence[tuple[Kept, int]]:
        """Folders of data that restores and upgrades kept, and bytes of each."""
        ...

    def plan_pruning(self) -> Pruning:
        """What retention has to say about each of them.

        Raises:
            Damaged: one cannot be read.
        """
        ...

    def prune(self) -> Pruning:
        """Have those gone that need not be kept, from every store that answers.

        Raises:
            Busy: one is being taken, proven or copied.
            Damaged: one cannot be read; nothing is removed then.
        """
        ...

    def export_key(self, file: Path | None) -> str:
        """The key that opens them, with words on what it is for; also written to `file`.

        Raises:
            UsageError: the file is there already, or in the home itself.
            StorageError: it cannot be written.
        """
        ...

    def recipient(self) -> str:
        """The public half of it.

        Raises:
            UsageError: there is none yet.
        """
        ...

    def take(self, progress: Sending, how: Taking) -> Point:
        """Take one now.

        Args:
            progress: gets a service, how many bytes of it are done, and of how many there are
                about; 0 where nobody knows.
            how: see there.

        Raises:
            UsageError: there is nothing to take, or nothing of that name.
            Busy: another one is being taken.
            VrooliError: it could not be taken; nothing counts as a restore point then.
        """
        ...

    def prove(self, wanted: str, told: Callable[[str], None]) -> Proof:
        """Restore one beside what serves, and look at it."""
        ...

    def drill(
        self, wanted: str, only: str, told: Callable[[str], None], *, busy: bool = False
    ) -> list[Drill]:
        """Practise a restore; how it went, a row for each service."""
        ...

    def parts(self, wanted: str, only: Sequence[str]) -> list[tuple[Point, Part]]:
        """What is gone back to, in the order in which that is done: the parts of a point; of
        `latest` for each service the newest point whose proof did not fail, of those there are.

        Raises:
            UsageError: there is none, or nothing that `only` names.
        """
        ...

    def differences(self, wanted: str, service: str) -> Iterator[str]:
        """How files differ now from what a restore point has, a line each."""
        ...

    def restore_files(self, wanted: str, service: str, told: Callable[[str], None]) -> None:
        """Have files of a restore point where they were; what is there is moved aside."""
        ...

    def plan_files(self, wanted: str, service: str) -> FilesPlan:
        """What that would find in its way."""
        ...

    def undo_files(self, service: str, told: Callable[[str], None]) -> None:
        """Have files as they were before the last restore of them; or after it, when that was
        undone.

        Raises:
            UsageError: there was none here.
        """
        ...

    def restored_files(self) -> Restored:
        """The last restore of each."""
        ...

    def fetch(self, wanted: Fetched, told: Callable[[str], None]) -> None:
        """Unpack what a restore point has of a service."""
        ...

    def ship(self) -> Mapping[str, Shipped]:
        """Bring the WAL that was received into the store; what was done, by resource.

        Raises:
            Busy: somebody else does.
        """
        ...

    def way(self, service: str, moment: Moment, *, reads: bool = False) -> Way:
        """How a PostgreSQL gets to a moment; `reads`: what lies in stores alone is read for it, so
        that damage is met now.

        Raises:
            UsageError: it cannot, with what can be reached.
        """
        ...

    def ledger(self) -> BackupLedger:
        """What this host has seen of backups, without asking the store."""
        ...

    def begin_beside(self, wanted: str, service: str, told: Callable[[str], None]) -> str:
        """Have what a restore point has of a service serve beside the one in force; the command
        that gets one in.
        """
        ...

    def end_beside(self, service: str) -> bool:
        """End that, and remove it; whether there was anything."""
        ...

    def into(
        self, wanted: str, service: str, folder: Path, told: Callable[[str], None]
    ) -> tuple[str, str]:
        """Unpack what a restore point has of a service, so that a server starts on it; the command
        that does, and the one that gets one in.
        """
        ...

    def rescue(self, wish: Wish, service: str, table: str, told: Callable[[str], None]) -> Rescued:
        """Put one table of a restore point, or of a moment after it, into a schema beside the one
        that serves.
        """
        ...
