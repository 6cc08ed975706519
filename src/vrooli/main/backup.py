"""Composition root of `vrooli backup`: what takes, lists, proves and fetches restore points."""

import asyncio
import json
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import ParamSpec

from vrooli import __version__
from vrooli.backup.backups import Fetched, Shipped, Taking
from vrooli.backup.chains import chain_of
from vrooli.backup.choosing import chosen
from vrooli.backup.combining import Fetcher
from vrooli.backup.copying import Spread
from vrooli.backup.copying import Told as Sending
from vrooli.backup.drilling import BUSY
from vrooli.backup.fetching import made, made_for
from vrooli.backup.files_plan import FilesPlan
from vrooli.backup.owning import Owner
from vrooli.backup.point import ARCHIVES, Part, Point
from vrooli.backup.proof import Proof
from vrooli.backup.proving import Prover
from vrooli.backup.pruning import Pruning
from vrooli.backup.rereading import Reread
from vrooli.backup.store import Store
from vrooli.backup.store_check import Look
from vrooli.backup.streams import proved
from vrooli.backup.taking import Subject, Taker
from vrooli.core.errors import Busy, NoRoom, StorageError, UsageError, VrooliError
from vrooli.core.home import Home
from vrooli.core.sizes import rough_size
from vrooli.host.clock import SystemClock
from vrooli.host.locks import FileLock
from vrooli.host.outputs import LocalOutputs
from vrooli.main import (
    backup_files,
    backup_key,
    backup_parts,
    backup_prune,
    backup_ship,
    backup_wal_spread,
)
from vrooli.main.backup_beside import BesideCopies, Fetch
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_combining import combiner
from vrooli.main.backup_drill import drill
from vrooli.main.backup_files_record import FilesRecord
from vrooli.main.backup_kept import kept_of
from vrooli.main.backup_left import BACKUP_LOCK, PROOF_LOCK, swept
from vrooli.main.backup_place import BackupPlace, backings_of, free_in, ids_of, load
from vrooli.main.backup_rescue import Along, Rescue, Source
from vrooli.main.backup_restic import Repositories
from vrooli.main.backup_resting import why_resting
from vrooli.main.backup_ship import WAL_LOCK
from vrooli.main.backup_spread import COPYING
from vrooli.main.backup_stores import BackupStores
from vrooli.main.backup_wal import BackupWal
from vrooli.main.backup_working import Noted
from vrooli.stack.backup_ledger import BackupLedger, Drill
from vrooli.stack.durable import write_durably
from vrooli.stack.files_restored import Restored
from vrooli.stack.kept_data import Kept
from vrooli.stack.pace import Pace
from vrooli.stack.postgres.archives import Archived
from vrooli.stack.postgres.rescue.differing import Rescued
from vrooli.stack.postgres.wal.choosing import Way
from vrooli.stack.postgres.wal.moments import Moment
from vrooli.stack.room import Room
from vrooli.stack.runtime import Context
from vrooli.stack.upgrading import Wish

Told = Callable[[str], None]

_Said = ParamSpec("_Said")


