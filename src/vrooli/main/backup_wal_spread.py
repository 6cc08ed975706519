"""Composition of what has every store hold the WAL of others."""

from collections.abc import Callable, Collection
from contextlib import suppress

from vrooli.backup.store import Store
from vrooli.backup.wal import StoredName, WalShelf
from vrooli.backup.wal_copying import spread_wal
from vrooli.core.errors import Busy, VrooliError
from vrooli.main.backup_place import BackupPlace
from vrooli.main.backup_ship import WAL_LOCK, Shipping, obsolete
from vrooli.main.backup_wal import segment_size

Told = Callable[[str], None]


def bring(place: BackupPlace, told: Told) -> None:
    """Do it, after the points are there, which say what is needed. Whoever brings WAL at this
    moment brings it there too.
    """
    spread, stores = place.spread(told), dict[str, Store]()
    for name in spread.stores.settings():
        with suppress(VrooliError):  # it was told when points were to go there
            stores[name] = spread.ours(name)
    if len(stores) < 2:
        return

    def needed(store: Store, names: Collection[StoredName]) -> list[StoredName]:
        return [
            name for service in {one.service for one in names} for name in of(service, store, names)
        ]

    def of(service: str, store: Store, names: Collection[StoredName]) -> list[StoredName]:
        its = [name for name in names if name.service == service]
        shipping = Shipping(place.home, store, place.keys(), service)
        size = max((segment_size(WalShelf(one), its) for one in stores.values()), default=0)
        gone = set(obsolete(its, shipping.bases(), size)) if size else set()
        return [name for name in its if name not in gone]

    try:
        with place.alone(WAL_LOCK, "bringing WAL to the store"):
            _, errors = spread_wal(stores, needed)
    except Busy:
        return
    for name, error in errors.items():
        told(f"{name}: {error.in_a_line}; not all WAL is there")
