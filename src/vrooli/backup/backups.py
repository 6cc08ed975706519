"""The restore points of one stack, as commands ask for them."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from vrooli.backup.copying import Spread
from vrooli.backup.copying import Told as Sending
from vrooli.backup.point import Point
from vrooli.backup.proof import Proof
from vrooli.backup.pruning import Pruning
from vrooli.backup.rereading import Reread
from vrooli.backup.store import Store
from vrooli.backup.store_check import Look
from vrooli.stack.backup_ledger import BackupLedger, Drill


class Backups(Protocol):
    """See `main.backup`, which makes it."""

    @property
    def folder(self) -> Path:
        """Where the store is."""
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

    def reread(self, store: str, *, everything: bool, told: Sending) -> dict[str, Reread]:
        """Read the share of stored packs that is due, or all; of every store, or of that one.

        Raises:
            Busy: somebody does already.
            VrooliError: why one could not be read.
        """
        ...

    def check_stores(self, name: str) -> tuple[dict[str, list[Look]], bool]:
        """What was seen of each store, or of that one; whether all is as it should be."""
        ...

    def spread(self, told: Sending) -> Spread:
        """Have each store hold what the others do.

        Raises:
            Busy: somebody does that already.
        """
        ...

    def plan_pruning(self) -> Pruning:
        """What retention has to say about each of them.

        Raises:
            Damaged: one cannot be read.
        """
        ...

    def prune(self) -> Pruning:
        """Have those gone that need not be kept.

        Raises:
            Busy: one is being taken or proven.
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

    def take(self, progress: Callable[[str, int], None], *, anew: bool = False) -> Point:
        """Take one now.

        Raises:
            UsageError: there is nothing to take.
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

    def ledger(self) -> BackupLedger:
        """What this host has seen of backups, without asking the store."""
        ...

    def fetch(
        self, wanted: str, service: str, folder: Path, owner: str, told: Callable[[str], None]
    ) -> None:
        """Unpack what a restore point has of a service."""
        ...
