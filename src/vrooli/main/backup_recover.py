"""Composition root of `vrooli recover`: a run on `flow`, whose journal lies in the home that it
makes.

Killed at any moment, the same command goes on: a step that has ended is not done again.
"""

import asyncio
import hashlib
import shutil
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vrooli import __version__
from vrooli.backup.fetching import fetch
from vrooli.backup.keys import IDENTITY, MAC, keys_of
from vrooli.backup.point import Point
from vrooli.backup.recovery import (
    RUN,
    Asked,
    Beginning,
    Outlook,
    beginning_read,
    missing_of,
    routine_of,
    services_of,
    system_of,
)
from vrooli.backup.sealing import Opener
from vrooli.backup.store import opened
from vrooli.core.errors import Refused, StartFailed, UsageError, VrooliError
from vrooli.core.home import Home
from vrooli.flow.driver import Driver
from vrooli.flow.entries import Failure, Finished
from vrooli.flow.interpreter import Broken, Call
from vrooli.host.clock import SystemClock
from vrooli.host.locks import FileLock
from vrooli.host.secrets import secret_in
from vrooli.host.sqlite_journal import SqliteJournals
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_laid import Laid
from vrooli.main.backup_place import BackupPlace
from vrooli.main.backup_stores import RECOVERED, BackupStores, room_in, store_at
from vrooli.main.places import find_home, make_home
from vrooli.stack.compiled import read_compiled
from vrooli.stack.durable import write_durably
from vrooli.stack.upgrading import Wish

Told = Callable[[str], None]

SPARE = 1.25
"""Room that is asked for, of the size of the data: a server that recovers writes WAL."""

_STAGE, _LOCK = "recovery.new", "recovery.lock"
_KEYS = {"access_key": "AWS_ACCESS_KEY_ID", "secret_key": "AWS_SECRET_ACCESS_KEY"}


