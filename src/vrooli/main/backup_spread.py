"""Composition of several stores: from which a command reads, to which it writes, and how each comes
to hold what the others do.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from vrooli.backup.copies import Copies
from vrooli.backup.copying import Spread, require_ours, spread
from vrooli.backup.copying import Told as Sending
from vrooli.backup.keys import Keys
from vrooli.backup.owning import (
    OwnedBlobs,
    Owner,
    adopt,
    claim,
    owner_of,
    require_not_others,
)
from vrooli.backup.proof import Proof
from vrooli.backup.store import MAC_KEY, Store
from vrooli.core.errors import (
    ConfigError,
    Damaged,
    NoRoom,
    NotOurs,
    StorageError,
    UsageError,
    VrooliError,
)
from vrooli.core.ports.blobs import Blobs
from vrooli.host.blob_folder import BlobFolder, is_there
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_new_store import require_unused
from vrooli.main.backup_stores import BackupStores
from vrooli.stack.backup_ledger import BackupLedger

COPYING = "backup-copy.lock"
"""Held while packs come to stores whose manifest is not there yet: nobody sweeps meanwhile."""

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class BackupSpread:
    """Of one home.

    Attributes:
        keys: None where no point was ever taken.
        away: where stores are that gave no answer to this command.
    """

    stores: BackupStores
    keys: Keys | None
    told: Told
    away: set[str] = field(default_factory=set, compare=False)

    def reading(self, name: str = "") -> Store:
        """The store of that name and no other; without one all of them, the first one first."""
        if name:
            require_mounted(self.stores, name)
        if name in self.stores.repositories():
            # It holds parts whole, and has no owner: whoever knows its password is one.
            return Store(self.stores.blobs(name), self._key)
        places: list[Blobs] = [self.blobs(name)] if name else list(self._all().values())
        one: Blobs = places[0] if len(places) == 1 else self._copies(places)
        return Store(one, self._key)

    def _copies(self, places: list[Blobs]) -> Copies:
        return Copies(places, self._key, self.told, self.away)

    def holding(self, wanted: str) -> tuple[str, Store]:
        """The first store that has a point, and no other one behind it: what is looked at is this
        copy.

        Raises:
            UsageError: none has it.
            VrooliError: none that has it answers.
        """
        failures: list[VrooliError] = []
        for name, blobs in self._all().items():
            store = Store(blobs, self._key)
            try:
                store.point(wanted)
            except VrooliError as error:
                failures.append(error)
                continue
            return name, store
        raise next((one for one in failures if not isinstance(one, UsageError)), failures[0])

    def writing(self, full: Mapping[str, NoRoom]) -> tuple[str, Store]:
        """The first store that answers, is ours, and is none of those that are `full`.

        Raises:
            VrooliError: what the first one said, when none does.
        """
        failures: dict[str, VrooliError] = {**full}
        for name in self.stores.settings():
            if name in full:
                continue
            try:
                store = self.ours(name)
                store.ids()
            except VrooliError as error:
                failures[name] = error
                continue
            for away, failure in failures.items():
                self.told(f"{away}: {failure.in_a_line}; {name} is written to")
            return name, store
        first, *others = failures.items()
        for away, failure in others:
            self.told(f"{away}: {failure.in_a_line}")
        raise first[1]

    def ours(self, name: str, *, prunes: bool = False) -> Store:
        """The store of that name, to write to, or to remove from.

        Raises:
            VrooliError: it is another stack's, is not there, or does not answer.
        """
        require_apart(self.stores, name)
        require_mounted(self.stores, name)
        blobs = self.blobs(name, prunes=prunes)
        store = Store(blobs, self._key)
        require_ours(store, self._keys)
        blobs.require()
        return store

    def tidy(self, name: str) -> None:
        """Have gone what writers left that were killed, in a store that is ours.

        Raises:
            StorageError: it cannot be.
        """
        if (folder := self.stores.folder(name)) is not None:
            BlobFolder(folder).tidy()

    def blobs(self, name: str, *, prunes: bool = False) -> OwnedBlobs:
        """Those of a store, which nobody but its owner changes."""
        blobs = self.stores.blobs(name, prunes=prunes)
        return OwnedBlobs(blobs, lambda: self._require_owned(name, blobs))

    def _require_owned(self, name: str, blobs: Blobs) -> None:
        """Whoever looks at the record of the home sees what is paused."""
        if name not in self.stores.settings():
            raise NotOurs(
                "a store that is recovered from is only read",
                where=blobs.where,
                next_step="declare it as [backup.stores.NAME] to write to it",
            )
        if (folder := self.stores.folder(name)) is not None:
            require_unused(folder, Store(blobs, self._key))
        try:
            claim(Store(blobs, self._key), self.stores.own(), self._known)
        except NotOurs as error:
            told = self.stores.told(error)
            self._book.paused(name, told.what)
            raise told from error
        self._book.paused(name, "")

    def paused(self) -> dict[str, str]:
        """By name, why nothing is written to a store, where all of them are other homes'; empty
        where one may be ours, or does not tell. Nothing of them is changed.
        """
        found = dict[str, str]()
        for name in self.stores.settings():
            store = Store(self.stores.blobs(name), self._key)
            try:
                require_not_others(store, self.stores.own(), self._known)
            except NotOurs as error:
                found[name] = self.stores.told(error).what
                self._book.paused(name, found[name])
                continue
            except VrooliError:  # whoever writes meets it, and says so
                pass
            return {}
        return found

    def adopt(self, name: str) -> Owner | None:
        """Have a store be this home's; whose it was, where that can be told.

        Raises:
            Refused: it is another stack's.
            Busy: somebody else does at the same moment.
        """
        require_mounted(self.stores, name)
        store = Store(self.stores.blobs(name), self._key)
        require_ours(store, self._keys)
        before = None
        with suppress(Damaged):
            before = owner_of(store)
        own = self.stores.own()
        if before is None or before.home != own.home:
            adopt(store, own)
        self._book.paused(name, "")
        return before

    def spread(self, told: Sending) -> Spread:
        """Have each store hold what the others do, and write down which has what."""
        away: dict[str, VrooliError] = {}
        found: dict[str, Store] = {}
        for name in self.stores.settings():
            try:
                found[name] = self.ours(name)
                self.tidy(name)
            except VrooliError as error:
                away[name] = error
        done = spread(found, self._keys, told, self.stores.room)
        done = replace(done, errors={**away, **done.errors})
        self._book.change(lambda ledger: with_stores(ledger, done))
        return done

    def keep_proof(self, proof: Proof, but: str) -> None:
        """Have what was seen of a point told by the other stores that have it, as far as they
        answer: whoever has one of them alone will want to know.
        """
        for name, blobs in self._all().items():
            store = Store(blobs, self._key)
            try:
                ours = name != but and name in self.stores.settings()
                if ours and proof.point in store.ids():
                    store.keep_proof(proof)
            except VrooliError as error:
                self.told(f"{name}: {error.in_a_line}")

    @property
    def _known(self) -> set[str]:
        return {one.id for one in self._book.read().points if not one.elsewhere}

    @property
    def _book(self) -> BackupBook:
        return BackupBook(self.stores.home)

    @property
    def _key(self) -> bytes:
        return self.keys.mac if self.keys else b""

    @property
    def _keys(self) -> Keys:
        assert self.keys is not None
        return self.keys

    def _all(self) -> dict[str, Blobs]:
        """Those that can be asked at all; a key or a disk that is missing keeps nobody from the
        others.
        """
        found, away = dict[str, Blobs](), dict[str, VrooliError]()
        for name in self.stores.readable():
            try:
                require_mounted(self.stores, name)
                found[name] = self.blobs(name)
            except VrooliError as error:
                away[name] = error
        if away and not found:
            raise next(iter(away.values()))
        for name, failure in away.items():
            self.told(f"{name}: {failure.in_a_line}")
        return found


def require_apart(stores: BackupStores, name: str) -> None:
    """A store among the data goes with it, is moved aside with it, and would be part of its copy.

    Raises:
        ConfigError: it is such a one.
    """
    folder, data = stores.folder(name), stores.home.root / "data"
    if folder is not None and folder.resolve().is_relative_to(data.resolve()):
        raise ConfigError(
            f"the store `{name}` lies among the data that it is to hold",
            where=str(folder),
            next_step="name a folder outside of it, best on another disk, in the stack file",
        )


def require_mounted(stores: BackupStores, name: str) -> None:
    """A folder that is known and empty now may be the place where a disk belongs: what is
    written there fills another disk, and is no copy; and who reads there would be told that
    nothing was ever taken.

    Raises:
        StorageError: it is such a one, or nobody can tell, since its mount is dead.
    """
    folder = stores.folder(name)
    if folder is None or is_there(folder / MAC_KEY):
        return
    if folder.is_relative_to(stores.home.root):
        return
    if any(name in one.stores for one in BackupBook(stores.home).read().points):
        raise StorageError(
            "the restore points that were here are gone: it may not be mounted",
            where=str(folder),
            next_step="mount it; if it was emptied, name it anew in the stack file",
        )


def with_stores(ledger: BackupLedger, done: Spread) -> BackupLedger:
    """The record, with which stores have each point now. What a store has that did not answer, is
    what was known of it. Pure.
    """
    points = []
    for one in ledger.points:
        kept = [name for name in one.stores if name not in done.have]
        seen = [name for name, ids in done.have.items() if one.id in ids]
        points.append(replace(one, stores=(*seen, *kept)))
    return replace(ledger, points=tuple(points))
