"""What an operator asks for: up, down, start, stop, restart. One at a time; the wanted state is
written down first.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vrooli.autoheal.board import Board
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.policy import Failure, Symptom
from vrooli.autoheal.reactor import Reactor
from vrooli.autoheal.tracker import Tracked
from vrooli.core.errors import Busy
from vrooli.core.ports.clock import Clock
from vrooli.stack import graph
from vrooli.stack.naming import check_ours, resolve
from vrooli.stack.progress import Report, Step, silent
from vrooli.stack.supervisor import Outcome

Action = Literal["up", "down", "start", "stop", "restart"]

ACTIONS: tuple[Action, ...] = ("up", "down", "start", "stop", "restart")

PATIENCE = 600.0
"""Seconds that an operation waits for the one before it."""


@dataclass(frozen=True, slots=True)
class Summary:
    """How an operation ended."""

    ok: bool
    changed: int
    failed: tuple[str, ...]
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """The last line of the progress stream."""
        return {
            "done": True,
            "ok": self.ok,
            "changed": self.changed,
            "failed": list(self.failed),
            "note": self.note,
        }


class Operations:
    """Carries operators' requests out."""

    def __init__(self, board: Board, reactor: Reactor, ledger: Ledger, clock: Clock) -> None:
        self._board, self._reactor, self._ledger, self._clock = board, reactor, ledger, clock
        self._supervisor = board.supervisor
        self._turn = asyncio.Lock()
        self._starting: asyncio.Task[Summary] | None = None

    async def run(self, action: Action, names: Sequence[str], report: Report) -> Summary:
        """Do it and wait for the end.

        Raises:
            UsageError: a name is not in the stack.
            Busy: another operation did not end in time.
            StorageError: the wanted state could not be written: nothing was done.
        """
        chosen = self.resolve(names)
        if action in ("stop", "down") and self._starting is not None:
            self._starting.cancel()  # who says stop does not want to wait for a start to end
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turn.acquire()
        except TimeoutError as error:
            raise Busy(
                "another operation is still going on", next_step="`vrooli status` shows it"
            ) from error
        try:
            await self._ledger.event("operator", action, names=sorted(chosen))
            if action in ("stop", "down"):
                return await self._stop(action, chosen, report)
            return await self._until_stopped(self._start(action, chosen, report))
        finally:
            self._turn.release()
            for tracked in self._board.tracked.values():
                tracked.kick.set()

    def check(self, action: Action, names: Sequence[str]) -> None:
        """Raise UsageError for what cannot be meant."""
        self.resolve(names)
        check_ours(self._supervisor.stack, action, names)

    def resolve(self, names: Sequence[str]) -> set[str]:
        """Service names for what was said; `UsageError` names what is not in the stack."""
        return resolve(self._supervisor.stack, names)

    async def _until_stopped(self, start: Coroutine[Any, Any, Summary]) -> Summary:
        task = self._starting = asyncio.ensure_future(start)
        try:
            await asyncio.wait({task})
        finally:
            self._starting = None
            self._dequeue()  # also when it was cancelled before its first step
        if task.cancelled():
            return Summary(False, 0, (), "a later stop or down ended it")
        return task.result()

    async def boot(self) -> None:
        """Start what is queued already; a stop or down ends it like any other start."""
        names = {tracked.name for tracked in self._board.tracked.values() if tracked.queued}
        if names:
            async with self._turn:
                await self._until_stopped(self._start_queued(names, set(), silent))

    async def _start(self, action: Action, chosen: set[str], report: Report) -> Summary:
        stack = self._supervisor.stack
        wanted = chosen | graph.transitive_needs(stack, chosen)
        self._board.wanted.start(wanted, stack.services)
        restarted = chosen if action == "restart" else set()
        self._supervisor.check(restarted)
        await self._take_over(restarted or set(filter(self._has_work, wanted)))
        return await self._start_queued(wanted, restarted, report)

    async def _start_queued(self, wanted: set[str], restarted: set[str], report: Report) -> Summary:
        try:
            self._queue(wanted, restarted)
            if restarted:
                await self._supervisor.stop(restarted, report)
            outcomes = await self._supervisor.start(wanted, self._dequeuing(report))
        finally:
            self._dequeue()
        return await self._finish(outcomes)

    def _dequeue(self) -> None:
        for tracked in self._board.tracked.values():
            tracked.queued = False

    def _queue(self, names: set[str], restarted: set[str]) -> None:
        for name, tracked in self._board.tracked.items():
            tracked.queued = name in names and (name in restarted or self._absent(name))

    def _absent(self, name: str) -> bool:
        """Whether it does not run as it is declared now; the watchdog, which is us, always does."""
        service = self._supervisor.stack.services[name]
        return not service.is_watchdog and (
            not self._supervisor.running(service) or self._supervisor.outdated(service)
        )

    def _has_work(self, name: str) -> bool:
        """Whether a start has anything to do there. A heal that only waits for its verification is
        left alone.
        """
        tracked = self._board.tracked.get(name)
        failed = tracked is not None and (tracked.acting or tracked.failure is not None)
        return failed or self._absent(name)

    def _dequeuing(self, report: Report) -> Report:
        """What has been started is watched from then on, not from the end of the whole."""

        def noted(step: Step) -> None:
            tracked = self._board.tracked.get(step.service)
            if tracked is not None and step.phase in ("healthy", "unchanged"):
                tracked.queued = False
            report(step)

        return noted

    async def _stop(self, action: Action, chosen: set[str], report: Report) -> Summary:
        stack = self._supervisor.stack
        affected = chosen | graph.left_without(stack, chosen, self._board.wanted.running)
        if action == "down" and chosen == set(stack.services):
            self._board.wanted.stop_all()
        else:
            self._board.wanted.stop(affected)
        await self._take_over(affected)
        return await self._finish(await self._supervisor.stop(affected, report))

    async def _take_over(self, names: set[str]) -> None:
        """End heals in flight on `names`; what they had spawned is found by the refresh."""
        for name in names & set(self._board.tracked):
            await self._reactor.hand_over(self._board.tracked[name])
        await self._supervisor.refresh()

    async def _finish(self, outcomes: dict[str, Outcome]) -> Summary:
        for name, outcome in outcomes.items():
            tracked = self._board.tracked.get(name)
            if tracked is None or tracked.failure is not None or tracked.acting:
                continue  # it failed after its start: that is being seen to
            if outcome.error is None:
                await self._reactor.settle(tracked, "by an operator")
            elif self._board.is_wanted(tracked.service) and tracked.service.managed:
                await self._reactor.fail(tracked, self._failure(tracked, outcome))
        failed = tuple(name for name, outcome in outcomes.items() if outcome.error is not None)
        changed = sum(1 for outcome in outcomes.values() if outcome.changed)
        return Summary(not failed, changed, failed)

    def _failure(self, tracked: Tracked, outcome: Outcome) -> Failure:
        what = outcome.error.said_of(tracked.name) if outcome.error is not None else ""
        running = self._supervisor.running(tracked.service)
        symptom = Symptom.UNRESPONSIVE if running else Symptom.MISSING
        return Failure(symptom, what, self._clock.wall(), self._clock.monotonic())
