"""Composition of `vrooli backup prune`."""

import time
from collections.abc import Mapping

from vrooli.backup.pruning import Pruning, planned, remove
from vrooli.backup.retention import Keep
from vrooli.backup.store import Store
from vrooli.host.zones import Zones
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_place import BackupPlace
from vrooli.stack.backup_ledger import BackupLedger
from vrooli.stack.backup_settings import BackupSettings


def plan(place: BackupPlace) -> Pruning:
    """What would go. Nothing is locked: whoever takes one meanwhile is not seen."""
    return _planned(place.store(), place.settings, place.environment)


def prune(place: BackupPlace, *, wait: bool) -> Pruning:
    """Have it gone.

    Raises:
        Busy: a point is being taken or proven, and we do not `wait`.
        Damaged: one cannot be read; nothing is removed then.
    """
    with (
        place.alone("backup-proof.lock", "a proof", wait=wait),
        place.alone("backup.lock", "another backup", wait=wait),
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
            remove(store, found, forgotten)
        return found


def _planned(store: Store, settings: BackupSettings, environment: Mapping[str, str]) -> Pruning:
    keep = Keep(settings.keep_days, settings.keep_weeks, settings.keep_months, settings.keep_years)
    return planned(store, keep, time.time(), Zones(environment)(settings.timezone))
