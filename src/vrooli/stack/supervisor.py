"""Starts and stops services in the order of their needs. Used by the watchdog, and by a command
while there is none.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import vrooli.stack.runtimes
from vrooli.core import discover
from vrooli.core.errors import Refused, StartFailed, UsageError, VrooliError
from vrooli.core.launch import Exit, Launch
from vrooli.core.ports.manager import Held
from vrooli.core.result import Result
from vrooli.stack import graph
from vrooli.stack.beside import is_beside
from vrooli.stack.config_test import require_sound_settings
from vrooli.stack.held import ask_all, forget_undeclared, is_held, note
from vrooli.stack.job_launch import is_job
from vrooli.stack.launched import is_declared_so
from vrooli.stack.launching import rotated
from vrooli.stack.making import left_over
from vrooli.stack.model import Service, Stack
from vrooli.stack.progress import Phase, Report, Step
from vrooli.stack.runtime import Context, Runtime

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one service's part of a start or stop ended; `error` is None when it went well.

    Attributes:
        left: what was found of it when it was refused before anything of it was touched, and so
            runs on as it did; None otherwise.
    """

    service: str
    changed: bool
    error: VrooliError | None = None
    left: Result | None = None

    @property
    def serves(self) -> bool:
        """Whether what needs it can do with it."""
        return self.error is None or (self.left is not None and self.left.healthy)


Seen = Callable[[str, Result], None]
"""Told what the look that verified a service found."""


def untold(name: str, result: Result) -> None:
    """For those who do not remember looks."""


