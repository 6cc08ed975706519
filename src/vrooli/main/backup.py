"""Composition root of `vrooli backup`: what takes, lists, proves and fetches restore points."""

import asyncio
import os
import pwd
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vrooli import __version__
from vrooli.backup.fetching import fetch
from vrooli.backup.keys import IDENTITY, MAC, Keys, keys_of
from vrooli.backup.point import Point
from vrooli.backup.proof import Proof
from vrooli.backup.proving import Prover
from vrooli.backup.sealing import new_identity
from vrooli.backup.store import Store
from vrooli.backup.taking import Subject, Taker
from vrooli.core.errors import Refused, Unreachable, UsageError
from vrooli.core.home import Home
from vrooli.host.blob_folder import BlobFolder
from vrooli.host.clock import SystemClock
from vrooli.host.locks import FileLock
from vrooli.host.outputs import LocalOutputs
from vrooli.host.secrets import FileSecrets, secret_in
from vrooli.host.start_keeper import answering
from vrooli.main.assemble import context_for
from vrooli.main.places import this_machine
from vrooli.stack.backing import Backing
from vrooli.stack.compiled import read_compiled
from vrooli.stack.kinds import kind_of
from vrooli.stack.runtime import Context

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class StackBackups:
    """The restore points of the stack in one home."""

    home: Home
    environment: Mapping[str, str]

    def store(self) -> Store:
        """Where they are.

        Raises:
            UsageError: there are some, and the key to them is missing.
        """
        return Store(self._blobs(), b"" if self._is_new() else self._keys().mac)

    @property
    def folder(self) -> Path:
        """The folder of the store."""
        return self.home.root / "backups"

    def take(self, progress: Callable[[str, int], None], *, anew: bool = False) -> Point:
        """Take one now.

        Raises:
            UsageError: there is nothing to take.
            Busy: another one is being taken.
            VrooliError: it could not be taken; nothing counts as a restore point then.
        """
        with self._alone("backup.lock", "another backup"):
            return asyncio.run(self._take(progress, anew))

    def prove(self, wanted: str, told: Told) -> Proof:
        """Restore one beside what serves, and look at it."""
        with self._alone("backup-proof.lock", "another proof"):
            return asyncio.run(self._prove(wanted, told))

    def fetch(self, wanted: str, service: str, folder: Path, owner: str, told: Told) -> None:
        """Unpack what a restore point has of a service."""
        store, keys = self.store(), self._keys()
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

        fetch(part, store, keys, folder, _ids(owner or None), done)

    async def _take(self, progress: Callable[[str, int], None], anew: bool) -> Point:
        async with self._context() as context:
            found = _backings(context)
            if not found:
                raise UsageError(
                    "there is nothing here that can be backed up",
                    next_step="a PostgreSQL that the stack runs can",
                )
            keys = self._keys()
            store = Store(self._blobs(), keys.mac)
            room = partial(_free, self.home.root)
            taker = Taker(
                store, keys, LocalOutputs(), SystemClock(), _workers(), room, anew, progress
            )
            subjects = [Subject(name, backing) for name, backing in found.items()]
            about = (context.stack.name, os.uname().nodename, __version__)
            return await taker.take(_new_id(), about, subjects)

    async def _prove(self, wanted: str, told: Told) -> Proof:
        async with self._context() as context:
            store = self.store()
            point = store.point(wanted)
            backings = _backings(context)
            _require({part.service for part in point.parts}, backings, point)
            room = partial(_free, self.home.root / "data")
            prover = Prover(store, self._keys(), SystemClock(), room, _ids, told)
            return await prover.prove(point, backings)

    @contextmanager
    def _alone(self, name: str, purpose: str) -> Iterator[None]:
        """To the very end, also of threads. What is locked below `holds` keeps the watchdog from
        restarting what runs.
        """
        folder = self.home.holds if name == "backup.lock" else self.home.root
        if not self.home.root.is_dir():
            raise UsageError(
                "there is no stack here yet",
                where=str(self.home.root),
                next_step="`vrooli up` makes it; VROOLI_HOME names another home",
            )
        folder.mkdir(mode=0o700, exist_ok=True)
        lock = FileLock(folder / name, purpose)
        lock.take()
        try:
            yield
        finally:
            lock.release()

    @asynccontextmanager
    async def _context(self) -> AsyncIterator[Context]:
        """What asks and starts servers; through the keeper that runs.

        Raises:
            Refused: none does.
        """
        stack, machine = read_compiled(self.home.stack_json), this_machine(self.home)
        try:
            keeper = await answering(self.home)
        except Unreachable as error:
            raise Refused(
                "the stack is not up, and only a server that runs can be copied",
                where=str(self.home.root),
                next_step="`vrooli up`, then again",
            ) from error
        async with keeper:
            yield context_for(stack, self.home, machine, keeper, self.environment)

    def _blobs(self) -> BlobFolder:
        return BlobFolder(self.folder)

    def _is_new(self) -> bool:
        """Whether no point was ever taken here: nothing is made then by who only looks."""
        return not (self.home.secrets / IDENTITY).exists() and not self.folder.exists()

    def _keys(self) -> Keys:
        """Made when there is no store yet. A store whose key is gone gets no other one: nobody
        could open what is in it, and two keys in one store would open half of it each.
        """
        missing = [name for name in (IDENTITY, MAC) if not (self.home.secrets / name).exists()]
        if missing and self.folder.exists():
            raise UsageError(
                f"there are restore points in {self.folder}, and their key is missing",
                where=", ".join(str(self.home.secrets / name) for name in missing),
                next_step="put your copy of it back there; without it move the folder away, and "
                "begin anew",
            )
        identity = secret_in(self.home.secrets / IDENTITY, new_identity)
        mac = FileSecrets(self.home.secrets, self.environment).create(MAC)
        return keys_of(identity, mac)


def _backings(context: Context) -> dict[str, Backing]:
    found = {
        name: kind_of(service).backing(service, context)
        for name, service in context.stack.services.items()
    }
    return {name: backing for name, backing in found.items() if backing is not None}


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


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _ids(user: str | None) -> tuple[int, int] | None:
    if not user:
        return None
    try:
        found = pwd.getpwnam(user)
    except KeyError as error:
        raise UsageError(
            f"there is no user `{user}` here", next_step="name one that `getent passwd` shows"
        ) from error
    return found.pw_uid, found.pw_gid
