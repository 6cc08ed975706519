"""The restore points of one stack, as commands ask for them."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from vrooli.backup.point import Part, Point
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
        only: Sequence[str] = (),
    ) -> Point:
        """Take one now, of all there is, or of what `only` names.

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

    def ledger(self) -> BackupLedger:
        """What this host has seen of backups, without asking the store."""
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

    def fetch(
        self, wanted: str, service: str, folder: Path, owner: str, told: Callable[[str], None]
    ) -> None:
        """Unpack what a restore point has of a service."""
        ...