@dataclass(frozen=True, slots=True)
class StackBackups:
    """The restore points of the stack in one home.

    Attributes:
        one: name of the store that is looked at, and no other; empty for all of them.
        told: hears of stores that do not answer.
        away: where those are, so that none is waited for twice.
    """

    home: Home
    environment: Mapping[str, str]
    one: str = ""
    told: Told = lambda _: None
    away: set[str] = field(default_factory=set, compare=False)

    def only(self, store: str, told: Told) -> "StackBackups":
        """The same, looking into that store alone; into all of them when it is empty."""
        if store:
            self._stores.one(store)
        return replace(self, one=store, told=_once(told))

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
    def addresses(self) -> Mapping[str, str]:
        """Of the stores that are looked into, by name."""
        stores = self._stores
        known = {self.one: stores.one(self.one)} if self.one else stores.readable()
        return {
            name: f"{name} ({store.url.removeprefix('file://')})" for name, store in known.items()
        }

    @property
    def _place(self) -> BackupPlace:
        return BackupPlace(self.home, self.environment, self.away)

    def resting(self) -> str:
        """See `main.backup_resting`."""
        return why_resting(self._place)

    def kept(self) -> Sequence[tuple[Kept, int]]:
        """See `main.backup_kept`."""
        return kept_of(self.home)

    def plan_pruning(self) -> Pruning:
        """See `main.backup_prune`."""
        return backup_prune.plan(self._place)

    def prune(self) -> Pruning:
        """See `main.backup_prune`."""
        return backup_prune.prune(self._place)

    def export_key(self, file: Path | None) -> str:
        """See `main.backup_key`."""
        return backup_key.export(self._place, file)

    def recipient(self) -> str:
        """See `main.backup_key`."""
        return backup_key.recipient(self._place)

    def take(self, progress: Sending, how: Taking) -> Point:
        """Take one now.

        Raises:
            UsageError: there is nothing to take, or nothing of that name.
            Busy: another one is being taken.
            VrooliError: it could not be taken; nothing counts as a restore point then.
        """
        with self._place.alone(BACKUP_LOCK, "another backup"):
            try:
                with Noted(self.home.backup_working("backup")) as noted:
                    name, point = asyncio.run(self._take(_both(progress, noted.at), how))
            except VrooliError as error:
                BackupBook(self.home).failed(time.time(), error)
                raise
            BackupBook(self.home).taken(point, (name,))
        try:
            self.ship()
        except VrooliError as error:  # the point is there all the same
            self.told(f"the WAL that was received did not go to the store: {error.what}")
        except KeyboardInterrupt:
            raise KeyboardInterrupt(f"{point.id} is there, and unverified") from None
        return point

    def spread(self, told: Sending) -> Spread:
        """Have each store hold what the others do."""
        with self._place.alone(COPYING, "another copy to the stores"):
            keys, stores = self._place.keys(), self._place.spread(self.told)
            done = stores.spread(told)
            backup_wal_spread.bring(self._place, self.told)
            sent, errors = Repositories(self._stores, keys).spread(stores.reading(), told)
            return replace(done, sent={**done.sent, **sent}, errors={**done.errors, **errors})

    def check_stores(self, name: str) -> tuple[dict[str, list[Look]], bool]:
        """What was seen of each store, or of that one; see `main.backup_check`."""
        from vrooli.main.backup_check import Checking, all_well

        checking = Checking(self._stores, self._place.known_keys(), time.time())
        known = (*self.stores(), *self._stores.repositories())
        found = {one: checking.looks(one) for one in ((name,) if name else known)}
        return found, all_well(found)

    def reread(
        self, store: str, *, everything: bool, told: Sending
    ) -> tuple[dict[str, Reread], dict[str, VrooliError]]:
        """Read stored packs again; see `main.backup_reread`."""
        from vrooli.main.backup_reread import Rereading

        days = None if everything else self._place.settings.reread_days
        with self._place.alone("backup-reread.lock", "another reading"):
            keys = self._place.keys()
            wal = partial(self._place.alone, WAL_LOCK, "bringing WAL to the store")
            reading = Rereading(self._place.spread(self.told), keys, wal)
            known = (*self.stores(), *self._stores.repositories())
            return reading.look((store,) if store else known, days, told)

    def adopt(self, store: str) -> Owner | None:
        """Have a store be this home's; whose it was."""
        self._stores.one(store)
        self._place.keys()
        return self._place.spread(self.told).adopt(store)

    def prove(self, wanted: str, told: Told) -> Proof:
        """Restore one beside what serves, and look at it: as it is in the store that is looked
        at, or in the first one that has it.
        """
        with self._place.alone(PROOF_LOCK, "another proof"):
            stores = self._place.spread(self.told)
            if wanted == "latest":  # what was taken of one service in between is not all
                declared = backup_parts.declared_in(self.home)
                wanted = self.store().newest_whole(declared, self.told).id
            name, store = (
                (self.one, stores.reading(self.one)) if self.one else stores.holding(wanted)
            )
            with Noted(self.home.backup_working("proof")) as noted:
                proof, along = asyncio.run(self._prove(store, wanted, _both(told, noted.line)))
            if self.one in self._stores.repositories():  # it lies there in part
                return proof
            for one in (proof, *along):
                BackupBook(self.home).proved(one)
            if proof.outcome == "verified":
                stores.keep_proof(proof, but=name)
            return proof

    def drill(self, wanted: str, only: str, told: Told, *, busy: bool = False) -> list[Drill]:
        """Practise a restore; see `main.backup_drill`."""
        with (
            self._place.alone(PROOF_LOCK, "another proof"),
            Noted(self.home.backup_working("proof")) as noted,
        ):
            heard = _both(told, noted.line)
            return asyncio.run(drill(self._place, wanted, only, heard, busy=busy))

    def ledger(self) -> BackupLedger:
        """What this host has seen of backups, without asking the store."""
        return BackupBook(self.home).read()

    def way(self, service: str, moment: Moment, *, reads: bool = False) -> Way:
        """See `backup.Backups`."""
        return self._wal(service).way(moment, reads=reads)

    def ship(self) -> Mapping[str, Shipped]:
        """See `main.backup_ship`."""
        return backup_ship.ship(self._place, self.told)

    def _wal(self, service: str) -> BackupWal:
        return BackupWal(self.home, self.store(), service, lambda: self._place.keys().opener)

    def parts(self, wanted: str, only: Sequence[str]) -> list[tuple[Point, Part]]:
        """See `main.backup_parts`."""
        declared = backup_parts.declared_in(self.home)
        return backup_parts.parts(self.store(), declared, wanted, only, self.told)

    def differences(self, wanted: str, service: str) -> Iterator[str]:
        """See `main.backup_files`."""
        return backup_files.differences(self.store(), self._place.keys(), wanted, service)

    def restore_files(self, wanted: str, service: str, told: Told) -> None:
        """See `main.backup_files`."""
        backup_files.restore(self._place, self.store(), wanted, service, told)

    def plan_files(self, wanted: str, service: str) -> FilesPlan:
        """See `main.backup_files`."""
        return backup_files.plan(self._place, self.store(), wanted, service)

    def undo_files(self, service: str, told: Told) -> None:
        """See `main.backup_files`."""
        backup_files.undo(self._place, service, told)

    def restored_files(self) -> Restored:
        """See `stack.files_restored`."""
        return FilesRecord(self.home).read()

    def fetch(self, wanted: Fetched, told: Told) -> None:
        """Unpack what a restore point has of a service."""
        store, keys, service = self.store(), self._place.keys(), wanted.service
        latest = wanted.point == "latest"  # it may be one of other services alone
        point = store.newest_good(service, self.told) if latest else store.point(wanted.point)
        owner = ids_of(wanted.owner or None)
        part = point.part_of(service)
        if part is None:
            raise UsageError(
                f"{point.id} has nothing of `{service}`",
                where=store.where,
                next_step=f"`vrooli backup show {point.id}` tells what it has",
            )
        if wanted.facts is not None:
            write_durably(wanted.facts, json.dumps(part.facts))
        total = sum(one.plain for one in chain_of(part, store))
        room = Room(made(wanted.folder))
        room.require(total)
        pace = Pace(total, told)

        def done(size: int) -> None:
            room.watch()
            pace(size)

        fetcher = Fetcher(store, keys, partial(combiner, self._place))
        good = _is_proved(store, point)
        fetcher.fetch(proved(part) if good else part, wanted.folder, owner, done)
        if wanted.wal is not None:
            self._wal_of(point, service, wanted.timeline)(wanted.wal, wanted.owner, told)

    def begin_beside(self, wanted: str, service: str, told: Told) -> str:
        """See `main.backup_beside`."""
        fetch, archived = self._of(wanted, service), self._archived(wanted, service)
        return BesideCopies(self._place, service).begin(fetch, archived, told)

    def end_beside(self, service: str) -> bool:
        """The same."""
        return BesideCopies(self._place, service).end()

    def into(self, wanted: str, service: str, folder: Path, told: Told) -> tuple[str, str]:
        """The same."""
        fetch = self._of(wanted, service)
        with made_for(folder):
            return BesideCopies(self._place, service).by_hand(folder, fetch, told)

    def rescue(self, wish: Wish, service: str, table: str, told: Told) -> Rescued:
        """See `main.backup_rescue`."""
        point = self.store().point(wish.restore)
        wal = self._wal_of(point, service, wish.timeline)
        source = Source(
            self._of(point.id, service),
            self._archived(point.id, service),
            Along(wish, wal) if wish.until else None,
        )
        return Rescue(self._place, service, told).table(table, source)

    def _archived(self, wanted: str, service: str) -> Archived | None:
        """What is known of them, where those are what a point has of a service."""
        part = self.store().point(wanted).part_of(service)
        if part is None or part.source not in ARCHIVES:
            return None
        return Archived.of_facts(part.facts, service)

    def _of(self, wanted: str, service: str) -> Fetch:
        def fetch(folder: Path, owner: str, told: Told) -> None:
            self.fetch(Fetched(wanted, service, folder, owner), told)

        return fetch

    def _wal_of(self, point: Point, service: str, timeline: int) -> Fetch:
        """What leads on from a restore point; see `BackupWal.gather`."""

        def gather(folder: Path, owner: str, told: Told) -> None:
            wal, ids = self._wal(service), ids_of(owner or None)
            size = wal.gather(point, timeline, folder, ids, told)
            if size:
                told(f"{rough_size(size)} of WAL")

        return gather

    async def _take(self, progress: Sending, how: Taking) -> tuple[str, Point]:
        async with self._place.context() as context:
            await swept(context, ours=(BACKUP_LOCK,))  # it may take the room that is needed
            full = dict[str, NoRoom]()
            while True:  # until one has room, or each was tried
                subjects = _subjects(context, how)
                self._place.keys()
                into, store = await asyncio.to_thread(self._place.spread(self.told).writing, full)
                await asyncio.to_thread(self._sweep, into, store)
                taker = self._taker(into, store, progress, how, context.stack.backup.rate)
                about = (context.stack.name, os.uname().nodename, __version__)
                try:
                    return into, await taker.take(_new_id(), about, subjects)
                except VrooliError as error:
                    if self._stores.folder(into) is not None:  # full of what is half there, maybe
                        await asyncio.to_thread(self._sweep, into, store)
                    if not isinstance(error, NoRoom):
                        raise
                    full[into] = error

    def _taker(self, into: str, store: Store, progress: Sending, how: Taking, rate: int) -> Taker:
        return Taker(
            store,
            self._place.keys(),
            LocalOutputs(),
            SystemClock(),
            _workers(),
            partial(self._stores.room, into),
            how.anew,
            progress,
            how.incremental,
            how.reading or ("spare" if load() > BUSY else "usual"),
            rate,
        )

    def _sweep(self, name: str, store: Store) -> None:
        """What runs left that failed or were killed; not while a copy brings packs without a
        manifest, and it is no failure of a backup that whoever writes may not remove.
        """
        copying = FileLock(self.home.root / COPYING, "a copy to the stores")
        try:
            copying.take()
            self._place.spread(self.told).tidy(name)
            store.sweep()
        except Busy:
            return
        except StorageError as error:
            self.told(f"what was left half-done stays: {error.what}")
        finally:
            copying.release()

    async def _prove(self, store: Store, wanted: str, told: Told) -> tuple[Proof, list[Proof]]:
        async with self._place.context() as context:
            point = store.point(wanted)
            backings = backings_of(context)
            _require({part.service for part in point.parts}, backings, point)
            room = partial(free_in, self.home.root / "data")
            combine = partial(combiner, self._place)
            prover = Prover(store, self._place.keys(), SystemClock(), room, ids_of, told, combine)
            proof = await prover.prove(point, backings)
            return proof, await asyncio.to_thread(prover.along, point, proof)


