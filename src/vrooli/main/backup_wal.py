"""Going back to a moment: which restore points and which WAL there are, and putting that WAL where
a server asks for it.
"""

import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from vrooli.backup.packs import damaged
from vrooli.backup.point import Part, Point
from vrooli.backup.sealing import Opener
from vrooli.backup.store import Store
from vrooli.backup.wal import StoredName, WalShelf
from vrooli.core.errors import Damaged, NotStored, StorageError, UsageError, VrooliError
from vrooli.core.home import Home
from vrooli.stack.durable import sync_folder
from vrooli.stack.pace import Pace, untold
from vrooli.stack.postgres.wal.choosing import (
    Base,
    File,
    Received,
    Way,
    is_history,
    is_segment,
    way_to,
)
from vrooli.stack.postgres.wal.ending import Early, has_its_pages
from vrooli.stack.postgres.wal.moments import Moment
from vrooli.stack.postgres.wal.names import history_of, position
from vrooli.stack.postgres.wal.streams import Stream, histories_in, streams_in, wal_folder
from vrooli.stack.room import Room

Told = Callable[[str], None]

_ONLY_FILES = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""It lies in a folder of the server's user: no link of his is followed, no pipe waited at."""

_PAGE = 8192

_AT_ONCE = 4
"""Segments that are looked at, each in memory."""

FORM = "postgres-physical"
"""Of what WAL leads on from."""


