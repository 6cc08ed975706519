"""The watchdog's core: events from the keeper, looks at services and host, and a sweep that finds
what no event told.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Protocol

from vrooli.autoheal.board import Board
from vrooli.autoheal.catalogue import JOBS, all_checks, checks_of
from vrooli.autoheal.followers import Followers
from vrooli.autoheal.guard import guarded
from vrooli.autoheal.heal import BY_HAND, Heal, Outcome
from vrooli.autoheal.healer import starts_of
from vrooli.autoheal.hostchecks import HostChecker
from vrooli.autoheal.hosthealing import HostHealing
from vrooli.autoheal.lag import LoopLag
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.operations import Operations
from vrooli.autoheal.policy import Symptom
from vrooli.autoheal.reactor import Reactor
from vrooli.autoheal.restraints import Restraints
from vrooli.autoheal.situation import Situations
from vrooli.autoheal.tracker import DAY, Tracked
from vrooli.autoheal.watch import Observer, watch
from vrooli.core.launch import Exit
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.keeper import CaughtUp
from vrooli.stack.held import is_held
from vrooli.stack.model import Service, Stack
from vrooli.stack.progress import silent

_log = logging.getLogger(__name__)

UP_FOLLOWS = 30.0
"""Seconds that the `up` which brought an edit gets to start what is new in it."""

BACKLOG = 5.0
"""Seconds that the keeper gets to tell how services ended while nobody watched: as long as it gets
for any answer. Then watching begins without it: a failure without its cause is better than one that
nobody sees."""


@dataclass(frozen=True, slots=True)
class BootRound:
    """How the services came up that were meant to run after a boot.

    Attributes:
        at: when it began, Unix seconds.
        seconds: until all of them were healthy, or had failed.
        failed: those that did not become healthy at once; they are healed like others.
    """

    at: float
    seconds: float
    failed: tuple[str, ...]


class ExitSource(Protocol):
    """Endings from whichever keeper there is; reconnects by itself."""

    @property
    def keeper_id(self) -> str:
        """Which keeper the positions belong to."""
        ...

    def follow(
        self, seen: Callable[[str], Coroutine[Any, Any, int]], caught_up: CaughtUp
    ) -> AsyncIterator[Exit]:
        """Endings after the position that `seen` gives for the keeper; never ends. `caught_up` is
        called when those that it remembers are through.
        """
        ...


@dataclass
class Parts:
    """What the loop is made of; `main` puts it together."""

    board: Board
    reactor: Reactor
    situations: Situations
    observer: Observer
    host_checker: HostChecker
    host_healing: HostHealing
    ledger: Ledger
    lag: LoopLag
    exits: ExitSource
    operations: Operations
    restraints: Restraints
    clock: Clock


class Loop:
    """Runs everything that watches. `start` returns when the picture of the world is complete;
    `run` never does.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._lookers: dict[str, asyncio.Task[None]] = {}
        self._followers = Followers(parts.board, parts.reactor)
        self._caught_up = asyncio.Event()
        self._ended: asyncio.Queue[Exit] = asyncio.Queue()
        self._booted = False
        self._undeclared: list[str] = []
        self._note_boot: Callable[[BootRound], Coroutine[Any, Any, None]] | None = None
        self.sweeps = 0

    async def start(self) -> None:
        """Numbered:

        1. learn from the keeper and the managers what runs
        2. restore backoff and heals: what was in flight is verified, never done twice
        3. take up the failures that the watchdog before this one was at
        """
        board, ledger = self._parts.board, self._parts.ledger
        await board.supervisor.refresh()
        await self._parts.restraints.load()
        await self._parts.reactor.holding.load()
        await self._track(board.supervisor.stack)
        await self._restore_starts()
        new_keeper = await ledger.meets(self._parts.exits.keeper_id)
        launches = board.supervisor.context.launches.values()
        self._booted = new_keeper and all(is_held(launch) for launch in launches)
        if not self._booted:  # else what failed before is started like all others, in order
            for tracked in filter(self._missing, board.tracked.values()):
                await self._parts.reactor.take_up(tracked)
        self._undeclared = board.supervisor.undeclared()

    def on_booted(self, call: Callable[[BootRound], Coroutine[Any, Any, None]]) -> None:
        """Have `call` called when the services of a boot are up, or have failed."""
        self._note_boot = call

    async def run(self) -> None:
        """Watch until cancelled."""
        parts = self._parts
        async with asyncio.TaskGroup() as group:
            group.create_task(parts.lag.measure())
            group.create_task(self._follow_exits())
            group.create_task(self._react_to_exits())
            self._take_checks(parts.board.supervisor.stack)
            self._followers.take()
            group.create_task(guarded("bring up", self._bring_up()))
            group.create_task(self._sweep_for_ever())
            await guarded(
                "stop what is not declared",
                parts.board.supervisor.stop_undeclared(self._undeclared),
            )

    async def look_at_everything(self) -> None:
        """One look at every service and every host check, in parallel: a forced tick."""
        parts = self._parts
        await self._hear_of_the_past()

        async def service(tracked: Tracked) -> None:
            await parts.reactor.on_look(tracked, await parts.observer.look(tracked))

        looks: list[Coroutine[Any, Any, Any]] = [service(t) for t in parts.board.tracked.values()]
        looks += [parts.host_checker.update(check) for check in parts.board.checks.values()]
        await asyncio.gather(*looks)

    async def replace(self, stack: Stack) -> list[str]:
        """Take on an edited stack. What is gone from it is stopped, and named, unless a manager
        holds it that others have made; what changed is restarted by the `up` that follows.
        """
        board = self._parts.board
        gone = [t for name, t in board.tracked.items() if not _goes_on(t.service, stack)]
        for tracked in gone:
            await self._parts.reactor.hand_over(tracked)
            if tracked.name in self._watchers:
                self._watchers.pop(tracked.name).cancel()
        ours = [t.name for t in gone if t.service.is_made or not t.service.is_held]
        ended = await board.supervisor.stop(ours, silent)
        for tracked in gone:
            del board.tracked[tracked.name]
            board.supervisor.let_go(tracked.service)
        board.supervisor.context.stack = stack
        known = set(board.tracked)
        await self._track(stack)
        new = [tracked for name, tracked in board.tracked.items() if name not in known]
        for tracked in new:
            tracked.queued = tracked.fresh = True
        self._parts.reactor.spawn(self._unqueue(new))
        await self._hear_of_the_past()
        self._watch_all()
        self._take_checks(stack)
        self._followers.take()
        return [name for name, outcome in ended.items() if outcome.changed]

    async def _unqueue(self, new: list[Tracked]) -> None:
        """The `up` that brought them may have been cut short: then they are missing like others."""
        await self._parts.clock.sleep(UP_FOLLOWS)
        for tracked in filter(attrgetter("fresh"), new):  # else it has come to them
            tracked.queued = tracked.fresh = False

    async def sweep(self) -> None:
        """Find what no event told: launches unknown to us, services that should run and do not,
        failures that wait, and a will that the disk did not take.
        """
        board, reactor = self._parts.board, self._parts.reactor
        await board.supervisor.reconcile()
        for tracked in [*board.tracked.values()]:  # an edit may come between
            if tracked.failure is not None:
                await guarded(tracked.name, reactor.consider(tracked))
            elif self._absent(tracked):
                tracked.kick.set()
        red = {name for name, t in board.tracked.items() if t.sick or t.failure is not None}
        failed_at = {name: tracked.failed_at for name, tracked in board.tracked.items()}
        await self._parts.restraints.sweep(red, failed_at)
        await asyncio.to_thread(board.wanted.settle)

    async def _track(self, stack: Stack) -> None:
        board = self._parts.board
        for service in stack.services.values():
            known = board.tracked.get(service.name)
            if known is not None:
                known.service = service
                continue
            tracked = board.tracked[service.name] = Tracked(service)
            tracked.backoff = await self._parts.ledger.load_backoff(service.name)
        for name in [*board.tracked]:
            heal = await self._parts.ledger.load_heal(name)
            if heal is not None and board.tracked[name].heal is None:
                await self._restore_heal(board.tracked[name], heal)

    async def _restore_heal(self, tracked: Tracked, heal: Heal) -> None:
        if heal.outcome is None and not tracked.service.is_watchdog:
            await self._parts.reactor.resume(tracked, heal)
        else:
            tracked.heal = heal

    async def _restore_starts(self) -> None:
        board, clock = self._parts.board, self._parts.clock
        window, now = board.supervisor.stack.autoheal.heal_window, clock.monotonic()
        heals = await self._parts.ledger.heals_and_boots(clock.wall() - DAY, 1000)
        for heal, of_this_boot in heals:
            tracked = board.tracked.get(heal["subject"])
            if tracked is None or heal["outcome"] == Outcome.REFUSED:
                continue
            if heal["outcome"] is None and not tracked.acting:
                continue  # it is begun anew, and counted then
            if heal["symptom"] != Symptom.ASKED:
                tracked.starts.extendleft([heal["detected_at"]] * _starts(heal))
            if heal["rule"] == BY_HAND:
                continue
            tracked.heals.appendleft(heal["detected_at"])
            if of_this_boot and 0 <= now - heal["detected_monotonic"] < window:
                board.heal_times.append(heal["detected_monotonic"])

    async def _bring_up(self) -> None:
        """After a boot: start what is meant to run. When something runs already, or ran under this
        keeper, this is no boot; then what does not run has failed, and the exits that the keeper
        remembers say how: a look, which knows no causes, must not be first.
        """
        parts = self._parts
        for tracked in [*parts.board.tracked.values()]:
            tracked.queued = self._booted and self._absent(tracked)
            await guarded(tracked.name, parts.reactor.consider(tracked))
        if self._booted:
            self._watch_all()
            await self._boot()
        else:
            await self._hear_of_the_past()
            self._watch_all()

    async def _boot(self) -> None:
        parts = self._parts
        names = [tracked.name for tracked in parts.board.tracked.values() if tracked.queued]
        at, began = parts.clock.wall(), parts.clock.monotonic()
        summary = await parts.operations.boot()
        if names and self._note_boot is not None:
            seconds = parts.clock.monotonic() - began
            await self._note_boot(BootRound(at, round(seconds, 3), summary.failed))

    async def _hear_of_the_past(self) -> None:
        try:
            async with asyncio.timeout(BACKLOG):
                await self._caught_up.wait()
        except TimeoutError:
            _log.warning("the keeper does not tell how services ended; watching begins without it")
            self._caught_up.set()

    def _missing(self, tracked: Tracked) -> bool:
        """Whether its absence is for us to heal."""
        return tracked.service.heal in ("auto", "shadow") and self._absent(tracked)

    def _absent(self, tracked: Tracked) -> bool:
        """Whether it is meant to run and does not. After a boot that is no failure: also what is
        only watched is started then.
        """
        board, service = self._parts.board, tracked.service
        return (
            service.managed
            and not service.is_watchdog
            and board.is_wanted(service)
            and tracked.failure is None
            and not tracked.acting
            and not board.supervisor.running(service)
            and not board.supervisor.in_hand(service)
        )

    def _watch_all(self) -> None:
        parts = self._parts
        for name, tracked in parts.board.tracked.items():
            if name not in self._watchers:
                work = watch(tracked, parts.observer, parts.reactor, parts.clock)
                self._watchers[name] = parts.reactor.spawn(work)

    def _take_checks(self, stack: Stack) -> None:
        """The machine's checks as the stack has them; those that stay as they were go on."""
        parts, before = self._parts, self._parts.board.checks
        now = checks_of(stack, all_checks())
        kept = {name for name, item in now.items() if name in before and item.goes_on(before[name])}
        jobs = {name: item for name, item in before.items() if item.check.id == JOBS}
        checks = {name: before[name] if name in kept else now[name] for name in now}
        parts.board.checks = checks | jobs
        for name in self._lookers.keys() - kept:
            self._lookers.pop(name).cancel()
        for name in now.keys() - self._lookers.keys():
            work = parts.host_checker.watch(checks[name])
            self._lookers[name] = parts.reactor.spawn(work)

    async def _follow_exits(self) -> None:
        parts = self._parts
        seen, caught_up = parts.ledger.exits_seen, self._caught_up.set
        async for ended in parts.exits.follow(seen, caught_up):
            # At once: what is done about the one before may wait for a disk, for seconds.
            parts.board.supervisor.note_exit(ended)
            self._ended.put_nowait(ended)

    async def _react_to_exits(self) -> None:
        parts = self._parts
        while True:
            ended = await self._ended.get()
            await guarded(f"exit of {ended.launch.service}", parts.reactor.on_exit(ended))
            # Not awaited: the next exit must not wait for the disk. One that comes twice is no
            # news, because its launch is not the current one any more.
            parts.reactor.spawn(parts.ledger.saw_exit(parts.exits.keeper_id, ended))

    async def _sweep_for_ever(self) -> None:
        while True:
            await self._parts.clock.sleep(self._parts.board.supervisor.stack.autoheal.sweep)
            await guarded("sweep", self.sweep())
            self.sweeps += 1


def _starts(heal: Mapping[str, Any]) -> int:
    """How often the service was started in a heal. What was under way when the watchdog died is not
    among its attempts yet.
    """
    tried = [str(attempt["action"]) for attempt in heal["attempts"]]
    if heal["outcome"] is None and heal["symptom"] != Symptom.STOPPED:
        tried = tried or ["start"]
    return starts_of(tried)


def _goes_on(service: Service, stack: Stack) -> bool:
    """Whether it stays ours; one that is run otherwise from now on is stopped here first."""
    new = stack.services.get(service.name)
    same = new is not None and (new.runtime, new.held) == (service.runtime, service.held)
    return same or (new is not None and not service.managed and not service.is_held)
