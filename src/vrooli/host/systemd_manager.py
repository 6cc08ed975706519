"""Port `Manager`: systemd, over D-Bus. org.freedesktop.systemd1(5) has what is called here."""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from signal import SIGKILL
from typing import Any

from vrooli.core.errors import AccessDenied, DeadlineExceeded, StartFailed, Unreachable
from vrooli.core.ports.bus import Bus, Call, Match, Reply, Signal, Signals
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.manager import Held
from vrooli.host.own_stops import OwnStops
from vrooli.host.systemd_journal import Journal
from vrooli.host.systemd_unit import OVER, held

NAME = "org.freedesktop.systemd1"
OBJECT = "/org/freedesktop/systemd1"
MANAGER, UNIT, SERVICE, JOB = (f"{NAME}.{word}" for word in ("Manager", "Unit", "Service", "Job"))
PROPERTIES = "org.freedesktop.DBus.Properties"

NO_UNIT = f"{NAME}.NoSuchUnit"

TAKEN_ON = 5.0
"""Seconds for which a start is watched: what cannot be started fails within them, what takes longer
is under way.
"""

KILLED = 10.0
"""Seconds that a killed unit may take to be gone."""

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 10.0
"""Seconds before a bus that went away is tried again."""


class SystemdManager:
    """systemd, the system's or a user's.

    Args:
        bus: on which it is.
        journal: has what it forgets.
        clock: of the pauses.
        own: remembers which stops were ours.
    """

    def __init__(self, bus: Bus, journal: Journal, clock: Clock, own: OwnStops) -> None:
        self._bus, self._journal, self._clock, self._own = bus, journal, clock, own
        self._stopped: dict[str, str] = {}
        self._forgotten: dict[str, str] = {}
        self._begun: dict[str, int] = {}

    async def look(self, name: str) -> Held:
        """See the port."""
        begun = self._begun.get(name, 0)
        seen = await self._seen(name)
        if begun % 2 or begun != self._begun.get(name, 0):
            seen = replace(seen, asked=False)  # we are starting it, and made it look so
        if seen.phase not in OVER:
            self._forgotten.pop(name, None)
            return seen
        if await self._get(OBJECT, MANAGER, "SystemState") == "stopping":
            return replace(seen, phase="stopping", asked=False, message="the system shuts down")
        if seen.phase == "ended" and not (seen.run or seen.asked):
            seen = await self._remembered(seen)
        return replace(seen, asked=seen.asked and not self._own.has(name, seen.run))

    async def start(self, name: str) -> None:
        """See the port. What had failed, or had been started too often, begins anew."""
        async with self._jobs() as signals:
            reply = await self._begin(name)
            if not reply.ok:
                raise _not_started(name, reply.said)
            result = await result_of(signals, reply.body[0], TAKEN_ON)
        if result not in ("done", ""):
            seen = await self.look(name)
            raise _not_started(name, f"{result}: {seen.message}")

    async def _begin(self, name: str) -> Reply:
        """Forget that it failed, and ask for its start; until then it may look as if stopped."""
        with self._beginning(name):
            await self._ask("ResetFailedUnit", "s", _full(name))  # nothing to forget is no trouble
            return await self._ask("StartUnit", "ss", _full(name), "replace")

    @contextmanager
    def _beginning(self, name: str) -> Iterator[None]:
        """What is seen of it meanwhile is our doing."""
        self._begun[name] = self._begun.get(name, 0) + 1
        try:
            yield
        finally:
            self._begun[name] += 1

    async def stop(self, name: str, seconds: float) -> None:
        """See the port. By a job of systemd's, which alone keeps `Restart=` from undoing it."""
        seen = await self.look(name)
        if seen.phase not in OVER:
            self._own.note(name, seen.run)
        async with self._jobs() as signals:
            reply = await self._ask("StopUnit", "ss", _full(name), "replace")
            if reply.error == NO_UNIT:
                return
            job = _body(reply, name)[0]
            if await result_of(signals, job, seconds):
                return
            await self._ask("KillUnit", "ssi", _full(name), "all", int(SIGKILL))
            if not await result_of(signals, job, KILLED):
                what = f"it did not end within {seconds + KILLED:g} s, although it was killed"
                raise DeadlineExceeded(what, where=name)

    async def signal(self, name: str, signal: int) -> None:
        """See the port; nothing where there is no such process."""
        await self._ask("KillUnit", "ssi", _full(name), "main", signal)

    async def tail(self, name: str, lines: int) -> list[str]:
        """See the port; the journal's."""
        return await asyncio.to_thread(self._journal.tail, _full(name), lines)

    async def follow(self, names: Collection[str]) -> AsyncIterator[Held]:
        """See the port."""
        pause = FIRST_PAUSE
        while True:
            try:
                async for seen in self._follow(names):
                    yield seen
                    pause = FIRST_PAUSE
            except (Unreachable, DeadlineExceeded, AccessDenied):
                await self._clock.sleep(pause)
                pause = min(LONGEST_PAUSE, 2 * pause)

    async def _follow(self, names: Collection[str]) -> AsyncIterator[Held]:
        """Numbered:

        1. listen before looking, so that nothing happens in between
        2. what ends is not forgotten while somebody refers to it
        3. whatever is told about a unit, look at it: what was told may be over already
        """
        units = {await self._path(name): name for name in names}
        last: dict[str, Held] = {}
        async with self._bus.listen([_JOB_NEW, _RELOADING, *map(changes_of, units)]) as signals:
            await self._subscribe()
            for name in names:
                with suppress(AccessDenied):
                    await self._ask("RefUnit", "s", _full(name))
            news = set(names)
            while True:
                for name in sorted(news):
                    seen = await self.look(name)
                    if last.get(name) != seen:
                        last[name] = seen
                        yield seen
                news = set()
                for signal in [await signals.next(), *signals.pending()]:
                    news |= await self._about(signal, units)

    async def _about(self, signal: Signal, units: dict[str, str]) -> set[str]:
        """The units that it is about; stops are remembered."""
        if signal.interface == PROPERTIES:
            return {units[signal.path]} if signal.path in units else set()
        if signal.member == _RELOADING.member:
            return set(units.values())
        _, job, unit = (*signal.body, "", "", "")[:3]
        found = {name for name in units.values() if _full(name) == unit}
        for name in found:
            if await self._get(job, JOB, "JobType") == "stop":
                self._stopped[name] = (await self.look(name)).run
        return found

    async def _seen(self, name: str) -> Held:
        """How it is, read as a whole: of one that is over it is asked once more whether it still
        is, because what tells a stop from an end would be that of its next run.
        """
        path = await self._path(name)
        unit = await self._all(path, UNIT)
        while True:
            service = await self._all(path, SERVICE) if _full(name).endswith(".service") else {}
            seen = held(name, unit, service, self._stopped.get(name, ""))
            if seen.phase not in OVER:
                return seen
            before, unit = unit, await self._all(path, UNIT)
            if all(before.get(key) == unit.get(key) for key in _CHANGING):
                return seen

    async def _remembered(self, seen: Held) -> Held:
        """systemd forgets a unit that has ended well and that nothing refers to; the journal does
        not.
        """
        name = seen.name
        if name not in self._forgotten:
            ask = self._journal.stopped_run
            self._forgotten[name] = await asyncio.to_thread(ask, _full(name))
        run = self._forgotten[name]
        return replace(seen, run=run, asked=True) if run else seen

    @asynccontextmanager
    async def _jobs(self) -> AsyncIterator[Signals]:
        """Hear which jobs are done."""
        async with self._bus.listen([_JOB_REMOVED]) as signals:
            await self._subscribe()
            yield signals

    async def _subscribe(self) -> None:
        """Have it send signals at all; that we have done so before is no trouble."""
        await self._ask("Subscribe", "")

    async def _path(self, name: str) -> str:
        return str(_body(await self._ask("LoadUnit", "s", _full(name)), name)[0])

    async def _all(self, path: str, interface: str) -> dict[str, Any]:
        reply = await self._bus.call(Call(NAME, path, PROPERTIES, "GetAll", "s", (interface,)))
        return dict(_body(reply, path)[0])

    async def _get(self, path: str, interface: str, name: str) -> str:
        """One property; empty when there is none such, like that of a job that is done."""
        reply = await self._bus.call(Call(NAME, path, PROPERTIES, "Get", "ss", (interface, name)))
        return str(reply.body[0]) if reply.ok else ""

    async def _ask(self, member: str, signature: str, *body: Any) -> Reply:
        return await self._bus.call(Call(NAME, OBJECT, MANAGER, member, signature, body))


