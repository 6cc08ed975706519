"""Composition root of `vrooli backup`: what takes, lists, proves and fetches restore points."""

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vrooli import __version__
from vrooli.backup.choosing import chosen
from vrooli.backup.fetching import fetch
from vrooli.backup.point import Part, Point
from vrooli.backup.proof import Proof
from vrooli.backup.proving import Prover
from vrooli.backup.store import Store
from vrooli.backup.taking import Subject, Taker
from vrooli.core.errors import UsageError, VrooliError
from vrooli.core.home import Home
from vrooli.host.clock import SystemClock
from vrooli.host.outputs import LocalOutputs
from vrooli.main import backup_files, backup_parts
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_drill import drill
from vrooli.main.backup_place import BackupPlace, backings_of, free_in, ids_of
from vrooli.stack.backup_ledger import BackupLedger, Drill

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

    def take(
        self,
        progress: Callable[[str, int], None],
        *,
        anew: bool = False,
        only: Sequence[str] = (),
    ) -> Point:
        """Take one now, of all there is, or of what `only` names.

        Raises:
            UsageError: there is nothing to take, or nothing of that name.
            Busy: another one is being taken.
            VrooliError: it could not be taken; nothing counts as a restore point then.
        """
        with self._place.alone("backup.lock", "another backup"):
            try:
                point = asyncio.run(self._take(progress, anew, only))
            except VrooliError as error:
                BackupBook(self.home).failed(time.time(), error)
                raise
            BackupBook(self.home).taken(point, (HERE,))
            return point

    def prove(self, wanted: str, told: Told) -> Proof:
        """Restore one beside what serves, and look at it."""
        with self._place.alone("backup-proof.lock", "another proof"):
            proof = asyncio.run(self._prove(wanted, told))
            BackupBook(self.home).proved(proof)
            return proof

    def drill(self, wanted: str, only: str, told: Told, *, busy: bool = False) -> list[Drill]:
        """Practise a restore; see `main.backup_drill`."""
        with self._place.alone("backup-proof.lock", "another proof"):
            return asyncio.run(drill(self._place, wanted, only, told, busy=busy))

    def ledger(self) -> BackupLedger:
        """What this host has seen of backups, without asking the store."""
        return BackupBook(self.home).read()

    def parts(self, wanted: str, only: Sequence[str]) -> list[tuple[Point, Part]]:
        """See `main.backup_parts`."""
        return backup_parts.parts(self._place, wanted, only)

    def differences(self, wanted: str, service: str) -> Iterator[str]:
        """See `main.backup_files`."""
        return backup_files.differences(self._place, wanted, service)

    def restore_files(self, wanted: str, service: str, told: Told) -> None:
        """See `main.backup_files`."""
        backup_files.restore(self._place, wanted, service, told)

    def fetch(self, wanted: str, service: str, folder: Path, owner: str, told: Told) -> None:
        """Unpack what a restore point has of a service."""
        store, keys = self.store(), self._place.keys()
        point = store.point(wanted)
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

        fetch(part, store, keys, folder, ids_of(owner or None), done)

    async def _take(
        self, progress: Callable[[str, int], None], anew: bool, only: Sequence[str]
    ) -> Point:
        async with self._place.context() as context:
            backings = backings_of(context)
            found = chosen(backings, {name: one.form for name, one in backings.items()}, only)
            if not found:
                raise UsageError(
                    "there is nothing here that can be backed up",
                    next_step="a PostgreSQL or a Redis that the stack runs can, and files",
                )
            keys = self._place.keys()
            store = Store(self._place.blobs(), keys.mac)
            room = partial(free_in, self.home.root)
            taker = Taker(
                store, keys, LocalOutputs(), SystemClock(), _workers(), room, anew, progress
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
