"""Composition of `vrooli backup store check`: what a store does, its room, and whether its lock
holds.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from vrooli.backup.copying import require_ours
from vrooli.backup.keys import Keys
from vrooli.backup.owning import Owner, owner_of
from vrooli.backup.store import Store
from vrooli.backup.store_check import PROBES, Look, failed, used
from vrooli.cli.changes import counted
from vrooli.core.errors import VrooliError
from vrooli.core.sizes import rough_size
from vrooli.host.blob_bucket import BlobBucket
from vrooli.host.bucket_versions import Versions
from vrooli.main.backup_new_store import require_unused
from vrooli.main.backup_spread import require_apart, require_mounted
from vrooli.main.backup_stores import BackupStores
from vrooli.stack.backup_settings import StoreSettings

SLACK = 3600.0
"""Seconds by which a lock may be shorter than asked for: buckets count in whole days."""


@dataclass(frozen=True, slots=True)
class Checking:
    """Of the stores of one home.

    Attributes:
        keys: None where no point was ever taken.
        now: Unix seconds.
    """

    stores: BackupStores
    keys: Keys | None
    now: float

    def looks(self, name: str) -> list[Look]:
        """What was seen of one store.

        Raises:
            UnknownName: there is none.
        """
        store = self.stores.one(name)
        try:
            if store.is_restic:
                self.stores.restic(store).check("")
                return [Look("check", True, "restic finds nothing wrong with it")]
            require_apart(self.stores, name)
            require_mounted(self.stores, name)
            blobs = self.stores.blobs(name)
            if (folder := self.stores.folder(name)) is not None:
                require_unused(folder, Store(blobs, self.keys.mac if self.keys else b""))
            found = used(blobs, removes=not store.prune_access_key and not store.lock)
            if self.keys is not None:
                own = Store(blobs, self.keys.mac)
                found += [_ours(own, self.keys), _owner(own, self.stores.own())]
            if store.url.startswith("s3:"):
                found += self._locked(store)
            else:
                free = self.stores.room(name)
                found.append(Look("room", free > 0, f"{rough_size(free)} are free"))
        except VrooliError as error:
            return [failed("open", error)]
        return found

    def _locked(self, store: StoreSettings) -> list[Look]:
        """A fresh blob is written, and its very version tried to be removed, by whoever may remove
        here. Where no lock is asked for, nothing is said unless there is one.
        """
        if not store.lock:
            return []
        blobs = BlobBucket(self.stores.bucket(store))
        name = f"{PROBES}lock-{secrets.token_hex(8)}"
        version = blobs.put_version(name, b"locked")
        if not version:
            return [Look("lock", False, "the bucket keeps no versions: it can lock nothing")]
        versions = Versions(self.stores.bucket(store, prunes=True))
        if versions.removed(name, version):
            said = "a version that was just written could be removed: nothing is locked"
            return [Look("lock", False, said)]
        until = versions.locked_until(name, version)
        return [_lock(store, until, self.now)]


def _lock(store: StoreSettings, until: str, now: float) -> Look:
    """A refusal alone may be one for want of rights; the time says that it is the lock. Pure."""
    refused = "the removal of a fresh version was refused"
    if not until:
        return Look("lock", None, f"{refused}; until when it is locked is not told")
    try:
        held = datetime.fromisoformat(until.replace("Z", "+00:00")).timestamp() - now
    except ValueError:
        return Look("lock", None, f"{refused}; until {until}")
    if held + SLACK < store.lock:
        days = f"{held / 86400:.1f} of {store.lock / 86400:.1f} days"
        return Look("lock", False, f"{refused}, and it is locked for {days} only")
    return Look("lock", True, f"{refused}: it is locked until {until}")


def _ours(store: Store, keys: Keys) -> Look:
    try:
        require_ours(store, keys)
        count = len(store.ids())
    except VrooliError as error:
        return Look("ours", False, error.what)
    return Look("ours", True, f"{counted(count, 'restore point')} of this stack")


def _owner(store: Store, own: Owner) -> Look:
    try:
        found = owner_of(store)
    except VrooliError as error:
        return Look("owner", False, error.what)
    if found is None:
        return Look("owner", None, "nobody yet: the next backup makes it this home's")
    if found.home == own.home:
        return Look("owner", True, "this home")
    said = f"the home of {found.stack or 'a stack'} on {found.host}: nothing is written there"
    return Look("owner", False, f"{said}; `vrooli backup store adopt NAME` when that one is gone")


def all_well(found: Mapping[str, list[Look]]) -> bool:
    """Whether nothing is as it should not be."""
    return all(look.ok is not False for looks in found.values() for look in looks)
