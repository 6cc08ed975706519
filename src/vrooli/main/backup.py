"""Composition root of `vrooli backup`: what takes, lists, proves and fetches restore points."""

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import partial
from pathlib import Path

from vrooli import __version__
from vrooli.backup.backups import Fetched, Taking
from vrooli.backup.chains import chain_of
from vrooli.backup.choosing import chosen
from vrooli.backup.combining import Fetcher
from vrooli.backup.copying import Spread
from vrooli.backup.copying import Told as Sending
from vrooli.backup.drilling import BUSY
from vrooli.backup.point import Part, Point
from vrooli.backup.proof import Proof
from vrooli.backup.proving import Prover
from vrooli.backup.pruning import Pruning
from vrooli.backup.store import Store
from vrooli.backup.taking import Subject, Taker
from vrooli.core.errors import Busy, StorageError, UsageError, VrooliError
from vrooli.core.home import Home
from vrooli.host.clock import SystemClock
from vrooli.host.outputs import LocalOutputs
from vrooli.host.standing_back import stand_back
from vrooli.host.zones import Zones
from vrooli.main import backup_files, backup_key, backup_parts, backup_prune
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_combining import combiner
from vrooli.main.backup_drill import drill
from vrooli.main.backup_place import BackupPlace, backings_of, free_in, ids_of, load
from vrooli.main.backup_stores import BackupStores
from vrooli.main.backup_wal import BackupWal
from vrooli.stack.backup_ledger import BackupLedger, Drill
from vrooli.stack.postgres.wal.choosing import Way
from vrooli.stack.postgres.wal.moments import Moment

Told = Callable[[str], None]

COPYING = "backup-copy.lock"
"""Held while packs come to stores whose manifest is not there yet: nobody sweeps meanwhile."""


