"""Works on runs: claims them, drives each, keeps their leases, hands back what is not ours."""

import asyncio
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.execution.journal import PostgresJournal
from vrooli.execution.meter import Meter, NoMeter
from vrooli.execution.runs.ending import bounded
from vrooli.execution.runs.store import Claim, RunStore, Serves, Wish
from vrooli.execution.runs.transitions import Transitions
from vrooli.flow.budget import OverBudget, limit_of, place_of
from vrooli.flow.driver import Drained, Driver, End, Executor, Fenced, Paused, Waiting
from vrooli.flow.interpreter import Broken, Done
from vrooli.flow.model import Routine
from vrooli.flow.notes import Notebook
from vrooli.flow.patience import patiently

LEASE = 10.0
"""Seconds after which a run is taken over from a worker that says nothing."""

RENEW = 3.0
SWEEP = 2.0
"""Seconds between two looks for what no wake-up told of."""

CROWDED = 0.05
"""The same while more waits than the last look got."""

MOST = 50
"""Runs of one claim, so that others have their share."""

LOOK = 0.5
"""Seconds between two looks whether what is ours was cancelled by another process."""

LETTING_GO = 2.0
"""Seconds for that at the end of the process; who cannot be told finds out by the lease."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class EngineParts:
    """What an engine works with.

    Attributes:
        owner: a name that no other process ever has.
        store: runs.
        journal: makes the journal of a claimed run; last, whether nobody has written it yet.
        executor: makes what executes the steps of the run of a notebook.
        written: returns when all is written that was to be.
        clock: time.
        read: makes a routine of its version and definition.
        transitions: of where runs stand.
        slots: runs at the same time, not counted those that only wait for others.
        let_go: told the id of each run that is driven here no more.
        meter: who counts.
        serves: which ones.
    """

    owner: str
    store: RunStore
    journal: Callable[[str, int, bool], PostgresJournal]
    executor: Callable[[Notebook], Executor]
    written: Callable[[], Awaitable[None]]
    clock: Clock
    read: Callable[[str, Any], Routine]
    transitions: Transitions
    meter: Meter = field(default_factory=NoMeter)
    slots: int = 100
    let_go: Callable[[str], None] = lambda run: None
    serves: Serves = field(default_factory=Serves)


@dataclass
class Engine:
    """One process's share of the work."""

    parts: EngineParts
    _held: dict[str, tuple[int, asyncio.Task[None]]] = field(default_factory=dict)
    _lent: Counter[str] = field(default_factory=Counter)  # how many steps of a run wait for others
    _drivers: dict[str, Driver] = field(default_factory=dict)
    _away: float = -math.inf  # monotonic seconds at which PostgreSQL was last seen to be away
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _cut: asyncio.Event = field(default_factory=asyncio.Event)
    _crowded: bool = False  # more waited at the last look than it got
    _draining: bool = False

    @property
    def room(self) -> int:
        """Runs that it could take now."""
        driven = self._held.keys() - self._lent.keys()
        return 0 if self._draining else self.parts.slots - len(driven)

    @contextmanager
    def lent(self, run: str) -> Iterator[None]:
        """Its slot, while it waits for other runs: it takes none from them. Else, with a parent in
        every slot, no child would ever begin.
        """
        self._lent[run] += 1
        try:
            yield
        finally:
            self._lent[run] -= 1
            if not self._lent[run]:
                del self._lent[run]

    def takes(self, queue: str) -> bool:
        """Whether a new run of that queue may begin here at once: there is room, and it overtakes
        none that waits.
        """
        return queue in self.parts.serves.queues and self.room > 0 and not self._crowded

    def woken(self, queue: str) -> None:
        """Look at once: a run of that queue is free; empty when it is not known of which."""
        if not queue or queue in self.parts.serves.queues:
            self._wake.set()

    def cut(self, owner: str) -> None:
        """Look at once: another process ended runs of this owner; empty when it is not known of
        which.
        """
        if owner in ("", self.parts.owner):
            self._cut.set()

    async def run(self) -> None:
        """Until cancelled: 1. claim what nobody has; 2. keep what is ours, drop the rest."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._for_ever(self.sweep, SWEEP, self._wake))
                group.create_task(self._for_ever(self.renew, RENEW))
                group.create_task(self._for_ever(self.look, LOOK, self._cut))
        finally:
            await self._let_go()

    def take(self, claim: Claim) -> None:
        """Drive a run that is ours; who drove it here for an earlier claim stops."""
        self.drop(claim.run)
        task = asyncio.create_task(self._drive(claim), name=f"run {claim.run}")
        self._held[claim.run] = (claim.fence, task)

    async def let_go_of(self, run: str) -> None:
        """Wait until it does not drive this run any more."""
        held = self._held.get(run)
        if held is not None:
            await asyncio.wait([held[1]])

    def drop(self, run: str) -> None:
        """Stop driving it: it ended otherwise, or is somebody else's."""
        held = self._held.pop(run, None)
        self._drivers.pop(run, None)
        if held is not None:
            held[1].cancel()

    async def sweep(self) -> None:
        """Claim what nobody has, as far as there is room.

        For a lease after an outage nothing is taken over from others: nobody could renew, and who
        lives must have the time to.
        """
        parts = self.parts
        await parts.transitions.due()
        if self.room <= 0:
            self._crowded = True
            return
        others = parts.clock.monotonic() - self._away > LEASE
        most, held = min(self.room, MOST), list(self._held)
        claims = await parts.store.claim(
            parts.owner, LEASE, most, held, others=others, serves=parts.serves
        )
        await self.begin(claims)
        self._crowded = len(claims) == most
        if self._crowded:
            self._wake.set()
            return
        held = list(self._held)
        self._crowded, late = await parts.store.left(held, parts.serves, others=others)
        if late and self.room > 0:
            await self.begin(await self._insist(held))

    async def renew(self) -> None:
        """Keep what is ours, drop what is not any more."""
        if held := self._ours():
            self._keep(held, await self.parts.store.renew(held, LEASE))

    async def look(self) -> None:
        """Drop what was cancelled elsewhere; tell the others what was decided there."""
        if held := self._ours():
            since = self.parts.clock.monotonic()
            wishes = await self.parts.store.still(held)
            self._keep(held, set(wishes))
            for run, wish in wishes.items():
                if driver := self._drivers.get(run):
                    _tell(driver, wish, since)

    async def wake(self, run: str) -> None:
        """It is free: take it at once, if there is room here."""
        if self.room > 0:
            parts = self.parts
            claim = await parts.transitions.claim(run, parts.owner, LEASE, parts.serves)
            if claim is not None:
                await self.begin([claim])

    def stir(self, run: str) -> None:
        """Something was decided about it."""
        if driver := self._drivers.get(run):
            driver.stir()

    def pause(self, run: str) -> None:
        """It is to pause."""
        if driver := self._drivers.get(run):
            driver.pause()

    def go_on(self, run: str) -> None:
        """It is not to pause any more."""
        if driver := self._drivers.get(run):
            driver.go_on()

    def _ours(self) -> list[tuple[str, int]]:
        return [(run, fence) for run, (fence, _) in self._held.items()]

    def _keep(self, held: list[tuple[str, int]], kept: set[str]) -> None:
        for run, fence in held:
            if run not in kept and self._held.get(run, (0,))[0] == fence:
                self.drop(run)

    async def begin(self, claims: list[Claim]) -> None:
        """Drive what was claimed for us; hand it on where a drain began meanwhile."""
        if self._draining:
            await self._release([(claim.run, claim.fence) for claim in claims])
            return
        for claim in claims:
            self.take(claim)

    async def _insist(self, held: list[str]) -> list[Claim]:
        parts = self.parts
        try:
            return await parts.store.insist(parts.owner, LEASE, self.room, held, parts.serves)
        except VrooliError as error:  # its writer is still at it: the next sweep comes soon
            _log.info("a run stays with who writes to it: %s", error)
            return []

    async def drain(self, seconds: float) -> None:
        """Take nothing more and hand over what is ours: at once where a step may be executed again,
        else when it has ended. What has not after `seconds` is cut off.
        """
        self._draining = True
        running = {task: (run, fence) for run, (fence, task) in self._held.items()}
        for task, (run, _) in running.items():
            driver = self._drivers.get(run)
            if driver is None or not driver.drain():
                task.cancel()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while running:
                    await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                    await self._release([running.pop(one) for one in list(running) if one.done()])
        for run, _ in running.values():
            driver = self._drivers.get(run)
            steps = ", ".join(sorted(driver.let_end)) if driver else ""
            _log.warning("run %s is cut off after %g s, in step %s", run, seconds, steps or "-")

    async def _let_go(self) -> None:
        """Nobody has to wait for our leases to end."""
        held, tasks = self._ours(), [task for _, task in self._held.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._release(held)

    async def _release(self, held: list[tuple[str, int]]) -> None:
        """Let others have them, as soon as all is written that was to be."""
        if not held:
            return
        with suppress(VrooliError, TimeoutError):
            async with asyncio.timeout(LETTING_GO):
                await self.parts.written()
                await self.parts.store.release(held)

    async def _for_ever(
        self, work: Callable[[], Any], pause: float, wake: asyncio.Event | None = None
    ) -> None:
        said = ""
        while True:
            try:
                if wake is not None:
                    wake.clear()
                await work()
                said = ""
            except VrooliError as error:
                self._away = self.parts.clock.monotonic()
                if str(error) != said:  # an outage is told once
                    _log.warning("%s", error)
                said = str(error)
            except Exception:  # noqa: BLE001 -- a worker that ended here would leave its runs standing
                _log.exception("the engine goes on")
            await (self.parts.clock.sleep(pause) if wake is None else self._asleep(pause, wake))

    async def _asleep(self, pause: float, wake: asyncio.Event) -> None:
        """Until the next look: woken, or in vain."""
        if wake is self._wake and self._crowded and self.room > 0:
            pause = CROWDED
        tasks = [asyncio.ensure_future(one) for one in (wake.wait(), self.parts.clock.sleep(pause))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    async def _drive(self, claim: Claim) -> None:
        try:
            routine = await self._read(claim)
            if routine is None:
                return
            driver, now = self._driver(claim, routine), self.parts.clock.monotonic
            ends = math.inf if claim.left is None else now() + claim.left
            while not await self._settled(claim, await _in_time(driver, ends - now())):
                # Something was decided meanwhile that it has not seen.
                wish = await self._wish(claim)
                claim = replace(claim, fresh=False, stirs=wish.stirs)
                driver = self._driver(claim, routine)
                _tell(driver, wish, -math.inf)
        except Fenced:
            _log.info("run %s is somebody else's now", claim.run)
        except Drained:
            _log.info("run %s is handed over", claim.run)
        except VrooliError as error:
            _log.warning("run %s is let go: %s", claim.run, error)
        except Exception:  # noqa: BLE001 -- a defect that one run meets is not one of the others
            _log.exception("run %s is let go", claim.run)
        finally:
            if self._held.get(claim.run, (0,))[0] == claim.fence:
                del self._held[claim.run]
                self._drivers.pop(claim.run, None)
            self.parts.let_go(claim.run)
            if self._crowded:
                self._wake.set()

    def _driver(self, claim: Claim, routine: Routine) -> Driver:
        parts = self.parts
        journal = parts.journal(claim.run, claim.fence, claim.fresh)
        book = Notebook(claim.run, journal, parts.clock)
        driver = Driver(routine, claim.inputs, book, parts.executor(book), parts.clock)
        if self._held.get(claim.run, (0,))[0] == claim.fence:
            self._drivers[claim.run] = driver
        return driver

    async def _wish(self, claim: Claim) -> Wish:
        parts, held = self.parts, [(claim.run, claim.fence)]
        found = await patiently(parts.clock, lambda: parts.store.still(held))
        if claim.run not in found:
            raise Fenced("the run was taken over, or has ended", where=claim.run)
        return found[claim.run]

    async def _settled(self, claim: Claim, end: End | OverBudget) -> bool:
        """Whether where it stands is written down; else it goes on."""
        parts, ours = self.parts, (claim.run, claim.fence)
        if isinstance(end, OverBudget):
            # No decision gives back the time that is over: that is changed while nobody drives it.
            stirs = None if limit_of(end.where) == "time" else claim.stirs
            over = partial(parts.store.over_budget, *ours, end, stirs)
            status = await patiently(parts.clock, over)
            if status == "failed":
                parts.meter.ended(claim.run)
            return bool(status)
        if isinstance(end, Waiting):
            place = (*ours, end.seen, end.until)
            return await patiently(parts.clock, lambda: parts.transitions.wait(*place))
        if isinstance(end, Paused):
            return await patiently(parts.clock, lambda: parts.transitions.paused(*ours))
        await self._end(claim, bounded(end))
        return True

    async def _read(self, claim: Claim) -> Routine | None:
        """The routine, or None: it is left to builds that can read it."""
        parts = self.parts
        try:
            return parts.read(claim.version, claim.definition)
        except Exception as error:  # noqa: BLE001 -- it would be met again at every lease
            why = str(error)[:500]
        _log.warning("run %s is left to other builds, this one cannot read it: %s", claim.run, why)
        build = parts.serves.build
        await patiently(
            parts.clock, lambda: parts.store.set_aside(claim.run, claim.fence, build, why)
        )
        return None

    async def _end(self, claim: Claim, end: Done | Broken) -> None:
        if isinstance(end, Done):
            values: tuple[str, Any, Any] = "completed", end.value, None
        else:
            values = "failed", None, end.failure.to_json()
        parts = self.parts
        end_it = partial(parts.store.end, claim.run, claim.fence, *values)
        if await patiently(parts.clock, end_it):
            parts.meter.ended(claim.run)


def _tell(driver: Driver, wish: Wish, since: float) -> None:
    """What was wanted at that time; who was told otherwise later knows better."""
    if wish.pausing:
        driver.pause()
    else:
        driver.go_on(since)
    driver.stir(wish.stirs)


async def _in_time(driver: Driver, left: float) -> End | OverBudget:
    try:
        async with asyncio.timeout(None if left == math.inf else left):
            return await driver.run()
    except OverBudget as error:
        return error
    except TimeoutError:
        return OverBudget("the time of its budget is over", where=place_of("time"))
