"""Composition of what brings WAL into the store, and lets go of what nothing needs any more."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from vrooli.backup.backups import Shipped
from vrooli.backup.keys import Keys
from vrooli.backup.store import Store
from vrooli.backup.wal import StoredName, WalShelf
from vrooli.core.errors import NotOurs, VrooliError
from vrooli.core.home import Home
from vrooli.main.backup_place import BackupPlace
from vrooli.main.backup_stores import BackupStores
from vrooli.main.backup_wal import BackupWal, read_received, segment_size
from vrooli.stack.pace import untold
from vrooli.stack.postgres.wal.choosing import Base, is_segment
from vrooli.stack.postgres.wal.names import PARTIAL, segment_of
from vrooli.stack.postgres.wal.streams import Stream, streams_in, wal_folder

WAL_LOCK = "backup-wal.lock"
"""Held by whoever brings WAL to a store, or removes it there: two would seal it differently."""


def ship(place: BackupPlace, told: Callable[[str], None]) -> dict[str, Shipped]:
    """Of every resource whose WAL is received here, to every store that answers.

    Raises:
        Busy: somebody else does.
        VrooliError: what the first store said, when none takes anything.
    """
    with place.alone(WAL_LOCK, "bringing WAL to the store"):
        services = _services(place.home)
        if not services:
            return {}
        keys, failures, paused = place.keys(), dict[str, VrooliError](), dict[str, VrooliError]()
        found = {name: Shipped(0, 0, 0) for name in services}
        stores, spread = BackupStores(place.home, place.environment), place.spread(told)
        for store in stores.settings():
            try:
                shelf = spread.ours(store)
                for name in services:
                    sent = Shipping(place.home, shelf, keys, name).ship()
                    found[name] = max(found[name], sent, key=lambda one: one.size)
            except NotOurs as error:
                paused[store] = error
            except VrooliError as error:
                failures[store] = error
                told(f"{store}: {error.in_a_line}; WAL will go there later")
        if len(failures) + len(paused) == len(stores.settings()):
            raise next(iter((failures or paused).values()))
        if not failures:  # each of them has it
            nearest = place.store()
            for name in services:
                with suppress(VrooliError):  # a point that cannot be read: nothing is removed
                    removed = Shipping(place.home, nearest, keys, name).remove_here()
                    found[name] = replace(found[name], removed=removed)
        return found


def prune_wal(place: BackupPlace) -> int:
    """Remove from the stores the WAL that none of their points needs; how many files went. A store
    that does not answer is left for the next time.
    """
    with place.alone(WAL_LOCK, "bringing WAL to the store"):
        keys, removed = place.keys(), 0
        stores, spread = BackupStores(place.home, place.environment), place.spread(untold)
        for store in stores.settings():
            with suppress(VrooliError):
                shelf = spread.ours(store, prunes=True)
                services = _services(place.home)
                removed += sum(Shipping(place.home, shelf, keys, n).prune() for n in services)
        return removed


def _services(home: Home) -> list[str]:
    try:
        return sorted(os.listdir(home.root / "wal"))
    except OSError:
        return []


@dataclass(frozen=True, slots=True)
class Shipping:
    """Of one resource, to one store."""

    home: Home
    store: Store
    keys: Keys
    service: str

    def ship(self) -> Shipped:
        """Have all that was received there, also of the segment that is being written.

        Raises:
            StorageError, Unreachable: the store takes nothing; what is there already stays.
        """
        shelf, files, size = WalShelf(self.store), 0, 0
        known = list(shelf.names(self.service))
        whole = {name.blob for name in known if not name.turn}
        for system, streams in self._systems():
            for number, stream in enumerate(streams, 1):
                for name in sorted(stream.files):
                    size_of = self._whole(shelf, whole, system, stream, name)
                    files, size = files + bool(size_of), size + size_of
                if number == len(streams) and stream.partial:
                    size += self._partial(shelf, system, stream)
        self._forget_partial(shelf)
        return Shipped(files, size, 0)

    def prune(self) -> int:
        """Remove from the store what none of its points needs; how many files went."""
        shelf = WalShelf(self.store)
        known = list(shelf.names(self.service))
        size = segment_size(shelf, known)
        return shelf.remove(obsolete(known, self.bases(), size)) if size else 0

    def _systems(self) -> Iterable[tuple[str, list[Stream]]]:
        folder = wal_folder(self.home, self.service)
        try:
            systems = sorted(name for name in os.listdir(folder) if name.isdigit())
        except OSError:
            return
        for system in systems:
            yield system, streams_in(folder / system)

    def _whole(
        self, shelf: WalShelf, whole: set[str], system: str, stream: Stream, name: str
    ) -> int:
        stored = StoredName(self.service, system, stream.name, name)
        if stored.blob in whole:
            return 0
        path = Path(stream.folder) / name
        content = read_received(path)
        # What is behind it is told by those that follow.
        last = not stream.partial and name == max(filter(is_segment, stream.files), default=name)
        seen = stream.seen if last else path.lstat().st_mtime
        shelf.keep(stored, content, (stream.begun, seen, stream.gap), self.keys.seal)
        return len(content)

    def _partial(self, shelf: WalShelf, system: str, stream: Stream) -> int:
        with suppress(FileNotFoundError):  # it was finished meanwhile: the next time
            seen = (Path(stream.folder) / "stream.json").lstat().st_mtime
            content = read_received(Path(stream.folder) / f"{stream.partial}{PARTIAL}")
            content = content.ljust(stream.size, b"\0")  # as a server takes it
            turn = int(1000 * time.time())
            stored = StoredName(self.service, system, stream.name, stream.partial, turn)
            shelf.keep(stored, content, (stream.begun, seen, stream.gap), self.keys.seal)
            return len(content)
        return 0

    def _forget_partial(self, shelf: WalShelf) -> None:
        """Those that are whole now, or of which there is a newer state."""
        known = list(shelf.names(self.service))
        newest: dict[tuple[str, str, str], int] = {}
        whole = {(one.system, one.stream, one.name) for one in known if not one.turn}
        for one in known:
            key = (one.system, one.stream, one.name)
            newest[key] = max(newest.get(key, 0), one.turn)
        keys = [(one, (one.system, one.stream, one.name)) for one in known if one.turn]
        shelf.remove([one for one, key in keys if key in whole or one.turn < newest[key]])

    def remove_here(self) -> int:
        """What is in the store, and older than the newest point: a restore takes it from there."""
        shelf = WalShelf(self.store)
        bases, removed = self.bases(), 0
        known = list(shelf.names(self.service))
        stored = {(one.system, one.stream, one.name) for one in known}
        size = segment_size(shelf, known)
        for system, streams in self._systems():
            newest = [base for base in bases if base.system == system][-1:]
            for stream in streams:
                there = [n for n in stream.files if (system, stream.name, n) in stored]
                named = [StoredName(self.service, system, stream.name, name) for name in there]
                for one in obsolete(named, newest, size) if size else ():
                    with suppress(OSError):
                        (Path(stream.folder) / one.name).unlink()
                        removed += 1
        return removed

    def bases(self) -> Sequence[Base]:
        """Restore points in the store that WAL leads on from."""
        return BackupWal(self.home, self.store, self.service, lambda: self.keys.opener).all_bases()


def obsolete(known: Sequence[StoredName], bases: Sequence[Base], size: int) -> list[StoredName]:
    """Segments of `size` bytes that no point needs: those before the first one of their system.
    What belongs to a system without a point stays: one may be on the way. Pure.
    """
    first = {base.system: base.start for base in sorted(bases, key=lambda b: b.start, reverse=True)}
    found = []
    for one in known:
        if one.system in first and is_segment(one.name):
            number = segment_of(one.name, size).number
            if (number + 1) * size <= first[one.system]:
                found.append(one)
    return found
