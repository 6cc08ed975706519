"""Works on runs: claims them, drives each, keeps their leases, hands back what is not ours."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.execution.journal import PostgresJournal
from vrooli.execution.runs.store import Claim, RunStore, Wish
from vrooli.execution.runs.transitions import Transitions
from vrooli.flow.driver import Driver, End, Executor, Fenced, Paused, Waiting
from vrooli.flow.interpreter import Broken, Done
from vrooli.flow.model import Routine
from vrooli.flow.patience import patiently

LEASE = 10.0
"""Seconds after which a run is taken over from a worker that says nothing."""

RENEW = 3.0
SWEEP = 2.0
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
        journal: makes the journal of a claimed run.
        executor: makes what executes the steps of a run.
        written: returns when all is written that was to be.
        clock: time.
        read: makes a routine of its definition.
        transitions: of where runs stand.
        slots: runs at the same time.
    """

    owner: str
    store: RunStore
    journal: Callable[[str, int], PostgresJournal]
    executor: Callable[[str], Executor]
    written: Callable[[], Awaitable[None]]
    clock: Clock
    read: Callable[[Any], Routine]
    transitions: Transitions
    slots: int = 100


@dataclass
class Engine:
    """One process's share of the work."""

    parts: EngineParts
    _held: dict[str, tuple[int, asyncio.Task[None]]] = field(default_factory=dict)
    _drivers: dict[str, Driver] = field(default_factory=dict)
    _away: float = -math.inf  # monotonic seconds at which PostgreSQL was last seen to be away

    @property
    def room(self) -> int:
        """Runs that it could take now."""
        return self.parts.slots - len(self._held)

    async def run(self) -> None:
        """Until cancelled: 1. claim what nobody has; 2. keep what is ours, drop the rest."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._for_ever(self.sweep, SWEEP))
                group.create_task(self._for_ever(self.renew, RENEW))
                group.create_task(self._for_ever(self.look, LOOK))
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
            return
        steady = parts.clock.monotonic() - self._away > LEASE
        most, held = min(self.room, 50), list(self._held)
        for claim in await parts.store.claim(parts.owner, LEASE, most, held, others=steady):
            self.take(claim)

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
            claim = await parts.transitions.claim(run, parts.owner, LEASE)
            if claim is not None:
                self.take(claim)

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

    async def _let_go(self) -> None:
        """Nobody has to wait for our leases to end."""
        tasks = [task for _, task in self._held.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if tasks:
            with suppress(VrooliError, TimeoutError):
                async with asyncio.timeout(LETTING_GO):
                    await self.parts.written()
                    await self.parts.store.release(self.parts.owner)

    async def _for_ever(self, work: Callable[[], Any], pause: float) -> None:
        said = ""
        while True:
            try:
                await work()
                said = ""
            except VrooliError as error:
                self._away = self.parts.clock.monotonic()
                if str(error) != said:  # an outage is told once
                    _log.warning("%s", error)
                said = str(error)
            except Exception:  # noqa: BLE001 -- a worker that ended here would leave its runs standing
                _log.exception("the engine goes on")
            await self.parts.clock.sleep(pause)

    async def _drive(self, claim: Claim) -> None:
        try:
            routine = self.parts.read(claim.definition)
            driver = self._driver(claim, routine)
            while not await self._settled(claim, await driver.run()):
                # Something was decided meanwhile that it has not seen.
                driver = self._driver(claim, routine)
                _tell(driver, await self._wish(claim), -math.inf)
        except Fenced:
            _log.info("run %s is somebody else's now", claim.run)
        except VrooliError as error:
            _log.warning("run %s is let go: %s", claim.run, error)
        except Exception:  # noqa: BLE001 -- a defect that one run meets is not one of the others
            _log.exception("run %s is let go", claim.run)
        finally:
            if self._held.get(claim.run, (0,))[0] == claim.fence:
                del self._held[claim.run]
                self._drivers.pop(claim.run, None)

    def _driver(self, claim: Claim, routine: Routine) -> Driver:
        parts = self.parts
        journal = parts.journal(claim.run, claim.fence)
        executor = parts.executor(claim.run)
        driver = Driver(routine, claim.inputs, journal, executor, parts.clock)
        if self._held.get(claim.run, (0,))[0] == claim.fence:
            self._drivers[claim.run] = driver
        return driver

    async def _wish(self, claim: Claim) -> Wish:
        parts, held = self.parts, [(claim.run, claim.fence)]
        found = await patiently(parts.clock, lambda: parts.store.still(held))
        if claim.run not in found:
            raise Fenced("the run was taken over, or has ended", where=claim.run)
        return found[claim.run]

    async def _settled(self, claim: Claim, end: End) -> bool:
        """Whether where it stands is written down; else it goes on."""
        parts, ours = self.parts, (claim.run, claim.fence)
        if isinstance(end, Waiting):
            place = (*ours, end.seen, end.until)
            return await patiently(parts.clock, lambda: parts.transitions.wait(*place))
        if isinstance(end, Paused):
            return await patiently(parts.clock, lambda: parts.transitions.paused(*ours))
        await self._end(claim, end)
        return True

    async def _end(self, claim: Claim, end: Done | Broken) -> None:
        if isinstance(end, Done):
            values: tuple[str, Any, Any] = "completed", end.value, None
        else:
            values = "failed", None, end.failure.to_json()
        parts = self.parts
        await patiently(parts.clock, lambda: parts.store.end(claim.run, claim.fence, *values))


def _tell(driver: Driver, wish: Wish, since: float) -> None:
    """What was wanted at that time; who was told otherwise later knows better."""
    if wish.pausing:
        driver.pause()
    else:
        driver.go_on(since)
    driver.stir(wish.stirs)
