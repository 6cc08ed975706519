"""Composition of `vrooli backup prune`."""

import time
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from vrooli.backup.pruning import Pruning, planned, remove, sweep, together, with_bases
from vrooli.backup.retention import Keep
from vrooli.backup.store import Store
from vrooli.core.errors import Damaged, VrooliError
from vrooli.host.zones import Zones
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_place import BackupPlace
from vrooli.main.backup_restic import Repositories
from vrooli.main.backup_ship import prune_wal
from vrooli.main.backup_spread import COPYING
from vrooli.main.backup_stores import BackupStores
from vrooli.stack.backup_ledger import BackupLedger

_LOCKS = {
    COPYING: "a copy to the stores",
    "backup-proof.lock": "a proof",
    "backup.lock": "another backup",
}
"""In this order: the last one keeps the watchdog from restarting what runs, and is not held while
we wait for another.
"""


@dataclass(frozen=True, slots=True)
class _Plan:
    """Of all stores that answer."""

    stores: dict[str, Store]
    parts: dict[str, Pruning]
    whole: Pruning


def plan(place: BackupPlace) -> Pruning:
    """What would go. Nothing is locked: whoever takes one meanwhile is not seen."""
    return _planned(place, changes=False).whole


def prune(place: BackupPlace) -> Pruning:
    """Have it gone, from the furthest store to the nearest: what one does not let go, because it is
    locked there, stays in the nearer ones too.

    Raises:
        Busy: a point is being taken, proven or copied.
        Damaged: one cannot be read; nothing is removed then.
    """
    with ExitStack() as locks:
        for name, purpose in _LOCKS.items():
            locks.enter_context(place.alone(name, purpose))
        found = _planned(place, changes=True)
        stores = BackupStores(place.home, place.environment)
        repositories, restic = stores.repositories(), Repositories(stores, place.keys())
        failures, gone = dict(found.whole.failures), found.whole.gone
        for name, store in reversed(found.stores.items()):
            points = found.parts[name].points
            if not points:  # a folder without any may be a disk that is not mounted
                continue
            try:
                remove(store, points, gone)
                sweep(store)
                if name in repositories:
                    restic.sweep(name)
            except VrooliError as error:
                failures[name] = error
                left = _held(store, points)
                gone -= with_bases(gone.intersection(left), found.whole.points)
        _forget(place, found)
        prune_wal(place)
        return replace(found.whole, failures=failures)


def _held(store: Store, known: Iterable[str]) -> Iterable[str]:
    """Ids of the points that it has; those that are `known` of it where it went away meanwhile."""
    try:
        return store.ids()
    except VrooliError:
        return known


def _forget(place: BackupPlace, found: _Plan) -> None:
    """Also those that an earlier run removed, which was killed before it could say so."""
    away, there = set(found.whole.failures), set[str]()
    for name, store in found.stores.items():
        try:
            there |= set(store.ids())
        except VrooliError:  # it went away meanwhile
            away.add(name)

    def change(ledger: BackupLedger) -> BackupLedger:
        known = (one for one in ledger.points if not away & set(one.stores))
        return ledger.without_points(frozenset(one.id for one in known) - there)

    if there:
        BackupBook(place.home).change(change)


def _planned(place: BackupPlace, *, changes: bool) -> _Plan:
    """What is another home's is left out, where something is to be changed."""
    settings, stores = place.settings, BackupStores(place.home, place.environment)
    keep = Keep(settings.keep_days, settings.keep_weeks, settings.keep_months, settings.keep_years)
    zone, all_of_them = Zones(place.environment)(settings.timezone), place.store()
    spread = place.spread(lambda _: None)
    found: dict[str, Store] = {}
    parts: dict[str, Pruning] = {}
    failures: dict[str, VrooliError] = {}
    for name in (*stores.settings(), *stores.repositories()):
        try:
            blobs = spread.blobs(name, prunes=True)
            store = Store(blobs, all_of_them.key)
            part = planned(store, all_of_them, keep, time.time(), zone)
            if part.points and changes:
                blobs.require()
            parts[name], found[name] = part, store
        except Damaged:
            raise
        except VrooliError as error:
            failures[name] = error
    if failures and not found:
        raise next(iter(failures.values()))
    # The nearest last: what it says of a point counts, since restic has parts of points alone.
    whole = together(dict(reversed(parts.items())))
    return _Plan(found, parts, replace(whole, failures=failures))