class Supervisor:
    """The services of one stack. Never two operations on one service at a time."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._locks: dict[str, asyncio.Lock] = {}
        self._lost: frozenset[str] = frozenset()
        self._spares = False

    def sparing(self) -> "Supervisor":
        """The same, for what nobody asked for: it changes nothing that somebody stopped, or is
        about to stop, by way of its manager (`Refused`).
        """
        other = Supervisor(self.context)
        other._locks, other._spares = self._locks, True
        return other

    @property
    def stack(self) -> Stack:
        """The stack in force."""
        return self.context.stack

    def lock(self, name: str) -> asyncio.Lock:
        """Held by whoever changes `name`."""
        return self._locks.setdefault(name, asyncio.Lock())

    def busy(self, name: str) -> bool:
        """Whether somebody changes `name` now."""
        return self.lock(name).locked()

    async def refresh(self) -> None:
        """Learn from the keeper and the managers what runs. The keeper's launches of services that
        are no longer declared stay known, to be stopped.
        """
        await self._learn()
        await ask_all(self.stack.services.values(), self.context)

    async def _learn(self) -> frozenset[str]:
        forget_undeclared(self.context)
        launches = await self.context.tools.keeper.launches()
        alive = [launch for launch in launches if not is_job(launch.service)]
        self.context.launches.update({launch.service: launch for launch in alive})
        return frozenset(launch.launch_id for launch in alive)

    async def reconcile(self) -> None:
        """`refresh`, and take for ended what the keeper does not know, twice in a row, and what is
        no process any more: a keeper that could not write its record (disk full) told the next one
        nothing, and so nobody tells of the end.
        """
        alive = await self._learn()
        lost = {
            launch.launch_id: launch
            for launch in self.context.launches.values()
            if launch.launch_id not in alive
            and not is_held(launch)
            and self.context.exits.get(launch.launch_id) is None
            and self.context.processes.facts(launch.identity) is None
        }
        clock = self.context.tools.clock
        for launch_id in lost.keys() & self._lost:
            ended = Exit(0, lost[launch_id], None, None, clock.wall(), clock.monotonic())
            self.context.exits.record(ended)
        self._lost = frozenset(lost)

    def note_exit(self, ended: Exit) -> None:
        """A process ended."""
        self.context.exits.record(ended)

    def note_held(self, service: Service, held: Held) -> Exit | None:
        """A manager tells something; the ending that it tells, when that is news."""
        return note(service, held, self.context)

    def silence(self, service: Service) -> str:
        """Why nobody knows how `service` is: its manager does not answer; empty when it does."""
        return self.context.silent.get(service.name, "")

    def in_hand(self, service: Service) -> str:
        """How somebody stopped it by way of its manager, or lets it stand still; empty when nobody
        does.
        """
        return self.runtime(service).in_hand(service, self.context)

    async def require_ours(self, service: Service) -> None:
        """For what nobody asked for: raise `Refused` when it is not ours to change `service` now;
        its manager is asked anew.
        """
        if not self._spares or not service.is_held:
            return
        await ask_all((service,), self.context)
        if by := self.in_hand(service):
            raise Refused(
                f"somebody else has it in hand: {by}",
                where=service.name,
                next_step=f"`vrooli start {service.name}` has it run again",
            )
        held = self.held(service)
        if held is not None and held.phase == "stopping":
            raise Refused(
                self.obstacle(service),
                where=service.name,
                retryable=True,
                next_step="try again when that is done",
            )

    def held(self, service: Service) -> Held | None:
        """What its manager said last; None when it has none, or that said nothing yet."""
        return self.context.held.get(service.name) if service.is_held else None

    def let_go(self, service: Service) -> None:
        """Forget what its manager said: it is held no more, or another is held by that name."""
        if service.is_held:
            self.context.launches.pop(service.name, None)
            self.context.held.pop(service.name, None)
            self.context.silent.pop(service.name, None)

    def obstacle(self, service: Service) -> str:
        """Why nothing can be done about `service` now; empty when nothing is in the way."""
        held = self.held(service)
        if held is not None and held.phase == "missing":
            return f"its manager does not know `{held.name}`"
        if held is not None and held.phase == "stopping":
            return "its manager is stopping it"
        return self.silence(service)

    async def look(self, service: Service) -> Result:
        """One look, whatever runs it. Raises only when it is cancelled."""
        return await self.runtime(service).look(service, self.context)

    async def signal(self, service: Service, number: int, *, tree: bool = False) -> None:
        """Signal its main process, with `tree` also what that started; `StartFailed` when there is
        none.
        """
        await self.runtime(service).signal(service, self.context, number, tree=tree)

    def runtime(self, service: Service) -> Runtime:
        """The runtime of `service`."""
        return discover.load(
            vrooli.stack.runtimes,
            service.runtime,
            "RUNTIME",
            Runtime,  # type: ignore[type-abstract] # an instance of a subclass is expected
        )

    def running(self, service: Service) -> bool:
        """Whether it runs, as far as can be told without asking it."""
        return self.runtime(service).running(service, self.context)

    def age(self, launch: Launch) -> float | None:
        """Seconds for which the process of `launch` has lived; None when it is gone."""
        facts = self.context.processes.facts(launch.identity)
        return facts.age if facts is not None else None

    def outdated(self, service: Service) -> bool:
        """Whether it runs, but as an earlier version of the stack declared it, or with values of
        its references that are others now.

        One that cannot be resolved any more counts: whoever starts it again is told what is wrong
        before anything is stopped.
        """
        launch = self.context.launches.get(service.name)
        if service.is_held and not service.is_made:
            return False  # nothing of the declaration goes into it
        if launch is None or not service.managed or not self.running(service):
            return False
        if not is_declared_so(launch.fingerprint, service, self.stack):
            return True
        try:
            return bool(rotated(launch.fingerprint, service, self.stack, self.context.tools.place))
        except VrooliError:
            return True

    async def start_one(self, service: Service, report: Report) -> Result | None:
        """Bring `service` up and verify it; None when it runs already. Raises what its runtime
        raises.
        """
        async with self.lock(service.name):
            if service.is_held:
                await ask_all((service,), self.context)
            elif service.managed:
                await self._learn()  # the answer to an earlier request may have been lost
            if self.running(service) and service.managed:
                return None
            with _trouble_of(service):
                await self.require_ours(service)
                await self.require_sound(service)
                return await self.runtime(service).start(service, self.context, report)

    async def stop_one(self, service: Service) -> None:
        """Bring `service` down."""
        async with self.lock(service.name):
            with _trouble_of(service):
                await self.require_ours(service)
                await self.runtime(service).stop(service, self.context)

    def undeclared(self) -> list[str]:
        """What the keeper runs, or a unit that we have made, although the stack does not declare it
        (any more). What else a manager holds is left as it is, and so is what runs beside a
        service: whoever does that may be at work.
        """
        ours = (s for s in self.stack.services.values() if s.managed and not s.is_held)
        declared = {service.name for service in ours}
        launches = [(n, it) for n, it in self.context.launches.items() if not is_beside(n)]
        found = [name for name, it in launches if name not in declared and not is_held(it)]
        return list(dict.fromkeys([*found, *self._units_left_over()]))

    def _units_left_over(self) -> dict[str, Service]:
        return left_over(self.context.tools.place.home, self.stack.services.values())

    async def stop_undeclared(self, names: Iterable[str]) -> None:
        """Stop services of which nothing is known but their launch: the stack was edited while
        nobody watched.
        """
        units = self._units_left_over()
        for name in names:
            if name in units:
                await self.stop_one(units[name])
            await self.stop_one(Service(name, name, "scenario", "scenario"))

    async def restart_one(self, service: Service, report: Report) -> Result:
        """Bring it down and up again under one lock, so that nobody starts it in between."""
        async with self.lock(service.name):
            runtime = self.runtime(service)
            with _trouble_of(service):
                runtime.check(service, self.context)
                await self.require_sound(service)
                await self.require_ours(service)
                await runtime.stop(service, self.context)
                await self.require_ours(service)  # it took a while, and may have been no news
                return await runtime.start(service, self.context, report)

    async def require_sound(self, service: Service) -> None:
        """Raise `Refused` when the service's own test says that its settings are wrong: what runs
        is better left running.
        """
        await require_sound_settings(service, self.context)

    async def check(self, names: Iterable[str]) -> None:
        """Raise what would keep one of `names` from starting again, before anything is stopped."""
        services = [service for service in self._ordered(names) if not service.is_watchdog]
        for service in services:
            self.runtime(service).check(service, self.context)
        await asyncio.gather(*map(self.require_sound, services))

    async def start(
        self, names: Iterable[str], report: Report, seen: Seen = untold
    ) -> dict[str, Outcome]:
        """Start `names` in the order of their needs, in parallel where possible, each after its
        needs are healthy.
        """
        services = [s for s in self._ordered(names) if not s.is_watchdog]
        tasks: dict[str, asyncio.Task[Outcome]] = {}
        async with asyncio.TaskGroup() as group:
            for service in services:
                wanted = graph.direct_needs(self.stack, service.name)
                needs = [task for name, task in tasks.items() if name in wanted]
                tasks[service.name] = group.create_task(
                    self._start_after(service, needs, report, seen)
                )
        return {name: task.result() for name, task in tasks.items()}

    async def stop(self, names: Iterable[str], report: Report) -> dict[str, Outcome]:
        """Stop `names` in reverse order, each after those that need it."""
        services = [s for s in reversed(self._ordered(names)) if not s.is_watchdog and s.managed]
        tasks: dict[str, asyncio.Task[Outcome]] = {}
        async with asyncio.TaskGroup() as group:
            for service in services:
                waits = [
                    t for n, t in tasks.items() if service.name in graph.direct_needs(self.stack, n)
                ]
                tasks[service.name] = group.create_task(self._stop_after(service, waits, report))
        return {name: task.result() for name, task in tasks.items()}

    def _ordered(self, names: Iterable[str]) -> list[Service]:
        chosen = set(names)
        waves = graph.start_waves(self.stack)
        return [self.stack.services[n] for wave in waves for n in sorted(wave) if n in chosen]

    async def _start_after(
        self,
        service: Service,
        needs: list[asyncio.Task[Outcome]],
        report: Report,
        seen: Seen,
    ) -> Outcome:
        watch = _Stopwatch(service.name, report, self.context)
        if needs and not (self.running(service) and service.managed):
            watch.say("waiting", ", ".join(service.needs))
        failed = [outcome.service for task in needs if not (outcome := await task).serves]
        if failed:
            error = VrooliError(
                f"{', '.join(failed)} is not healthy",
                where=service.name,
                next_step=f"mend that first: `vrooli logs {failed[0]}` shows more",
            )
            watch.say("blocked", error.what)
            return Outcome(service.name, changed=False, error=error)
        try:
            result = await self._start_or_restart(service, report, seen)
        except VrooliError as error:
            if isinstance(error, (UsageError, Refused)) and self.running(service):
                watch.say("refused", str(error))
                left = await self.look(service)
                return Outcome(service.name, changed=False, error=error, left=left)
            watch.say("failed", str(error))
            return Outcome(service.name, changed=True, error=error)
        if result is None:
            watch.say("unchanged", "already running")
            return Outcome(service.name, changed=False)
        watch.say("started" if result.details.get("unasked") else "healthy", result.message)
        return Outcome(service.name, changed=service.managed)

    async def _start_or_restart(
        self, service: Service, report: Report, seen: Seen
    ) -> Result | None:
        """What was found in the end; None when it ran already, and well."""
        if self.outdated(service):
            result: Result | None = await self.restart_one(service, report)
        else:
            result = await self.start_one(service, report)
        if result is None and (found := await self.look(service)).healthy:
            seen(service.name, found)
            return None
        result = result or await self.runtime(service).await_health(service, self.context)
        seen(service.name, result)
        return result

    async def _stop_after(
        self, service: Service, waits: list[asyncio.Task[Outcome]], report: Report
    ) -> Outcome:
        for task in waits:
            await task
        watch = _Stopwatch(service.name, report, self.context)
        running = self.running(service)
        if running:
            watch.say("stopping")
        try:
            await self.stop_one(service)  # also one that has ended: what it left behind must go
        except VrooliError as error:
            watch.say("failed", str(error))
            return Outcome(service.name, changed=True, error=error)
        watch.say("stopped" if running else "unchanged", "" if running else "not running")
        return Outcome(service.name, changed=running)


@contextmanager
def _trouble_of(service: Service) -> Iterator[None]:
    """A defect met on the way is this service's failure, and must not end the work on others."""
    try:
        yield
    except VrooliError:
        raise
    except Exception as error:
        _log.exception("%s", service.name)
        raise StartFailed(
            f"{type(error).__name__}: {error}",
            where=service.name,
            next_step="this is a defect of ours: see the log of the watchdog",
        ) from error


class _Stopwatch:
    """Reports with the time since it was made."""

    def __init__(self, service: str, report: Report, context: Context) -> None:
        self._service, self._report, self._clock = service, report, context.tools.clock
        self._began = self._clock.monotonic()

    def say(self, phase: Phase, message: str = "") -> None:
        seconds = self._clock.monotonic() - self._began
        self._report(Step(self._service, phase, message, round(seconds, 3)))
