"""Looking at services: each in its own task with its own deadline, so that a hung one delays
nobody.
"""

import asyncio

from vrooli.autoheal import cadence
from vrooli.autoheal.board import Board
from vrooli.autoheal.confirm import pause
from vrooli.autoheal.guard import guarded
from vrooli.autoheal.looping import count_restarts, in_a_loop, over_and_over
from vrooli.autoheal.reactor import Reactor
from vrooli.autoheal.suspicion import Asked, Suspicion, peer_of
from vrooli.autoheal.tracker import Tracked
from vrooli.core.ports.clock import Clock
from vrooli.core.result import Result, critical, not_applicable
from vrooli.core.status import Status
from vrooli.stack.runtimes.process import IDLE_LIMIT


class Observer:
    """One look at one service."""

    def __init__(self, board: Board, clock: Clock, suspicion: Suspicion) -> None:
        self._board, self._clock, self._suspicion = board, clock, suspicion

    async def look(self, tracked: Tracked) -> Result:
        """Look now. Never raises."""
        began = self._clock.monotonic()
        result = self._seen(tracked) or await self._asked(tracked, began)
        tracked.took = self._clock.monotonic() - began
        return result

    def until_next(self, tracked: Tracked) -> float:
        """Seconds until its next look, unless it is kicked: at its own point of the interval, and
        not less often than things are swept; while a failure waits to be confirmed, soon.
        """
        health = tracked.service.health
        if tracked.looks.failed:
            return pause(health)
        often = min(health.interval, self._board.supervisor.stack.autoheal.sweep)
        now, services = self._clock.monotonic(), len(self._board.tracked)
        return cadence.until_next(tracked.name, now, often, services)

    def _seen(self, tracked: Tracked) -> Result | None:
        """What is known of it without asking it."""
        service = tracked.service
        if service.heal == "off":
            return not_applicable('declared heal = "off"')
        if not self._board.is_wanted(service):
            runs = self._board.supervisor.running(service) and not service.is_watchdog
            asked = (
                "meant to be stopped, and not known to be" if runs else "stopped by the operator"
            )
            return not_applicable(asked)
        if service.is_watchdog:
            return Result(Status.OK, "this is it")
        return None

    async def _asked(self, tracked: Tracked, began: float) -> Result:
        service, supervisor = tracked.service, self._board.supervisor
        result = await supervisor.look(service)
        count_restarts(tracked, supervisor)
        if in_a_loop(tracked, supervisor):
            return over_and_over(tracked, supervisor)
        if result.details.get("stopped") or not supervisor.running(service):
            return result  # seen by ourselves, whatever the network is like
        hurried = result.starting and not result.details.get("patient")
        if hurried and self._is_idle(tracked):
            return self._idle(tracked)
        asked = Asked(began, service.health.timeout, peer_of(service))
        return await self._suspicion.weigh(result, asked)

    def _is_idle(self, tracked: Tracked) -> bool:
        """Whether one that says "starting" has not done any work for so long that it never will."""
        context, now = self._board.supervisor.context, self._clock.monotonic()
        launch = context.launches.get(tracked.name)
        if launch is not None and not launch.identity.pid:
            return False  # its processes are hidden from us
        activity = context.processes.tree_activity(launch.identity.pid) if launch else 0.0
        if tracked.result is None or not tracked.result.starting or activity > tracked.activity:
            tracked.active_at, tracked.activity = now, activity
        return now - tracked.active_at > IDLE_LIMIT

    def _idle(self, tracked: Tracked) -> Result:
        return critical(f"it says that it is starting, but did nothing for {IDLE_LIMIT:g} s")


async def _once(tracked: Tracked, observer: Observer, reactor: Reactor) -> None:
    await reactor.on_look(tracked, await observer.look(tracked))


async def watch(tracked: Tracked, observer: Observer, reactor: Reactor, clock: Clock) -> None:
    """Look at one service for ever, at its interval, or at once when kicked."""
    while True:
        tracked.kick.clear()
        await guarded(f"look at {tracked.name}", _once(tracked, observer, reactor))
        try:
            async with asyncio.timeout(observer.until_next(tracked)):
                await tracked.kick.wait()
        except TimeoutError:
            continue