class StackRecovery:
    """One.

    Raises:
        UsageError: there is no store there, or something in the home already.
        SecretError: the file holds no identity, or others can read it.
        Damaged: the identity is another.
    """

    def __init__(self, asked: Asked, environment: Mapping[str, str], up: "Bringing") -> None:
        self._environment, self._up, self._adopts = environment, up, asked.adopt
        identity = _identity(secret_in(_there(asked.key)))
        settings = store_at(asked.store, asked.endpoint)
        # Its references are resolved in a home; here there is none yet.
        stores = BackupStores(Home(Path("/nonexistent"), Path("/nonexistent")), environment)
        self._store = opened(stores.blobs_of(settings), Opener((identity,)))
        self._keys = keys_of(identity, self._store.key.decode())
        self._identity, self._settings = identity, settings
        chosen = self._chosen(asked.wanted)
        self.home = _home(asked.home, chosen.stack, environment)
        self._begun = self._beginning(chosen)
        self._file = Path(self._begun.file) if self._begun else asked.file
        self.point = chosen if self._begun is None else self._store.point(self._begun.point)

    def outlook(self) -> Outlook:
        """What will be done; nothing is changed."""
        need = int(sum(part.plain for part in self.point.parts) * SPARE)
        return Outlook(
            point=self.point,
            home=str(self.home.root),
            file=str(self._file),
            services=services_of(self.point),
            missing=missing_of(self.point, __version__),
            need=need,
            free=room_in(self.home.root),
            again=self._begun is not None,
        )

    def run(self, told: Told) -> float:
        """Do it, or go on with it.

        Returns:
            seconds since it was first begun.

        Raises:
            Refused: there is not enough room.
            StartFailed: a step failed, with its reason; the same again goes on with that step.
            Busy: somebody is at it already.
        """
        look = self.outlook()
        if look.free < look.need and not look.again:
            raise Refused(
                f"{look.need // 1_000_000} MB are needed, {look.free / 1_000_000:.0f} MB are free",
                where=look.home,
                next_step="make room there, or name another `--home`",
            )
        self.home.root.mkdir(mode=0o755, parents=True, exist_ok=True)
        with _alone(self.home):
            begun = self._begun or self._written()
            make_home(self.home)
            self._keep_given_keys()
            asyncio.run(self._driven(told))
            self._forget()
        return time.time() - begun.at

    def left_out(self) -> tuple[str, ...]:
        """What is in the point and has no place in the stack that was brought up."""
        known = read_compiled(self.home.stack_json).services
        return tuple(name for name in services_of(self.point) if name not in known)

    def _chosen(self, wanted: str) -> Point:
        return self._store.newest_whole() if wanted == "latest" else self._store.point(wanted)

    def _beginning(self, point: Point) -> Beginning | None:
        """What was begun here before; None in an empty place."""
        path = self.home.recovery
        if path.exists():
            begun = beginning_read(path.read_text(encoding="utf-8"), str(path))
            if begun.store["url"] != self._settings.url:
                raise UsageError(
                    f"a recovery from {begun.store['url']} was begun here and is not done",
                    where=str(self.home.root),
                    next_step="go on with that one, or remove this home first",
                )
            return begun
        if self.home.root.is_dir() and {path.name for path in self.home.root.iterdir()} - {_LOCK}:
            raise UsageError(
                f"there is something already where {point.stack} would be made anew",
                where=str(self.home.root),
                next_step="name an empty folder with `--home`; `vrooli restore` brings the data of "
                "a stack back that is there",
            )
        return None

    def _written(self) -> Beginning:
        """First of all: what is in this home from now on is ours to go on with."""
        keys = {name: f"file:{self._key_file(name)}" for name in self._given()}
        store = {**asdict(self._settings), "name": RECOVERED, **keys}
        begun = Beginning(store, self.point.id, str(self._file), time.time())
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

    def _forget(self) -> None:
        """It is a home like any other from now on."""
        for name in _KEYS:
            self._key_file(name).unlink(missing_ok=True)
        for path in self.home.root.glob(f"{self.home.recovery_journal.name}*"):
            path.unlink()
        self.home.recovery.unlink()
        (self.home.root / _LOCK).unlink()

    def _key_file(self, name: str) -> Path:
        return self.home.secrets / f"recovery-{name.replace('_', '-')}"

    async def _driven(self, told: Told) -> None:
        journals = SqliteJournals(self.home.recovery_journal)
        try:
            await _failures_again(journals)
            steps = _Steps(self, told)
            driver = Driver(
                routine_of(self.point), {}, await journals.claim(RUN), steps, SystemClock()
            )
            end = await driver.run()
        finally:
            await journals.close()
        if isinstance(end, Broken):
            raise StartFailed(
                end.failure.reason,
                where=end.failure.where,
                next_step="mend that, then the same command goes on where it was",
            )

    # The steps

    def lay(self, told: Told) -> None:
        """A home with the keys."""
        told("lay the home, with the key")
        make_home(self.home)
        secret_in(self.home.secrets / IDENTITY, lambda: self._identity)
        secret_in(self.home.secrets / MAC, lambda: self._keys.mac.decode())

    def system(self, told: Told) -> None:
        """The stack file and the secrets, where the point has them."""
        part = system_of(self.point)
        if part is None:
            told("the stack file and the secrets are not in it: the built-in stack, new secrets")
            return
        told("put the stack file and the secrets in their places")
        stage = self.home.root / _STAGE
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(mode=0o700)
        fetch(part, self._store, self._keys, stage, None, lambda _: None)
        laid = Laid(stage)
        laid.put_secrets(self.home.secrets, but=(IDENTITY, MAC))
        if self._file.exists():
            told(f"  {self._file} is there: it counts, and not the one of the point")
        elif (text := laid.stack_file()) is not None:
            write_durably(self._file, text, 0o644)
            told(f"  {self._file}")
        for path in laid.put_named():
            told(f"  {path}")
        shutil.rmtree(stage)

    def resources(self, told: Told) -> None:
        """What has data, and what that needs, still empty."""
        known = self._up.services(self.stack_file)
        names = tuple(name for name in services_of(self.point) if name in known)
        told(f"bring up {', '.join(names) or 'nothing'}")
        if names:
            self._up(self.home, self.stack_file, names, told)

    def restore(self, service: str, told: Told) -> None:
        """The data of one; what was made empty a moment ago is not kept."""
        part = self.point.part_of(service)
        assert part is not None
        if service in self.left_out():
            told(f"{service} is not in the stack: its data stays in the store")
            return
        told(f"restore {service}, {part.plain // 1_000_000} MB")
        # The same each time: whoever was killed after it was in force does not do it again.
        mark = hashlib.sha256(f"{self.point.id} {service}".encode()).hexdigest()[:8]
        wish = Wish(restore=self.point.id, room=part.plain, mark=mark)
        self._up.upgrade(self.home, service, wish, told)
        self._up.upgrade(self.home, service, Wish(forget=True), told)

    def everything(self, told: Told) -> None:
        """All of it, until it is healthy. Whose the stores are is known before a job asks, where
        something was brought up already.
        """
        known = self.home.stack_json.exists()
        if known:
            self._own(told)
        told("bring up everything")
        self._up(self.home, self.stack_file, (), told)
        if not known:
            self._own(told)

    def _own(self, told: Told) -> None:
        spread = BackupPlace(self.home, self._environment).spread(told)
        for name in spread.stores.settings():
            try:
                if self._adopts:
                    spread.adopt(name)
                    told(f"  {name} is written to from here")
                else:
                    spread.ours(name)
            except VrooliError as error:
                told(f"  {name}: {error.what}")

    def paused(self) -> Mapping[str, str]:
        """Stores that nothing is written to, and why."""
        return BackupBook(self.home).read().paused

    @property
    def stack_file(self) -> Path | None:
        """The one that is used; None for the built-in stack."""
        return self._file if self._file.exists() else None


