"""Composition root of `vrooli recover`: a run on `flow`, whose journal lies in the home that it
makes.

Killed at any moment, the same command goes on: a step that has ended is not done again.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from vrooli.backup.keys import keys_of
from vrooli.backup.recovery import RUN, Asked, Beginning, Did, Outlook, beginning_read, routine_of
from vrooli.backup.recovery_report import report
from vrooli.backup.remembered import Remembered
from vrooli.backup.sealing import Opener, recipient_of
from vrooli.backup.store import Store, opened
from vrooli.core.errors import ConfigError, Damaged, Refused, StartFailed, UsageError
from vrooli.core.home import Home
from vrooli.core.sizes import rough_size
from vrooli.flow.driver import Driver
from vrooli.flow.entries import Finished
from vrooli.flow.interpreter import Broken
from vrooli.host.clock import SystemClock
from vrooli.host.locks import FileLock
from vrooli.host.secrets import secret_in
from vrooli.host.sqlite_journal import SqliteJournals
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_bringing import Bringing
from vrooli.main.backup_filling import fill
from vrooli.main.backup_place import BackupPlace
from vrooli.main.backup_recover_plan import NOWHERE, Planned, RecoveryPlan
from vrooli.main.backup_recover_steps import Recovering, RecoverySteps
from vrooli.main.backup_stores import RECOVERED, BackupStores, room_in, store_at
from vrooli.main.places import find_home, make_home
from vrooli.stack.compiled import read_compiled
from vrooli.stack.durable import sync_folder, write_durably

Told = Callable[[str], None]

SPARE = 1.25
"""Room that is asked for, of the size of the data: a server that recovers writes WAL."""

_OURS = "recovery."
_WHICH_KEY = (
    "name a copy of `secrets/backup-identity` of the home whose points these are, or the private "
    "key of one of its `recipients`; it begins with AGE-SECRET-KEY-1"
)
_KEYS = {"access_key": "AWS_ACCESS_KEY_ID", "secret_key": "AWS_SECRET_ACCESS_KEY"}


class StackRecovery:
    """One.

    Raises:
        UsageError: there is no store there, or something in the home already.
        ConfigError: the file holds no identity.
        SecretError: others can read it.
        Damaged: the identity is another.
    """

    def __init__(self, asked: Asked, environment: Mapping[str, str], up: Bringing) -> None:
        self._asked, self._environment, self._up = asked, environment, up
        self._identity = _valid(_identity(secret_in(_there(asked.key))), asked.key)
        self._settings = store_at(asked.store, asked.endpoint)
        # Its references are resolved in a home; here there is none yet.
        stores = BackupStores(NOWHERE, environment)
        with _named(asked.key):
            self._store = opened(stores.blobs_of(self._settings), Opener((self._identity,)))
        self._keys = keys_of(self._identity, self._store.key.decode())
        here = up.load(asked.file) if asked.file.exists() else None
        looked = replace(self._store, blobs=Remembered(self._store.blobs))
        plan = RecoveryPlan(looked, self._keys, asked, here.services if here else None, environment)
        name = here.name if here else _stack_of(looked)
        self.home = _home(asked.home, name, environment)
        self._begun = self._beginning(name)
        self._planned = plan.planned() if self._begun is None else _as_begun(self._begun)
        self._file = Path(self._begun.file) if self._begun else asked.file

    def outlook(self) -> Outlook:
        """What will be done; nothing is changed."""
        found = self._planned
        return Outlook(
            stack=found.stack,
            host=found.host,
            store=self._settings.url,
            home=str(self.home.root),
            file=str(self._file),
            parts=found.parts,
            missing=found.missing,
            need=int(sum(one.room for one in found.parts) * SPARE),
            free=room_in(self.home.root),
            begun=self._begun.at if self._begun else 0.0,
        )

    def run(self, told: Told) -> Mapping[str, Any]:
        """Do it, or go on with it.

        Returns:
            the report, see `backup.recovery_report`.

        Raises:
            Refused: there is not enough room.
            StartFailed: a step failed, with its reason; the same again goes on with that step.
            Busy: somebody is at it already.
        """
        look = self.outlook()
        if look.free < look.need and not look.begun:
            raise Refused(
                f"{rough_size(look.need)} are needed, {rough_size(look.free)} are free",
                where=look.home,
                next_step="make room there, or name another `--home`",
            )
        self.home.root.mkdir(mode=0o755, parents=True, exist_ok=True)
        with _alone(self.home):
            begun = self._begun or self._written()
            make_home(self.home)
            self._keep_given_keys()
            if not begun.report:
                steps = asyncio.run(self._driven(begun, told))
                stack, ended = read_compiled(self.home.stack_json), time.time()
                fill(BackupPlace(self.home, self._environment), told)
                said = report(begun, str(self.home.root), stack, steps, ended)
                said["paused"] = dict(BackupBook(self.home).read().paused)
                begun = replace(begun, report=said)
                write_durably(self.home.recovery, begun.written())
            self._settle()
        return begun.report

    def _beginning(self, stack: str) -> Beginning | None:
        """What was begun here before; None in an empty place."""
        path, asked = self.home.recovery, self._asked
        if path.exists():
            begun = beginning_read(path.read_text(encoding="utf-8"), str(path))
            same = (begun.store["url"], begun.wanted, begun.to)
            if same != (self._settings.url, asked.wanted, asked.to):
                said = f" --point {begun.wanted}" if begun.wanted != "latest" else ""
                said += f" --to '{begun.to}'" if begun.to else ""
                raise UsageError(
                    f"another recovery, `--from {begun.store['url']}{said}`, was begun here and is "
                    "not done",
                    where=str(self.home.root),
                    next_step="go on with that one; or `vrooli down`, and remove this home first",
                )
            return begun
        if self.home.root.is_dir() and not all(map(_is_ours, self.home.root.iterdir())):
            raise UsageError(
                f"there is something already where {stack} would be made anew",
                where=str(self.home.root),
                next_step="name an empty folder with `--home`; `vrooli restore` brings the data of "
                "a stack back that is there",
            )
        return None

    def _written(self) -> Beginning:
        """First of all: what is in this home from now on is ours to go on with."""
        keys = {name: f"file:{self._key_file(name)}" for name in self._given()}
        found, asked = self._planned, self._asked
        begun = Beginning(
            store={**asdict(self._settings), "name": RECOVERED, **keys},
            stack=found.stack,
            host=found.host,
            wanted=asked.wanted,
            to=asked.to,
            parts=found.parts,
            file=str(self._file),
            at=time.time(),
        )
        write_durably(self.home.recovery, begun.written())
        return begun

    def _given(self) -> dict[str, str]:
        """The keys of a bucket that the environment gives. They go along: who restores asks the
        same store, and has another environment.
        """
        given = {name: self._environment.get(name_of, "") for name, name_of in _KEYS.items()}
        return given if self._settings.url.startswith("s3:") and all(given.values()) else {}

    def _keep_given_keys(self) -> None:
        for name, value in self._given().items():
            write_durably(self._key_file(name), value)

    def _settle(self) -> None:
        """It is a home like any other from now on. Its report is written: whoever is killed in the
        middle of this does nothing else again.
        """
        for name in _KEYS:
            self._key_file(name).unlink(missing_ok=True)
        for path in self.home.root.glob(f"{self.home.recovery_journal.name}*"):
            path.unlink()
        os.replace(self.home.recovery, self.home.recovered)
        (self.home.root / _LOCK).unlink()
        sync_folder(self.home.root)

    def _key_file(self, name: str) -> Path:
        return self.home.secrets / f"recovery-{name.replace('_', '-')}"

    async def _driven(self, begun: Beginning, told: Told) -> list[tuple[str, Did]]:
        """What became of each step, those of earlier commands included."""
        journals = SqliteJournals(self.home.recovery_journal)
        work = Recovering(
            self.home,
            self._environment,
            self._store,
            self._keys,
            self._identity,
            begun.parts,
            self._file,
            self._up,
            again=self._begun is not None,
            adopts=self._asked.adopt,
        )
        try:
            await _failures_again(journals)
            routine, steps = routine_of(begun.parts), RecoverySteps(work, told)
            driver = Driver(routine, {}, await journals.claim(RUN), steps, SystemClock())
            end = await driver.run()
            done = [one for one in await journals.read(RUN) if isinstance(one, Finished)]
        finally:
            await journals.close()
        if isinstance(end, Broken):
            raise StartFailed(
                end.failure.reason,
                where=end.failure.where,
                next_step="mend that, then the same command goes on where it was",
            )
        return [(one.path, _did(one.output)) for one in done if one.failure is None]


_LOCK = f"{_OURS}lock"


def _stack_of(store: Store) -> str:
    """By the newest point that can be read; UsageError when there is none."""
    for id in reversed(store.ids()):
        with suppress(Damaged):
            return store.point(id).stack
    return store.point("latest").stack


def _did(output: Mapping[str, Any]) -> Did:
    return Did(output["seconds"], tuple(output["lines"]), tuple(output["left"]))


def _is_ours(path: Path) -> bool:
    """What somebody left who was killed before it was written what is begun."""
    return path.name == _LOCK or path.name.startswith(f".{_OURS}")


def _as_begun(begun: Beginning) -> Planned:
    return Planned(begun.stack, begun.host, begun.parts, ())


async def _failures_again(journals: SqliteJournals) -> None:
    """What failed before counts no more: whoever asks again has mended it."""
    failed = {
        entry.path: entry.attempt
        for entry in await journals.read(RUN)
        if isinstance(entry, Finished) and entry.failure is not None
    }
    if failed:
        await journals.again(RUN, failed)


def _home(said: Path | None, stack: str, environment: Mapping[str, str]) -> Home:
    given = {**environment, "VROOLI_HOME": str(said.absolute())} if said else environment
    return find_home(stack, given)


def _there(path: Path) -> Path:
    if not path.is_file():
        raise UsageError(
            "there is no such key file",
            where=str(path),
            next_step="name your copy of `secrets/backup-identity`",
        )
    return path


def _identity(text: str) -> str:
    """Without the words around it that `age-keygen` and `vrooli backup key export` write."""
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("#"))


def _valid(identity: str, key: Path) -> str:
    """It, if it is one: nothing that `age-keygen` makes anew opens what was sealed before."""
    try:
        recipient_of(identity)
    except ConfigError as error:
        raise ConfigError(error.what, where=str(key), next_step=_WHICH_KEY) from None
    return identity


@contextmanager
def _named(key: Path) -> Iterator[None]:
    """Name the file of a key that opens nothing here."""
    try:
        yield
    except Damaged as error:
        raise Damaged(
            f"the points there cannot be opened with the key in {key}: {error.what}",
            where=error.where,
            next_step=_WHICH_KEY,
        ) from error


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    lock = FileLock(home.root / _LOCK, "another `vrooli recover`")
    lock.take()
    try:
        yield
    finally:
        lock.release()
