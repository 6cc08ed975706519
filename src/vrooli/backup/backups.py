"""The restore points of one stack, as commands ask for them."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from vrooli.backup.point import Point
from vrooli.backup.proof import Proof
from vrooli.backup.pruning import Pruning
from vrooli.backup.store import Store
from vrooli.stack.backup_ledger import BackupLedger, Drill


class Backups(Protocol):
    """See `main.backup`, which makes it."""

    @property
    def folder(self) -> Path:
        """Where the store is."""
        ...

    def store(self) -> Store:
        """Where they are."""
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