@dataclass(frozen=True, slots=True)
class StackBackups:
    """The restore points of the stack in one home.

    Attributes:
        one: name of the store that is looked at, and no other; empty for all of them.
        told: hears of stores that do not answer.
    """

    home: Home
    environment: Mapping[str, str]
    one: str = ""
    told: Told = lambda _: None

    def only(self, store: str, told: Told) -> "StackBackups":
        """The same, looking into that store alone; into all of them when it is empty."""
        if store:
            self._stores.one(store)
        return replace(self, one=store, told=told)

    def store(self) -> Store:
        """See `BackupPlace`."""
        return self._place.spread(self.told).reading(self.one)

    def stores(self) -> tuple[str, ...]:
        """The names of all stores, the nearest first."""
        return tuple(self._stores.settings())

    @property
    def _stores(self) -> BackupStores:
        return BackupStores(self.home, self.environment)

    @property
    def folder(self) -> Path:
        """The folder of the store."""
        return self._place.folder

    @property
    def _place(self) -> BackupPlace:
        return BackupPlace(self.home, self.environment)

    def plan_pruning(self) -> Pruning:
        """See `main.backup_prune`."""
        return backup_prune.plan(self._place)

    def prune(self, *, wait: bool = False) -> Pruning:
        """See `main.backup_prune`."""
        return backup_prune.prune(self._place, wait=wait)

    def export_key(self, file: Path | None) -> str:
        """See `main.backup_key`."""
        return backup_key.export(self._place, file)

    def recipient(self) -> str:
        """See `main.backup_key`."""
        return backup_key.recipient(self._place)

    def ledger(self) -> BackupLedger:
        """What this host saw itself."""
        return BackupBook(self.home).read()

    def zone(self, name: str) -> tzinfo:
        """Of schedules; the empty name is local time."""
        return Zones(self.environment)(name)

    def stand_back(self) -> None:
        """For others who want the disk, from now on."""
        stand_back()

    def take(self, progress: Callable[[str, int], None], how: Taking) -> Point:
        """Take one now.

        Raises:
            UsageError: there is nothing to take, or nothing of that name.
            Busy: another one is being taken.
            VrooliError: it could not be taken; nothing counts as a restore point then.
        """
        with self._place.alone("backup.lock", "another backup", wait=how.wait):
            try:
                name, point = asyncio.run(self._take(progress, how))
            except VrooliError as error:
                BackupBook(self.home).failed(time.time(), error)
                raise
            BackupBook(self.home).taken(point, (name,))
            return point

    def spread(self, told: Sending) -> Spread:
        """Have each store hold what the others do."""
        with self._place.alone(COPYING, "another copy to the stores"):
            self._place.keys()
            return self._place.spread(self.told).spread(told)

    def prove(self, wanted: str, told: Told, *, wait: bool = False) -> Proof:
        """Restore one beside what serves, and look at it: as it is in the store that is looked
        at, or in the first one that has it.
        """
        with self._place.alone("backup-proof.lock", "another proof", wait=wait):
            stores = self._place.spread(self.told)
            name, store = (
                (self.one, stores.reading(self.one)) if self.one else stores.holding(wanted)
            )
            proof = asyncio.run(self._prove(store, wanted, told))
            BackupBook(self.home).proved(proof)
            if proof.outcome == "verified":
                stores.keep_proof(proof, but=name)
            return proof

    def drill(self, wanted: str, only: str, told: Told, *, busy: bool = False) -> list[Drill]:
        """Practise a restore; see `main.backup_drill`."""
        with self._place.alone("backup-proof.lock", "another proof"):
            return asyncio.run(drill(self._place, wanted, only, told, busy=busy))

    def way(self, service: str, moment: Moment) -> Way:
        """See `backup.Backups`."""
        return BackupWal(self.home, self.store(), service).way(moment)

    def parts(self, wanted: str, only: Sequence[str]) -> list[tuple[Point, Part]]:
        """See `main.backup_parts`."""
        return backup_parts.parts(self.store(), backup_parts.declared_in(self.home), wanted, only)

    def differences(self, wanted: str, service: str) -> Iterator[str]:
        """See `main.backup_files`."""
        return backup_files.differences(self.store(), self._place.keys(), wanted, service)

    def restore_files(self, wanted: str, service: str, told: Told) -> None:
        """See `main.backup_files`."""
        backup_files.restore(self._place, self.store(), wanted, service, told)

    def fetch(self, wanted: Fetched, told: Told) -> None:
        """Unpack what a restore point has of a service."""
        store, keys, service = self.store(), self._place.keys(), wanted.service
        point = store.point(wanted.point)
        owner = ids_of(wanted.owner or None)
        part = point.part_of(service)
        if part is None:
            raise UsageError(
                f"{point.id} has nothing of `{service}`",
                where=store.where,
                next_step=f"`vrooli backup show {point.id}` tells what it has",
            )
        total = sum(one.plain for one in chain_of(part, store))
        tenth = max(total // 10, 1)
        told_of = set[int]()

        def done(size: int) -> None:
            if (at := size // tenth) not in told_of:
                told_of.add(at)
                told(f"{size // 1_000_000} of {total // 1_000_000} MB")

        fetcher = Fetcher(store, keys, partial(combiner, self._place))
        fetcher.fetch(part, wanted.folder, owner, done)
        if wanted.wal is not None:
            wal = BackupWal(self.home, store, service)
            size = wal.gather(point, wanted.timeline, wanted.wal, owner)
            told(f"{size // 1_000_000} MB of WAL")

    async def _take(self, progress: Callable[[str, int], None], how: Taking) -> tuple[str, Point]:
        async with self._place.context() as context:
            backings = backings_of(context)
            found = chosen(backings, {name: one.form for name, one in backings.items()}, how.only)
            if not found:
                raise UsageError(
                    "there is nothing here that can be backed up",
                    next_step="a PostgreSQL or a Redis that the stack runs can, and files",
                )
            keys = self._place.keys()
            into, store = await asyncio.to_thread(self._place.spread(self.told).writing)
            await asyncio.to_thread(self._sweep, store)
            room = partial(self._stores.room, into)
            rate = context.stack.backup.rate
            taker = Taker(
                store,
                keys,
                LocalOutputs(),
                SystemClock(),
                _workers(),
                room,
                how.anew,
                progress,
                how.incremental,
                "deep" if how.deep else "spare" if load() > BUSY else "usual",
                rate,
            )
            subjects = [Subject(name, backing) for name, backing in found.items()]
            about = (context.stack.name, os.uname().nodename, __version__)
            return into, await taker.take(_new_id(), about, subjects)

    def _sweep(self, store: Store) -> None:
        """What runs left that were killed; not while a copy brings packs without a manifest, and
        it is no failure of a backup that whoever writes may not remove.
        """
        try:
            with self._place.alone(COPYING, "a copy to the stores"):
                store.sweep()
        except Busy:
            return
        except StorageError as error:
            self.told(f"what killed runs left stays: {error.what}")

    async def _prove(self, store: Store, wanted: str, told: Told) -> Proof:
        async with self._place.context() as context:
            point = store.point(wanted)
            backings = backings_of(context)
            _require({part.service for part in point.parts}, backings, point)
            room = partial(free_in, self.home.root / "data")
            combine = partial(combiner, self._place)
            prover = Prover(store, self._place.keys(), SystemClock(), room, ids_of, told, combine)
            return await prover.prove(point, backings)


def _require(needed: Collection[str], backings: Collection[str], point: Point) -> None:
    if missing := sorted(set(needed) - set(backings)):
        raise UsageError(
            f"{point.id} holds {', '.join(missing)}, which the stack does not have any more",
            next_step="declare it again, or take another restore point",
        )


def _new_id() -> str:
    return f"{time.strftime('%Y%m%dt%H%M%Sz', time.gmtime())}-{secrets.token_hex(3)}"


def _workers() -> int:
    """Threads that compress: each holds some pieces of 16 MiB."""
    return min(4, max(1, len(os.sched_getaffinity(0))))
