"""The restore points of one stack, as commands ask for them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vrooli.backup.point import Point
from vrooli.backup.proof import Proof
from vrooli.backup.store import Store
from vrooli.stack.postgres.wal.choosing import Way
from vrooli.stack.postgres.wal.moments import Moment


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
    """

    point: str
    service: str
    folder: Path
    owner: str = ""
    wal: Path | None = None
    timeline: int = 0


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

    def fetch(self, wanted: Fetched, told: Callable[[str], None]) -> None:
        """Unpack what a restore point has of a service."""
        ...

    def way(self, service: str, moment: Moment) -> Way:
        """How a PostgreSQL gets to a moment.

        Raises:
            UsageError: it cannot, with what can be reached.
        """
        ...
