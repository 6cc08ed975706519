"""The restore points of one stack, as commands ask for them."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from vrooli.backup.point import Point
from vrooli.backup.proof import Proof
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

    def take(
        self,
        progress: Callable[[str, int], None],
        *,
        anew: bool = False,
        incremental: bool = False,
        deep: bool = False,
        form: str = "",
    ) -> Point:
        """Take one now.

        Args:
            progress: gets a service, and how many bytes of it are done.
            anew: whether another cluster than that of the last point is meant.
            incremental: whether what changed since the last one is enough, where it can be had.
            deep: whether all of a source is read again, and compared.
            form: of what is taken, where a source has several, like `postgres-logical`.

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