_CHANGING = ("StateChangeTimestampMonotonic", "InvocationID", "Job")
"""Properties of a unit of which one is another when it has changed."""

_JOB_NEW = Match(NAME, MANAGER, OBJECT, "JobNew")
_JOB_REMOVED = Match(NAME, MANAGER, OBJECT, "JobRemoved")
_RELOADING = Match(NAME, MANAGER, OBJECT, "Reloading")
"""It has read its units anew: some may be others now, or gone."""


def changes_of(path: str) -> Match:
    """Whatever changes about that unit."""
    return Match(NAME, PROPERTIES, path, "PropertiesChanged")


def _full(name: str) -> str:
    """As people write it, `nginx` is `nginx.service`."""
    return name if "." in name else f"{name}.service"


async def result_of(signals: Signals, job: str, seconds: float) -> str:
    """How a job ended: `done`, `failed`, `timeout`, ...; empty when it has not, in that time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                _, path, _, result = (*(await signals.next()).body, "", "", "", "")[:4]
                if path == job:
                    return str(result)
    return ""


def _body(reply: Reply, where: str) -> tuple[Any, ...]:
    if not reply.ok:
        raise Unreachable(f"systemd says: {reply.said or reply.error}", where=where)
    return reply.body


def _not_started(name: str, said: str) -> StartFailed:
    return StartFailed(
        f"systemd did not start it: {said}",
        where=name,
        next_step=f"`systemctl status {name}` shows more",
        retryable=True,
    )