@dataclass(frozen=True)
class BackupWal:
    """Of one resource, for one command: what a store has is listed once.

    Attributes:
        opener: what opens the WAL in the store; it is only asked where that is needed.
    """

    home: Home
    store: Store
    service: str
    opener: Callable[[], Opener]
    _looked: dict[Path, bool] = field(default_factory=dict, init=False)

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

    def way(self, moment: Moment, *, reads: bool = False) -> Way:
        """The way to a moment. What lies here is read: what is damaged comes from a store, and
        counts as missing where none has it.

        Args:
            moment: where to.
            reads: whether what lies in stores alone is read as well; else whoever follows it meets
                damage there.

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
        whole, damaged = set[tuple[str, str]](), set[tuple[str, str]]()
        while True:
            way = way_to(moment, bases, lambda system: self.received(system, damaged))
            found = len(damaged)
            self._look_at(way.base.system, way.files)
            for file in way.files:
                key = (file.stream.name, file.name)
                if key not in whole and not self._is_whole(way.base, file, reads=reads):
                    damaged.add(key)
                    break
                whole.add(key)
            if len(damaged) == found:
                mended = [one.name for one in way.files if self._is_harmed(way.base.system, one)]
                return replace(way, mended=mended, brought=self._brought(way))

    def _brought(self, way: Way) -> int:
        """See `Way`: what lies here is linked, where it lies on the disk of the data."""
        links = False
        with suppress(OSError):
            wal, data = ((self.home.root / name).stat() for name in ("wal", "data"))
            links = wal.st_dev == data.st_dev
        linked = (
            file.size
            for file in way.files
            if links and not file.partial and self._is_good(way.base.system, file)
        )
        return way.size - sum(linked)

    def _look_at(self, system: str, files: Sequence[File], told: Told = untold) -> None:
        """Several at once: of each a store is asked what it should be. Whoever breaks it off waits
        for those that were begun alone.
        """
        pace, done = Pace(sum(file.size for file in files), told, "WAL looked at: "), 0
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="wal") as pool:
            looks = [pool.submit(self._is_good, system, file) for file in files]
            try:
                for file, look in zip(files, looks, strict=True):
                    look.result()
                    done += file.size
                    pace(done)
            except BaseException:  # also Ctrl-C
                pool.shutdown(wait=False, cancel_futures=True)
                raise

    def _is_whole(self, base: Base, file: File, *, reads: bool) -> bool:
        if self._is_good(base.system, file):
            return True
        # What was found damaged here is read there as well: the plan says that it is whole.
        reads = reads or _is_here(file)
        for name in self._copies_of(base.system, file):
            with suppress(Damaged, NotStored):
                if reads:
                    self._shelf.require_whole(name)
                return True
        return False

    def _is_harmed(self, system: str, file: File) -> bool:
        return _is_here(file) and not self._is_good(system, file)

    def _is_good(self, system: str, file: File) -> bool:
        """Whether it lies here, and as it was received as far as can be told; what is still being
        written is not looked at.
        """
        if not _is_here(file) or file.partial:
            return _is_here(file)
        path = Path(file.stream.folder) / file.name
        if path not in self._looked:
            self._looked[path] = self._is_as_received(system, file, path)
        return self._looked[path]

    def _is_as_received(self, system: str, file: File, path: Path) -> bool:
        try:
            content = read_received(path)
        except OSError:  # the disk cannot read it any more
            return False
        told = (self._shelf.tells(one, content) for one in self._copies_of(system, file))
        known = next((one for one in told if one is not None), None)
        return has_its_pages(content, file.name) if known is None else known

    def received(self, system: str, but: Collection[tuple[str, str]] = ()) -> Received:
        """All that there is of a system, here and in the store.

        Args:
            system: which one.
            but: streams and files of them that are damaged.
        """
        here = streams_in(wal_folder(self.home, self.service) / system)
        known = [one for one in self._names if one.system == system]
        there = [_stored(self._shelf, group) for group in _by_stream(known).values()]
        histories = {int(one.name[:8], 16): one for one in known if is_history(one.name)}
        missing = histories.keys() - (local := histories_in(here)).keys()
        fetched = {}
        for number in missing:
            with suppress(Damaged):  # who needs it will say so
                content = self._shelf.content(histories[number], self.opener())
                fetched[number] = content.decode("ascii", "replace")
        streams = [without(one, but) for one in merged(here, [one for one in there if one])]
        return Received(streams, {**local, **fetched}, lambda file: self._seen(system, file))

    def _seen(self, system: str, file: File) -> float:
        """When it was written last; of one in a store what its index says."""
        if self._is_good(system, file):
            with suppress(FileNotFoundError):
                return (Path(file.stream.folder) / file.stored_as).lstat().st_mtime
        for name in self._copies_of(system, file):
            with suppress(Damaged, NotStored):
                return self._shelf.index(name).seen
        return file.stream.begun

    @property
    def _shelf(self) -> WalShelf:
        return WalShelf(self.store)

    @cached_property
    def _names(self) -> list[StoredName]:
        return list(self._shelf.names(self.service))

    def _copies_of(self, system: str, file: File) -> list[StoredName]:
        """In the store: it, or each state of it, the newest first."""
        wanted = (system, file.stream.name, file.name, file.partial)
        there = [n for n in self._names if (n.system, n.stream, n.name, n.turn > 0) == wanted]
        return sorted(there, key=lambda one: -one.turn)

    def gather(
        self,
        point: Point,
        timeline: int,
        folder: Path,
        owner: tuple[int, int] | None,
        told: Told = untold,
    ) -> int:
        """Have in `folder` what leads on from a point along a timeline; with 0 only what tells
        which timelines there are, since a new one must be called like none of them. Bytes of it.
        What is damaged or missing in every place ends it, and is told there. `told` hears how far
        it is between two files, and breaks it off by raising.

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
            self._look_at(base.system, files, told)
            whole = self._put_all(base.system, files, folder, told)
            if files and whole and known.beyond(files, timeline):
                why = f"{known.missing(files, timeline)} is missing"
                Early(why, planned=True).write(folder)
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

    def _put_all(self, system: str, files: Sequence[File], folder: Path, told: Told) -> bool:
        """Whether all of them are there."""
        pace, done = Pace(sum(file.size for file in files), told, "WAL: "), 0
        room = Room(folder)
        for file in files:
            room.watch()
            try:
                self._put(system, file, folder / file.name)
            except Damaged as error:
                # What is damaged here was seen when the way was chosen.
                harmed = self._is_harmed(system, file)
                Early(f"{file.name} is damaged: {error.what}", planned=harmed).write(folder)
                return False
            done += file.size
            pace(done)
        return True

    def _put(self, system: str, file: File, path: Path) -> None:
        """From here, else from the store."""
        if self._is_good(system, file) and _linked(file, path):
            return
        failure = damaged(file.name, "no store has it whole") if _is_here(file) else None
        for name in self._copies_of(system, file):
            try:
                content = self._shelf.content(name, self.opener())
            except Damaged as error:
                failure = failure or error
                continue
            _write(path, content, file)
            return
        raise failure or damaged(f"{self.store.where}: {file.name}", "it is not there any more")

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
        # What lies here cut is whole there.
        files = {**one.files, **stored.files} if stored else one.files
        found[one.name] = replace(one, files=files)
    return sorted(found.values(), key=lambda one: one.begun)


