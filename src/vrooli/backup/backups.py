"""The restore points of one stack, as commands ask for them."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from vrooli.backup.point import Point
from vrooli.backup.proof import Proof
from vrooli.backup.store import Store
from vrooli.stack.backup_ledger import BackupLedger, Drill
from vrooli.stack.postgres.rescue.differing import Rescued


class Backups(Protocol):
    """See `main.backup`, which makes it."""

    @property
    def folder(self) -> Path:
        """Where the store is."""
        ...

    def store(self) -> Store:
        """Where they are."""
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

    def rescue(self, wanted: str, service: str, table: str, told: Callable[[str], None]) -> Rescued:
        """Put one table of a restore point into a schema beside the one that serves."""
        ...
