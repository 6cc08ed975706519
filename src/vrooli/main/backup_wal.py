"""Going back to a moment: which restore points and which WAL there are, and putting that WAL where
a server asks for it.
"""

import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vrooli.backup.point import Part, Point
from vrooli.backup.store import Store
from vrooli.core.errors import StorageError, VrooliError
from vrooli.core.home import Home
from vrooli.stack.durable import sync_folder
from vrooli.stack.postgres.wal.choosing import Base, File, Received, Way, way_to
from vrooli.stack.postgres.wal.moments import Moment
from vrooli.stack.postgres.wal.names import history_of, position
from vrooli.stack.postgres.wal.streams import histories_in, streams_in, wal_folder

_ONLY_FILES = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""It lies in a folder of the server's user: no link of his is followed, no pipe waited at."""

FORM = "postgres-physical"
"""Of what WAL leads on from."""


@dataclass(frozen=True, slots=True)
class BackupWal:
    """Of one resource."""

    home: Home
    store: Store
    service: str

    def way(self, moment: Moment) -> Way:
        """The way to a moment.

        Raises:
            UsageError: there is none, with what can be reached.
        """
        bases = [base for _, point in self._points() if (base := base_of(point, self.service))]
        return way_to(moment, bases, self.received)

    def received(self, system: str) -> Received:
        """All that there is of a system."""
        streams = streams_in(wal_folder(self.home, self.service) / system)
        return Received(streams, histories_in(streams))

    def gather(
        self, point: Point, timeline: int, folder: Path, owner: tuple[int, int] | None
    ) -> int:
        """Have in `folder` what leads on from a point along a timeline; with 0 only what tells
        which timelines there are, since a new one must be called like none of them. Bytes of it.

        Raises:
            StorageError: the disk takes no more.
        """
        base = base_of(point, self.service)
        if base is None:
            return 0
        known = self.received(base.system)
        files = known.files(base, timeline) if timeline else []
        try:
            for number, text in known.histories.items():
                (folder / history_of(number)).write_text(text, encoding="ascii")
            for file in files:
                _put(file, folder / file.name)
            for path in folder.iterdir() if owner else ():
                os.chown(path, *owner, follow_symlinks=False)  # type: ignore[misc]
            sync_folder(folder)
        except OSError as error:
            raise StorageError(
                f"cannot put WAL there: {error.strerror}",
                where=error.filename or str(folder),
                next_step="make room there, or make it writable, then again",
            ) from error
        return sum(file.size for file in files)

    def _points(self) -> list[tuple[str, Point]]:
        """Those that can be read, and whose last proof did not fail."""
        found = []
        for id, point in self.store.points():
            if not isinstance(point, VrooliError) and not self._failed(id):
                found.append((id, point))
        return found

    def _failed(self, id: str) -> bool:
        with suppress(VrooliError):
            proof = self.store.proof(id)
            return proof is not None and proof.outcome == "failed"
        return True


def base_of(point: Point, service: str) -> Base | None:
    """A point as the beginning of WAL; None when it is none."""
    part = point.part_of(service)
    if part is None or part.source != FORM:
        return None
    before, after = _facts(part, "before"), _facts(part, "after")
    try:
        return Base(
            id=point.id,
            taken=point.taken,
            system=str(before["system"]),
            timeline=int(after["timeline"]),  # type: ignore[call-overload]
            start=position(str(before["lsn"])),
            end=position(str(after["lsn"])),
        )
    except (KeyError, ValueError, TypeError):
        return None


def _facts(part: Part, when: str) -> Mapping[str, object]:
    return part.facts.get(when) or {}


def _put(file: File, path: Path) -> None:
    """A link, which costs nothing; a copy of what is still being written: what follows the moment
    of the plan does not belong to it.
    """
    folder = Path(file.stream.folder)
    if not file.partial:
        with suppress(OSError):
            os.link(folder / file.name, path, follow_symlinks=False)
            return
    try:
        descriptor = os.open(folder / file.stored_as, _ONLY_FILES)
    except FileNotFoundError:  # it was finished meanwhile
        descriptor = os.open(folder / file.name, _ONLY_FILES)
    with os.fdopen(descriptor, "rb") as read, path.open("xb") as written:
        shutil.copyfileobj(read, written, 1024 * 1024)
        written.flush()
        os.fsync(written.fileno())
