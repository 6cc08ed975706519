"""Where the backups of a stack are taken, proven and given back: its home, its keys, its store, and
what of its services can be asked.
"""

import os
import pwd
import shutil
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from vrooli.backup.choosing import in_order
from vrooli.backup.keys import IDENTITY, MAC, Keys, keys_of
from vrooli.backup.sealing import new_identity
from vrooli.backup.source import backings_besides
from vrooli.backup.store import Store
from vrooli.core.errors import Busy, Refused, Unreachable, UsageError
from vrooli.core.home import Home
from vrooli.host.blob_folder import is_there
from vrooli.host.locks import FileLock
from vrooli.host.secrets import FileSecrets, secret_in
from vrooli.host.standing_back import stand_back
from vrooli.host.start_keeper import answering
from vrooli.main.assemble import context_for
from vrooli.main.backup_left import lock_path
from vrooli.main.backup_spread import BackupSpread
from vrooli.main.backup_stores import BackupStores
from vrooli.main.places import this_machine
from vrooli.stack.backing import Backing
from vrooli.stack.backup_settings import BackupSettings
from vrooli.stack.compiled import read_compiled
from vrooli.stack.job_launch import JOB
from vrooli.stack.kinds import kind_of
from vrooli.stack.runtime import Context
from vrooli.stack.upgrading import Told

FILES_LOCK = "backup-files.lock"
"""Of whoever puts files back."""

DURING_RECOVERY = (FILES_LOCK,)
"""What may be done while a home is made anew: nothing that writes to a store."""

_TRIES, _PAUSE = 10, 0.2
"""How often a lock is tried, and seconds in between."""


@dataclass(frozen=True, slots=True)
class BackupPlace:
    """Of one stack.

    Attributes:
        away: where stores are that gave no answer to this command.
    """

    home: Home
    environment: Mapping[str, str]
    away: set[str] = field(default_factory=set, compare=False)

    def store(self) -> Store:
        """All of its stores, as one; see `spread`."""
        return self.spread(lambda _: None).reading()

    def spread(self, told: Told) -> BackupSpread:
        """Its stores.

        Raises:
            UsageError: there are restore points, and the key to them is missing.
        """
        stores = BackupStores(self.home, self.environment)
        return BackupSpread(stores, self.known_keys(), told, self.away)

    def known_keys(self) -> Keys | None:
        """Those that there are; None where no point was ever taken: nothing is made then."""
        return None if self._is_new() else self.keys()

    @property
    def folder(self) -> Path:
        """The folder of the store."""
        return self.home.root / "backups"

    @property
    def settings(self) -> BackupSettings:
        """`[backup]` of the stack that was brought up last."""
        return BackupStores(self.home, self.environment).backup()

    @contextmanager
    def alone(self, name: str, purpose: str) -> Iterator[None]:
        """To the very end, also of threads. What is locked below `holds` keeps the watchdog from
        restarting what runs. A job, which nobody waits for, stands back: for whoever is at it, and
        for all who want the disk.
        """
        as_job = JOB in self.environment
        if as_job:
            stand_back()
        path = lock_path(self.home, name)
        if not self.home.root.is_dir():
            raise UsageError(
                "there is no stack here yet",
                where=str(self.home.root),
                next_step="`vrooli up` makes it; VROOLI_HOME names another home",
            )
        if self.home.recovery.exists() and name not in DURING_RECOVERY:
            # A point of what is not whole yet would be taken for the newest state of the stack.
            raise Refused(
                "the stack is being made anew here, and is not whole yet",
                where=str(self.home.recovery),
                next_step="let `vrooli recover` come to its end, then again",
            )
        path.parent.mkdir(mode=0o700, exist_ok=True)
        lock = FileLock(path, purpose)
        lock.take(wait=True) if as_job else _take(lock)
        try:
            yield
        finally:
            lock.release()

    @asynccontextmanager
    async def context(self) -> AsyncIterator[Context]:
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

    def _is_new(self) -> bool:
        """Whether no point was ever taken here: nothing is made then by who only looks."""
        return not self.home.backup_identity.exists() and not is_there(self.folder)

    def keys(self) -> Keys:
        """Made when there is no store yet. A store whose key is gone gets no other one: nobody
        could open what is in it, and two keys in one store would open half of it each.
        """
        missing = [name for name in (IDENTITY, MAC) if not (self.home.secrets / name).exists()]
        if missing and is_there(self.folder):
            raise UsageError(
                f"there are restore points in {self.folder}, and their key is missing",
                where=", ".join(str(self.home.secrets / name) for name in missing),
                next_step="put your copy of it back there; without it move the folder away, and "
                "begin anew",
            )
        identity = secret_in(self.home.backup_identity, new_identity)
        mac = FileSecrets(self.home.secrets, self.environment).create(MAC)
        return keys_of(identity, mac, self.settings.recipients)


def _take(lock: FileLock) -> None:
    """The watchdog takes it for a moment when it removes what was left by who was killed."""
    for _ in range(_TRIES):
        try:
            return lock.take()
        except Busy:
            time.sleep(_PAUSE)
    lock.take()


def backings_of(context: Context) -> dict[str, Backing]:
    """How the data of each service is backed up, of those whose kind can be; then all else."""
    found = {
        name: kind_of(service).backing(service, context)
        for name, service in context.stack.services.items()
    }
    of_services = {name: backing for name, backing in found.items() if backing is not None}
    besides = backings_besides(context)
    if twice := sorted(set(besides) & set(context.stack.services)):
        raise UsageError(
            f"`{twice[0]}` names a service, and something else that is backed up",
            next_step="rename the service or the files; or `system = false` in [backup]",
        )
    return in_order(of_services | besides)


def free_in(folder: Path) -> int:
    """Bytes that are free there."""
    return shutil.disk_usage(folder).free


def ids_of(user: str | None) -> tuple[int, int] | None:
    """Number of a system user and of its group; None for nobody.

    Raises:
        UsageError: there is none of this name.
    """
    if not user:
        return None
    try:
        found = pwd.getpwnam(user)
    except KeyError as error:
        raise UsageError(
            f"there is no user `{user}` here", next_step="name one that `getent passwd` shows"
        ) from error
    return found.pw_uid, found.pw_gid


def load() -> float:
    """Runnable or waiting tasks per processor, over a minute."""
    return os.getloadavg()[0] / len(os.sched_getaffinity(0))
