"""Port `UnitMaker`: transient units of systemd, each made for one service and gone with it."""

import asyncio
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from signal import SIGKILL

from vrooli.core.errors import DeadlineExceeded, StartFailed, StorageError
from vrooli.core.launch import LaunchSpec
from vrooli.core.ports.bus import Bus, Reply
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.manager import Held
from vrooli.core.ports.units import UnitSpec
from vrooli.host.own_stops import OwnStops
from vrooli.host.systemd_journal import Journal
from vrooli.host.systemd_manager import (
    FIRST_PAUSE,
    KILLED,
    NAME,
    TAKEN_ON,
    UNIT,
    SystemdManager,
    changes_of,
    result_of,
)
from vrooli.host.systemd_unit import OVER
from vrooli.host.unit_properties import environment_file, failed_step, properties
from vrooli.stack.unit_names import made_for

EXISTS = f"{NAME}.UnitExists"

MOST_REFERENCES = 1000
"""To one unit: each connection that follows units adds one."""

LOOK_AGAIN = 0.02
"""Seconds before one that is being made is looked at again."""

_MADE_FROM = "ssa(sv)a(sa(sv))"
_OVER = ("inactive", "failed")
_LOG_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NOCTTY | os.O_CLOEXEC


class SystemdUnits(SystemdManager):
    """systemd, with units that it runs for us alone beside those that others have made.

    Args:
        bus, journal, clock, own: as of the base.
        folder: where the environments of what is made lie, on a file system that is empty after a
            boot, as the units are gone then.
    """

    def __init__(
        self, bus: Bus, journal: Journal, clock: Clock, own: OwnStops, folder: Path
    ) -> None:
        super().__init__(bus, journal, clock, own)
        self.folder = folder

    async def look(self, name: str) -> Held:
        """See the port. That one was not there while it was made says nothing of it any more."""
        while True:
            begun = self._begun.get(name, 0)
            seen = await super().look(name)
            same = begun % 2 == 0 and begun == self._begun.get(name, 0)
            if same or seen.phase not in OVER or not made_for(name):
                return seen
            await self._clock.sleep(LOOK_AGAIN)

    async def make(self, name: str, spec: UnitSpec) -> None:
        """See the port. Numbered:

        1. what is left of the one before goes, and with it what that was told
        2. its environment lies where its owner alone can read it: properties are for everybody
        3. it is made and started in one, and watched for as long as any other start
        """
        program = _program(spec.launch)
        file = self._file(name)
        told = properties(spec, program, str(file))
        async with self._jobs() as signals:
            with self._beginning(name):
                await self._let_go(name)
                _write(file, spec.launch)
                reply = await self._make_now(name, told)
            if not reply.ok:
                raise _not_made(name, spec.launch, reply.said)
            result = await result_of(signals, reply.body[0], TAKEN_ON)
        if result not in ("done", ""):
            seen = await self.look(name)
            what, advice = failed_step(seen.code or 0, spec, program)
            if what:
                raise StartFailed(
                    f"{what} (unit `{name}`)",
                    where=spec.launch.service,
                    next_step=advice,
                    retryable=True,
                )
            raise _not_made(name, spec.launch, f"{result}: {seen.message}")

    async def _make_now(self, name: str, told: object) -> Reply:
        """One that is about to end is waited for."""
        deadline = self._clock.monotonic() + KILLED
        while True:
            reply = await self._ask("StartTransientUnit", _MADE_FROM, name, "replace", told, [])
            if reply.error != EXISTS or self._clock.monotonic() >= deadline:
                return reply
            if (await self._seen(name)).phase in ("running", "starting"):
                return reply
            await self._let_go(name)
            await self._clock.sleep(FIRST_PAUSE)

    async def remove(self, name: str) -> None:
        """See the port."""
        await self._let_go(name)
        with suppress(OSError):  # a variable more or less in memory of a unit that is gone
            self._file(name).unlink(missing_ok=True)

    async def stop(self, name: str, seconds: float) -> None:
        """See the port. What we have made has no `Restart=`, and is asked by a signal: a job of
        systemd's would wait for our own unit, which is stopped before it and by which we are.
        """
        if not made_for(name):
            await super().stop(name, seconds)
            return
        path = await self._path(name)
        async with self._bus.listen([changes_of(path)]) as signals:
            await self._subscribe()
            if await self._is_over(path):
                return
            number = await self._get(path, f"{NAME}.Service", "KillSignal")
            await self._ask("KillUnit", "ssi", name, "main", int(number))
            for patience, last in ((seconds, False), (KILLED, True)):
                with suppress(TimeoutError):
                    async with asyncio.timeout(patience):
                        while not await self._is_over(path):
                            await signals.next()
                        return
                if not last:
                    await self._ask("KillUnit", "ssi", name, "all", int(SIGKILL))
        what = f"it did not end within {seconds + KILLED:g} s, although it was killed"
        raise DeadlineExceeded(what, where=name)

    async def _is_over(self, path: str) -> bool:
        """Whether nothing of it runs; a stop that systemd has still to do changes nothing then."""
        return await self._get(path, UNIT, "ActiveState") in _OVER

    async def _let_go(self, name: str) -> None:
        """Have systemd forget one that has ended: that it failed, and that we wanted to know."""
        await self._ask("ResetFailedUnit", "s", name)
        for _ in range(MOST_REFERENCES):  # as often as it was asked for: systemd counts
            if not (await self._ask("UnrefUnit", "s", name)).ok:
                break
        self._forgotten.pop(name, None)

    async def _seen(self, name: str) -> Held:
        """See the base. One that we make and that is not there has ended."""
        seen = await super()._seen(name)
        if made_for(name) and seen.phase == "missing":
            return replace(seen, phase="ended", message="")
        return seen

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.env"


def _program(launch: LaunchSpec) -> str:
    """Through the PATH of its own environment; systemd would take its own."""
    name = launch.argv[0]
    if "/" in name:
        return os.path.normpath(os.path.join(launch.cwd, name))
    path = launch.env.get("PATH", "")
    found = shutil.which(name, path=path)
    if found is None:
        raise StartFailed(
            f"command not found: {name} in PATH {path}",
            where=launch.service,
            next_step="install it, or correct `command`",
        )
    return found


def _write(file: Path, launch: LaunchSpec) -> None:
    """The environment, and a log that only its group may read; systemd would let everybody."""
    text = environment_file(launch.env)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
        draft.replace(file)
        os.close(os.open(launch.log_path, _LOG_FLAGS, 0o640))
    except OSError as error:
        raise StorageError(
            f"cannot prepare its unit: {error.strerror}",
            where=str(error.filename or file),
            next_step="free some space or make the folder writable, then try again",
        ) from error


def _not_made(name: str, launch: LaunchSpec, said: str) -> StartFailed:
    return StartFailed(
        f"systemd did not start its unit `{name}`: {said}",
        where=launch.service,
        next_step=f"`vrooli logs {launch.service}` and `systemctl status {name}` show more",
        retryable=True,
    )