def _is_proved(store: Store, point: Point) -> bool:
    """Whether all of it was restored and looked at."""
    try:
        proof = store.proof(point.id, point)
    except VrooliError:  # it says nothing, and the point may be whole
        return False
    return proof is not None and proof.outcome == "verified"


def _require(needed: Collection[str], backings: Collection[str], point: Point) -> None:
    if missing := sorted(set(needed) - set(backings)):
        raise UsageError(
            f"{point.id} holds {', '.join(missing)}, which the stack does not have any more",
            next_step="declare it again, or take another restore point",
        )


def _once(told: Told) -> Told:
    """Each line, however often a command meets what it tells of."""
    said = set[str]()

    def hear(line: str) -> None:
        if line not in said:
            said.add(line)
            told(line)

    return hear


def _both(first: Callable[_Said, None], second: Callable[_Said, None]) -> Callable[_Said, None]:
    """Both of them hear it."""

    def hear(*said: _Said.args, **named: _Said.kwargs) -> None:
        first(*said, **named)
        second(*said, **named)

    return hear


def _subjects(context: Context, how: Taking) -> list[Subject]:
    backings = backings_of(context)
    found = chosen(backings, {name: one.form for name, one in backings.items()}, how.only)
    if not found:
        raise UsageError(
            "there is nothing here that can be backed up",
            next_step="a PostgreSQL or a Redis that the stack runs can, and files",
        )
    return [Subject(name, backing.of_form(how.form)) for name, backing in found.items()]


def _new_id() -> str:
    return f"{time.strftime('%Y%m%dt%H%M%Sz', time.gmtime())}-{secrets.token_hex(3)}"


def _workers() -> int:
    """Threads that compress, one more than processors: there is always one that waits for the disk,
    or for a store far away. Each holds some pieces of 16 MiB.
    """
    return min(4, max(1, len(os.sched_getaffinity(0)))) + 1
