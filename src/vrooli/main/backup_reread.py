"""Composition of `vrooli backup reread`: which stores, what was read before, and where it is
written down.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from vrooli.backup.keys import Keys
from vrooli.backup.rereading import Reread, Seen, reread, seen_read, seen_written
from vrooli.backup.wal import StoredName, WalShelf
from vrooli.core.errors import Busy, Damaged, VrooliError
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_restic import Repositories
from vrooli.main.backup_spread import BackupSpread
from vrooli.main.backup_wal import read_received
from vrooli.stack.durable import write_durably
from vrooli.stack.postgres.wal.streams import wal_folder

Told = Callable[[str, int, int], None]
"""Takes the store, and how many bytes of how many were read."""

_NOTE = "backup-reread.json"


@dataclass(frozen=True, slots=True)
class Rereading:
    """Of the stores of one home.

    Attributes:
        alone: keeps others from bringing WAL, which they seal otherwise, to where it is mended.
    """

    spread: BackupSpread
    keys: Keys
    alone: Callable[[], AbstractContextManager[None]]

    def look(
        self, names: tuple[str, ...], days: int | None, told: Told
    ) -> tuple[dict[str, Reread], dict[str, VrooliError]]:
        """Read what is due of each, and write it down; also when another one does not answer.

        Args:
            names: of stores.
            days: within which all are read; None for everything now.
            told: hears how far it is.

        Returns:
            by store, what became of it; and why one could not be read.

        Raises:
            VrooliError: the first such reason, when none could.
        """
        found, failures = dict[str, Reread](), dict[str, VrooliError]()
        for name in names:
            try:
                found[name] = self._one(name, days, told)
            except VrooliError as error:
                failures[name] = error
        if failures and not found:
            raise next(iter(failures.values()))
        return found, failures

    def _one(self, name: str, days: int | None, told: Told) -> Reread:
        if self.spread.stores.one(name).is_restic:
            return Repositories(self.spread.stores, self.keys).check(name, days)
        seen = self._seen()
        found, seen[name] = reread(
            self.spread.reading(name),
            self.keys,
            seen.get(name, Seen()),
            time.time(),
            days,
            lambda done, whole: told(name, done, whole),
        )
        for proof in found.failed:
            BackupBook(self.spread.stores.home).proved(proof)
        if found.wal:
            with suppress(Busy), self.alone():  # else the next one mends it
                found = Mending(self.spread, self.keys, name).mend(found)
        self._mark(name, found)
        write_durably(self._path, seen_written(seen, self.keys.mac).decode())
        return found

    def _mark(self, store: str, one: Reread) -> None:
        """What was damaged before stays so until it is read whole, or is gone."""
        book = BackupBook(self.spread.stores.home)
        before = book.read().torn.get(store, ())
        there = {name.blob for name in WalShelf(self.spread.reading(store)).names()}
        left = {blob for blob in before if blob in there and blob not in one.read}
        now = left | {name.blob for name in one.wal if name.blob not in one.mended}
        if now != set(before):
            book.change(lambda ledger: ledger.with_torn(store, tuple(sorted(now))))

    @property
    def _path(self) -> Path:
        return self.spread.stores.home.root / _NOTE

    def _seen(self) -> dict[str, Seen]:
        """Nothing where it cannot be read: then all is read anew, which harms nobody."""
        try:
            return seen_read(self._path.read_bytes(), self.keys.mac, str(self._path))
        except (FileNotFoundError, Damaged):
            return {}


@dataclass(frozen=True, slots=True)
class Mending:
    """Of the WAL in one store: what is damaged there is replaced by what is whole elsewhere."""

    spread: BackupSpread
    keys: Keys
    store: str

    def mend(self, one: Reread) -> Reread:
        """Do it; with what was mended."""
        mended = {}
        for name in one.wal:
            try:
                if where := self._mended(name):
                    mended[name.blob] = where
            except VrooliError as error:  # it stays as it is, and is told as damaged
                self.spread.told(f"{self.store}: {name.blob} is not mended: {error.what}")
        return replace(one, mended=mended)

    def _mended(self, name: StoredName) -> str:
        """From where; empty where it is whole nowhere, or cannot be removed."""
        other = self._whole_elsewhere(name)
        content = None if other else self._received(name)
        if other is None and content is None:
            return ""
        target = WalShelf(self.spread.ours(self.store, prunes=True))
        about = _about(target, name)
        if not target.remove([name]):
            self.spread.told(f"{self.store}: {name.blob} cannot be removed, to be put there anew")
            return ""
        if other is not None:
            other.copy(name, target)
            return other.store.where
        assert content is not None
        target.keep(name, content, about, self.keys.seal)
        return "what was received here"

    def _whole_elsewhere(self, name: StoredName) -> WalShelf | None:
        for other in self.spread.stores.settings():
            with suppress(VrooliError):
                shelf = WalShelf(self.spread.reading(other))
                if other != self.store and shelf.require_whole(name, self.keys.opener):
                    return shelf
        return None

    def _received(self, name: StoredName) -> bytes | None:
        folder = wal_folder(self.spread.stores.home, name.service) / name.system / name.stream
        with suppress(OSError):
            return None if name.turn else read_received(folder / name.name)
        return None


def _about(shelf: WalShelf, name: StoredName) -> tuple[float, float, str]:
    """Of its stream, by whatever index of it can be read."""
    its = [n for n in shelf.names(name.service) if n.stream == name.stream]
    for one in [name, *its]:
        with suppress(VrooliError):
            index = shelf.index(one)
            return index.begun, index.seen, index.gap
    raise Damaged(
        "no index of its stream can be read",
        where=name.blob,
        next_step="`vrooli backup run` takes a point that leads on from now",
    )
