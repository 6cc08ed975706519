"""The restore points of one stack, as commands ask for them."""

from collections.abc import Callable
from datetime import tzinfo
from pathlib import Path
from typing import Protocol

from vrooli.backup.point import Point
from vrooli.backup.proof import Proof
from vrooli.backup.pruning import Pruning
from vrooli.backup.store import Store
from vrooli.stack.backup_ledger import BackupLedger


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

    def prune(self, *, wait: bool = False) -> Pruning:
        """Have those gone that need not be kept; `wait` for whoever takes or proves one.

        Raises:
            Busy: somebody does.
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

    def ledger(self) -> BackupLedger:
        """What this host saw of them itself."""
        ...

    def zone(self, name: str) -> tzinfo:
        """The time zone of schedules; the empty name is local time."""
        ...

    def stand_back(self) -> None:
        """For others who want the disk, from now on."""
        ...

    def take(
        self, progress: Callable[[str, int], None], *, anew: bool = False, wait: bool = False
    ) -> Point:
        """Take one now; `wait` for another that is being taken.

        Raises:
            UsageError: there is nothing to take.
            Busy: another one is being taken.
            VrooliError: it could not be taken; nothing counts as a restore point then.
        """
        ...

    def prove(self, wanted: str, told: Callable[[str], None], *, wait: bool = False) -> Proof:
        """Restore one beside what serves, and look at it."""
        ...

    def fetch(
        self, wanted: str, service: str, folder: Path, owner: str, told: Callable[[str], None]
    ) -> None:
        """Unpack what a restore point has of a service."""
        ...