class Bringing:
    """Brings stacks up, as `main.kit` does; every method ends when it is done.

    Args:
        services: names of those in a stack file.
        start: of a stack file, a home and names; its progress.
        wish: of a home, a name and a wish; its progress.
    """

    def __init__(
        self,
        services: Callable[[Path | None], Collection[str]],
        start: Callable[[Path | None, Home, tuple[str, ...]], Iterator[Mapping[str, Any]]],
        wish: Callable[[Home, str, Wish], Iterator[Mapping[str, Any]]],
    ) -> None:
        self.services, self._start, self._wish = services, start, wish

    def __call__(self, home: Home, file: Path | None, names: tuple[str, ...], told: Told) -> None:
        """Bring it up; raises StartFailed."""
        _followed(self._start(file, home, names), told)

    def upgrade(self, home: Home, name: str, wish: Wish, told: Told) -> None:
        """Have it done; raises StartFailed."""
        _followed(self._wish(home, name, wish), told)


class _Steps:
    """Executes them: each may be repeated."""

    def __init__(self, recovery: StackRecovery, told: Told) -> None:
        self._recovery, self._told = recovery, told

    def repeatable(self, call: Call) -> bool:
        return True

    def lasting(self, call: Call) -> bool:
        return False

    async def execute(self, call: Call, begun: float) -> Finished:
        path, attempt, type = call.path, call.attempt, call.node.type
        try:
            await asyncio.to_thread(self._do, type, call.arguments["service"])
        except VrooliError as error:
            failure = Failure(type, error.what, error.where or path)
            return Finished(path, attempt, type, None, failure, time.time())
        return Finished(path, attempt, type, "", None, time.time())

    def _do(self, type: str, service: str) -> None:
        if type == "restore":
            self._recovery.restore(service, self._told)
        else:
            getattr(self._recovery, type)(self._told)


async def _failures_again(journals: SqliteJournals) -> None:
    """What failed before counts no more: whoever asks again has mended it."""
    failed = {
        entry.path: entry.attempt
        for entry in await journals.read(RUN)
        if isinstance(entry, Finished) and entry.failure is not None
    }
    if failed:
        await journals.again(RUN, failed)


def _followed(progress: Iterator[Mapping[str, Any]], told: Told) -> None:
    last: Mapping[str, Any] = {}
    for last in progress:
        if not last.get("done") and last.get("phase") not in ("unchanged", None):
            told(f"  {last['service']}: {last.get('message') or last['phase']}")
    if last.get("ok"):
        return
    error = last.get("error") or {}
    failed = ", ".join(last.get("failed", ()))
    raise StartFailed(
        error.get("message") or f"not all came up: {failed}",
        where=error.get("where") or failed,
        next_step=error.get("next_step") or "`vrooli logs NAME` shows more",
    )


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


@contextmanager
def _alone(home: Home) -> Iterator[None]:
    lock = FileLock(home.root / _LOCK, "another `vrooli recover`")
    lock.take()
    try:
        yield
    finally:
        lock.release()
