"""Composition root of `vrooli backup`: what takes, lists, proves and fetches restore points."""

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from pathlib import Path

from vrooli import __version__
from vrooli.backup.backups import Fetched, Shipped
from vrooli.backup.fetching import fetch
from vrooli.backup.point import Point
from vrooli.backup.proof import Proof
from vrooli.backup.proving import Prover
from vrooli.backup.pruning import Pruning
from vrooli.backup.store import Store
from vrooli.backup.taking import Subject, Taker
from vrooli.core.errors import UsageError, VrooliError
from vrooli.core.home import Home
from vrooli.host.clock import SystemClock
from vrooli.host.outputs import LocalOutputs
from vrooli.host.standing_back import stand_back
from vrooli.host.zones import Zones
from vrooli.main import backup_key, backup_prune, backup_ship
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_place import BackupPlace, backings_of, free_in, ids_of
from vrooli.main.backup_wal import BackupWal
from vrooli.stack.backup_ledger import BackupLedger
from vrooli.stack.postgres.wal.choosing import Way
from vrooli.stack.postgres.wal.moments import Moment

Told = Callable[[str], None]

HERE = "here"
"""The store in the home."""


@dataclass(frozen=True, slots=True)
class StackBackups:
    """The restore points of the stack in one home."""

    home: Home
    environment: Mapping[str, str]

    def store(self) -> Store:
        """See `BackupPlace`."""
        return self._place.store()

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

    def take(
        self, progress: Callable[[str, int], None], *, anew: bool = False, wait: bool = False
    ) -> Point:
        """Take one now.

        Raises:
            UsageError: there is nothing to take.
            Busy: another one is being taken.
            VrooliError: it could not be taken; nothing counts as a restore point then.
        """
        with self._place.alone("backup.lock", "another backup", wait=wait):
            try:
                point = asyncio.run(self._take(progress, anew))
            except VrooliError as error:
                BackupBook(self.home).failed(time.time(), error)
                raise
            BackupBook(self.home).taken(point, (HERE,))
        self.ship(wait=wait)
        return point

    def prove(self, wanted: str, told: Told, *, wait: bool = False) -> Proof:
        """Restore one beside what serves, and look at it."""
        with self._place.alone("backup-proof.lock", "another proof", wait=wait):
            proof = asyncio.run(self._prove(wanted, told))
            BackupBook(self.home).proved(proof)
            return proof

    def way(self, service: str, moment: Moment) -> Way:
        """See `backup.Backups`."""
        return self._wal(service).way(moment)

    def ship(self, *, wait: bool = False) -> Mapping[str, Shipped]:
        """See `main.backup_ship`."""
        return backup_ship.ship(self._place, wait=wait)

    def _wal(self, service: str) -> BackupWal:
        return BackupWal(self.home, self.store(), service, lambda: self._place.keys().opener)

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
        tenth = max(part.plain // 10, 1)
        told_of = set[int]()

        def done(size: int) -> None:
            if (at := size // tenth) not in told_of:
                told_of.add(at)
                told(f"{size // 1_000_000} of {part.plain // 1_000_000} MB")

        fetch(part, store, keys, wanted.folder, owner, done)
        if wanted.wal is not None:
            size = self._wal(service).gather(point, wanted.timeline, wanted.wal, owner)
            told(f"{size // 1_000_000} MB of WAL")

    async def _take(self, progress: Callable[[str, int], None], anew: bool) -> Point:
        async with self._place.context() as context:
            found = backings_of(context)
            if not found:
                raise UsageError(
                    "there is nothing here that can be backed up",
                    next_step="a PostgreSQL that the stack runs can",
                )
            keys = self._place.keys()
            store = Store(self._place.blobs(), keys.mac)
            room = partial(free_in, self.home.root)
            rate = context.stack.backup.rate
            taker = Taker(
                store, keys, LocalOutputs(), SystemClock(), _workers(), room, anew, progress, rate
            )
            subjects = [Subject(name, backing) for name, backing in found.items()]
            about = (context.stack.name, os.uname().nodename, __version__)
            return await taker.take(_new_id(), about, subjects)

    async def _prove(self, wanted: str, told: Told) -> Proof:
        async with self._place.context() as context:
            store = self.store()
            point = store.point(wanted)
            backings = backings_of(context)
            _require({part.service for part in point.parts}, backings, point)
            room = partial(free_in, self.home.root / "data")
            prover = Prover(store, self._place.keys(), SystemClock(), room, ids_of, told)
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
