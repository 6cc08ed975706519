"""Going back to a moment: which restore points and which WAL there are, and putting that WAL where
a server asks for it.
"""

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from vrooli.backup.packs import damaged
from vrooli.backup.point import Part, Point
from vrooli.backup.sealing import Opener
from vrooli.backup.store import Store
from vrooli.backup.wal import StoredName, WalShelf
from vrooli.core.errors import StorageError, UsageError, VrooliError
from vrooli.core.home import Home
from vrooli.stack.durable import sync_folder
from vrooli.stack.postgres.wal.choosing import (
    Base,
    File,
    Received,
    Way,
    is_history,
    is_segment,
    way_to,
)
from vrooli.stack.postgres.wal.moments import Moment
from vrooli.stack.postgres.wal.names import history_of, position
from vrooli.stack.postgres.wal.streams import Stream, histories_in, streams_in, wal_folder

_ONLY_FILES = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""It lies in a folder of the server's user: no link of his is followed, no pipe waited at."""

FORM = "postgres-physical"
"""Of what WAL leads on from."""


@dataclass(frozen=True, slots=True)
class BackupWal:
    """Of one resource.

    Attributes:
        opener: what opens the WAL in the store; it is only asked where that is needed.
    """

    home: Home
    store: Store
    service: str
    opener: Callable[[], Opener]

    def bases(self) -> list[Base]:
        """Restore points that WAL leads on from, the oldest first."""
        return [base for point in self._points() if (base := base_of(point, self.service))]

    def all_bases(self) -> list[Base]:
        """The same, whatever became of their proofs: a point that is kept keeps its WAL.

        Raises:
            VrooliError: one of them cannot be read; nobody knows what it needs.
        """
        found = []
        for _, point in self.store.points():
            if isinstance(point, VrooliError):
                raise point
            if (base := base_of(point, self.service)) is not None:
                found.append(base)
        return found

    def way(self, moment: Moment) -> Way:
        """The way to a moment.

        Raises:
            UsageError: there is none, with what can be reached.
        """
        bases = self.bases()
        if not bases:
            raise UsageError(
                f"there is no restore point of {self.service} whose proof did not fail",
                where=self.store.where,
                next_step="`vrooli backup run` takes one",
            )
        return way_to(moment, bases, self.received)

    def received(self, system: str) -> Received:
        """All that there is of a system, here and in the store."""
        here = streams_in(wal_folder(self.home, self.service) / system)
        shelf = WalShelf(self.store)
        known = [one for one in shelf.names(self.service) if one.system == system]
        there = [_stored(shelf, group) for group in _by_stream(known).values()]
        histories = {int(one.name[:8], 16): one for one in known if is_history(one.name)}
        missing = histories.keys() - (local := histories_in(here)).keys()
        fetched = {number: self._text(shelf, histories[number]) for number in missing}
        return Received(merged(here, there), {**local, **fetched})

    def _text(self, shelf: WalShelf, name: StoredName) -> str:
        return shelf.content(name, self.opener()).decode("ascii", "replace")

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
                self._put(base.system, file, folder / file.name)
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

    def _put(self, system: str, file: File, path: Path) -> None:
        """From here, else from the store."""
        if file.stream.folder and _linked(file, path):
            return
        shelf = WalShelf(self.store)
        there = [
            one
            for one in shelf.names(self.service)
            if (one.system, one.stream, one.name) == (system, file.stream.name, file.name)
        ]
        if not there:
            raise damaged(f"{self.store.where}: {file.name}", "this WAL is not there any more")
        # Whole, else the newest state of it.
        chosen = min(there, key=lambda one: (one.turn > 0, -one.turn))
        with path.open("xb") as written:
            written.write(shelf.content(chosen, self.opener()))
            written.flush()
            os.fsync(written.fileno())

    def _points(self) -> list[Point]:
        """Those that can be read, and whose last proof did not fail."""
        return [
            point
            for id, point in self.store.points()
            if not isinstance(point, VrooliError) and not self._failed(id)
        ]

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


def merged(here: Sequence[Stream], there: Sequence[Stream]) -> list[Stream]:
    """Streams of one system, in the order in which they began. Pure."""
    found = {one.name: one for one in there}
    for one in here:
        stored = found.get(one.name)
        files = {**stored.files, **one.files} if stored else one.files
        found[one.name] = replace(one, files=files)
    return sorted(found.values(), key=lambda one: one.begun)


def _by_stream(known: Sequence[StoredName]) -> dict[str, list[StoredName]]:
    found: dict[str, list[StoredName]] = {}
    for one in known:
        found.setdefault(one.stream, []).append(one)
    return found


def _stored(shelf: WalShelf, names: Sequence[StoredName]) -> Stream:
    """What the newest index of it says: reading each would take a request for each."""
    segments = [one for one in names if not is_history(one.name)] or list(names)
    newest = max(segments, key=lambda one: (one.name, one.turn == 0, one.turn))
    index = shelf.index(newest)
    partial = newest.name if newest.turn else ""
    whole = [one.name for one in names if not one.turn]
    return Stream(
        name=newest.stream,
        begun=index.begun,
        seen=index.seen,
        gap=index.gap,
        files={name: index.plain if is_segment(name) else 0 for name in whole},
        partial=partial,
        partial_size=index.plain if partial else 0,
    )


def _linked(file: File, path: Path) -> bool:
    """A link, which costs nothing; a copy of what is still being written: what follows the moment
    of the plan does not belong to it. False where it lies in the store alone.
    """
    try:
        _link(file, path)
    except FileNotFoundError:
        return False
    return True


def _link(file: File, path: Path) -> None:
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
