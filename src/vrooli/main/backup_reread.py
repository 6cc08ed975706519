"""Composition of `vrooli backup reread`: which stores, what was read before, and where it is
written down.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from vrooli.backup.keys import Keys
from vrooli.backup.rereading import Reread, Seen, reread, seen_read, seen_written
from vrooli.backup.store import Store
from vrooli.core.errors import Damaged, VrooliError
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_restic import Repositories
from vrooli.main.backup_stores import BackupStores
from vrooli.stack.durable import write_durably

Told = Callable[[str, int, int], None]
"""Takes the store, and how many bytes of how many were read."""

_NOTE = "backup-reread.json"


@dataclass(frozen=True, slots=True)
class Rereading:
    """Of the stores of one home."""

    stores: BackupStores
    keys: Keys

    def look(self, names: tuple[str, ...], days: int | None, told: Told) -> dict[str, Reread]:
        """Read what is due of each, and write it down; also when another one does not answer.

        Args:
            names: of stores.
            days: within which all are read; None for everything now.
            told: hears how far it is.

        Raises:
            VrooliError: the first reason why a store could not be read.
        """
        seen, found, failure = self._seen(), dict[str, Reread](), None
        for name in names:
            try:
                if self.stores.one(name).is_restic:
                    found[name] = Repositories(self.stores, self.keys).check(name, days)
                    continue
                store = Store(self.stores.blobs(name), self.keys.mac)
                found[name], seen[name] = reread(
                    store,
                    self.keys,
                    seen.get(name, Seen()),
                    time.time(),
                    days,
                    lambda done, whole, name=name: told(name, done, whole),  # type: ignore[misc]
                )
            except VrooliError as error:
                failure = failure or error
                continue
            for proof in found[name].failed:
                BackupBook(self.stores.home).proved(proof)
            text = seen_written(seen, self.keys.mac).decode()
            write_durably(self._path, text)
        if failure is not None:
            raise failure
        return found

    @property
    def _path(self) -> Path:
        return self.stores.home.root / _NOTE

    def _seen(self) -> dict[str, Seen]:
        """Nothing where it cannot be read: then all is read anew, which harms nobody."""
        try:
            return seen_read(self._path.read_bytes(), self.keys.mac, str(self._path))
        except (FileNotFoundError, Damaged):
            return {}
