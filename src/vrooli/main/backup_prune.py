"""Composition of `vrooli backup prune`."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from vrooli.backup.pruning import Pruning, planned, remove
from vrooli.backup.retention import Keep
from vrooli.backup.store import Store
from vrooli.core.errors import VrooliError
from vrooli.host.zones import Zones
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_place import BackupPlace
from vrooli.main.backup_ship import prune_wal
from vrooli.main.backup_spread import COPYING
from vrooli.main.backup_stores import BackupStores
from vrooli.stack.backup_ledger import BackupLedger
from vrooli.stack.backup_settings import BackupSettings


def plan(place: BackupPlace) -> Pruning:
    """What would go. Nothing is locked: whoever takes one meanwhile is not seen."""
    return _planned(place.store(), place.settings, place.environment)


def prune(place: BackupPlace) -> Pruning:
    """Have it gone.

    Raises:
        Busy: a point is being taken or proven.
        Damaged: one cannot be read; nothing is removed then.
    """
    with (
        place.alone("backup-proof.lock", "a proof"),
        place.alone("backup.lock", "another backup"),
        place.alone(COPYING, "a copy to the stores"),
    ):
        store = place.store()
        found = _planned(store, place.settings, place.environment)

        def forgotten(_: frozenset[str]) -> None:
            """Also those that an earlier run removed, which was killed before it could say so."""
            there = frozenset(store.ids())

            def change(ledger: BackupLedger) -> BackupLedger:
                known = frozenset(one.id for one in ledger.points)
                return ledger.without_points(known - there)

            BackupBook(place.home).change(change)

        if found.points:  # an empty store may be a disk that is not mounted
            _remove(place, store.key, found, forgotten)
            prune_wal(place)
        return found


def _remove(
    place: BackupPlace,
    key: bytes,
    found: Pruning,
    forgotten: Callable[[frozenset[str]], None],
) -> None:
    """From each store, as whoever may remove there; one that refuses keeps no other from it.

    Raises:
        VrooliError: why it is not gone from one.
    """
    stores, failure = BackupStores(place.home, place.environment), None
    for name in stores.settings():
        try:
            store = Store(stores.blobs(name, prunes=True), key)
            here = frozenset(store.ids())
            verdicts = [one for one in found.verdicts if one.id in here]
            if verdicts:
                remove(store, replace(found, verdicts=verdicts), forgotten)
        except VrooliError as error:
            failure = failure or error
    if failure is not None:
        raise failure


def _planned(store: Store, settings: BackupSettings, environment: Mapping[str, str]) -> Pruning:
    keep = Keep(settings.keep_days, settings.keep_weeks, settings.keep_months, settings.keep_years)
    return planned(store, keep, time.time(), Zones(environment)(settings.timezone))