def _by_stream(known: Sequence[StoredName]) -> dict[str, list[StoredName]]:
    found: dict[str, list[StoredName]] = {}
    for one in known:
        found.setdefault(one.stream, []).append(one)
    return found


def _stored(shelf: WalShelf, names: Sequence[StoredName]) -> Stream | None:
    """What the newest index of it says: reading each would take a request for each. None where none
    can be read.
    """
    segments = [one for one in names if not is_history(one.name)] or list(names)
    for newest in sorted(segments, key=lambda one: (one.name, one.turn == 0, one.turn))[::-1]:
        with suppress(Damaged, NotStored):
            index = shelf.index(newest)
            partial = newest.name if newest.turn else ""
            whole = [one.name for one in names if not one.turn]
            plain = segment_size(shelf, segments) if partial else index.plain
            return Stream(
                name=newest.stream,
                begun=index.begun,
                seen=index.seen,
                gap=index.gap,
                files={name: plain if is_segment(name) else 0 for name in whole},
                partial=partial,
                partial_size=index.plain if partial else 0,
            )
    return None


def segment_size(shelf: WalShelf, known: Sequence[StoredName]) -> int:
    """Bytes of a segment, by one that is whole; 0 while there is none."""
    for one in known:
        if is_segment(one.name) and not one.turn:
            with suppress(Damaged, NotStored):  # the next one tells as well
                return shelf.index(one).plain
    return 0


def without(stream: Stream, damaged: Collection[tuple[str, str]]) -> Stream:
    """It, but for those files. Pure."""
    files = {n: size for n, size in stream.files.items() if (stream.name, n) not in damaged}
    end = max((*filter(is_segment, stream.files), stream.partial))
    torn = (stream.name, end) in damaged
    if (stream.name, stream.partial) not in damaged:
        return replace(stream, files=files, torn=torn)
    return replace(stream, files=files, partial="", partial_size=0, torn=torn)


def _is_here(file: File) -> bool:
    """Whether it lies here as large as it is; what is still being written may be called otherwise
    in a moment.
    """
    if not file.stream.folder or file.partial:
        return bool(file.stream.folder)
    with suppress(FileNotFoundError):
        return (Path(file.stream.folder) / file.name).lstat().st_size == file.size
    return False


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
    with os.fdopen(descriptor, "rb") as read:
        _write(path, read_growing(read), file)


def _write(path: Path, content: bytes, file: File) -> None:
    """In its full length: a server takes no other one, and zeros are the end of what was written
    where the disk of whoever received it was full.
    """
    with path.open("xb") as written:
        written.write(content.ljust(file.size, b"\0"))
        written.flush()
        os.fsync(written.fileno())


def read_received(path: Path) -> bytes:
    """All of a file that was received: it lies in a folder of the server's user."""
    with os.fdopen(os.open(path, _ONLY_FILES), "rb") as file:
        return read_growing(file)


def read_growing(file: BinaryIO) -> bytes:
    """All of a file that grows into room which is 0: from its end, page by page, so that what is
    written meanwhile leaves no zeros in front of it, which would look like the end, or like damage.
    """
    size = os.fstat(file.fileno()).st_size
    pages = [os.pread(file.fileno(), _PAGE, at) for at in range(0, size, _PAGE)[::-1]]
    return b"".join(reversed(pages))
