"""What an operator asks for: up, down, start, stop, restart, upgrade. One at a time; the wanted
state is written down first, as well as the disk allows.
"""

import asyncio
from collections.abc import Awaitable, Coroutine, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from vrooli.autoheal.board import Board
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.planned import DONE, OPERATOR
from vrooli.autoheal.policy import Failure, Symptom
from vrooli.autoheal.reactor import Reactor
from vrooli.autoheal.restraints import WATCHDOG
from vrooli.autoheal.reworking import Reworking
from vrooli.autoheal.tracker import Tracked
from vrooli.core.errors import Busy
from vrooli.core.ports.clock import Clock
from vrooli.core.result import Result
from vrooli.stack import touching
from vrooli.stack.beside import end_beside
from vrooli.stack.naming import check_ours, one, resolve
from vrooli.stack.progress import Report, Step, silent
from vrooli.stack.supervisor import Outcome
from vrooli.stack.upgrading import Upgraded, Wish, plan, upgrade_of

Action = Literal["up", "down", "start", "stop", "restart", "upgrade"]

ACTIONS: tuple[Action, ...] = ("up", "down", "start", "stop", "restart", "upgrade")

PATIENCE = 600.0
"""Seconds that an operation waits for the one before it."""


REMEMBERED = 16
"""As many restarts are known when they are asked for again."""

_RESTARTS = "restarts"
"""The key under which it is remembered what ran when a restart was first asked for."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks.

    Attributes:
        name: for the record.
        request: what he calls this request, which he repeats when he got no answer; empty: nothing.
    """

    name: str = WATCHDOG
    request: str = ""


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


class Dependants(Protocol):
    """What lives by the stack beside its services: jobs."""

    async def stop_all(self, report: Report) -> None:
        """The stack goes down: end what must not outlive the services."""
        ...

    def came_up(self) -> None:
        """The stack is meant to run again."""
        ...


class Operations:
    """Carries operators' requests out."""

    def __init__(
        self,
        board: Board,
        reactor: Reactor,
        ledger: Ledger,
        clock: Clock,
        dependants: Dependants,
    ) -> None:
        self._board, self._reactor, self._ledger, self._clock = board, reactor, ledger, clock
        self._dependants = dependants
        self._supervisor = board.supervisor
        self._turn = asyncio.Lock()
        self._starting: asyncio.Task[Summary] | None = None
        self._stops = 0

    async def run(
        self,
        action: Action,
        names: Sequence[str],
        report: Report,
        who: Asker = Asker(),
        wish: Wish | None = None,
    ) -> Summary:
        """Do it and wait for the end; `who` asked for it, perhaps not for the first time. `wish`
        says more about an upgrade.

        Raises:
            UsageError: a name is not in the stack.
            Busy: another operation did not end in time.
        """
        chosen = self.resolve(names)
        if action in ("stop", "down"):
            self._end_starts()
        asked = self._stops
        try:
            async with asyncio.timeout(PATIENCE):
                await self._turn.acquire()
        except TimeoutError as error:
            raise Busy(
                "another operation is still going on", next_step="`vrooli status` shows it"
            ) from error
        try:
            if action == "upgrade":
                return await self._upgrade(wish or Wish(), chosen, report, (asked, who.name))
            await self._ledger.event(OPERATOR, action, names=sorted(chosen), by=who.name)
            restarted = await self._to_restart(chosen, who) if action == "restart" else set()
            return await self._told(action, (chosen, restarted), report, asked)
        finally:
            self._turn.release()
            for tracked in filter(self._has_news, self._board.tracked.values()):
                tracked.kick.set()

    def _has_news(self, tracked: Tracked) -> bool:
        """Whether it is not known to be well. Those that are need not all be looked at at once."""
        return not tracked.healthy or not self._board.is_wanted(tracked.service)

    def _end_starts(self) -> None:
        """Who says stop does not want to wait for a start to end, nor for one that came before."""
        self._stops += 1
        if self._starting is not None:
            self._starting.cancel()

    async def _to_restart(self, chosen: set[str], who: Asker) -> set[str]:
        """Those of `chosen` that have not been restarted for this request yet: the watchdog before
        may have died in the middle of it.
        """
        if not who.request:
            return chosen
        known: dict[str, dict[str, str]] = dict(await self._ledger.load(_RESTARTS) or {})
        if who.request not in known:
            known[who.request] = {name: self._launch_id(name) for name in chosen}
            await self._ledger.save(_RESTARTS, dict([*known.items()][-REMEMBERED:]))
            return chosen
        before = known[who.request].items()
        return {name for name, ran in before if ran and ran == self._launch_id(name)}

    def _launch_id(self, name: str) -> str:
        """Of what runs now; empty when it does not."""
        service = self._supervisor.stack.services.get(name)
        launch = self._supervisor.context.launches.get(name)
        runs = service is not None and self._supervisor.running(service)
        return launch.launch_id if runs and launch is not None else ""

    async def _told(
        self, action: Action, subjects: tuple[set[str], set[str]], report: Report, asked: int
    ) -> Summary:
        """Told at its end too: what did not serve meanwhile was worked on, and did not fail.
        `subjects` are those that were chosen, and of them those that are restarted.
        """
        chosen, restarted = subjects
        if action in ("stop", "down"):
            affected = touching.stopped(self._supervisor.stack, chosen, self._board.wanted)
            summary = await self._stop(action, chosen, report)
        else:
            affected = touching.started(self._supervisor.stack, chosen, self._board.wanted)
            summary = await self._until_stopped(self._start(chosen, restarted, report), asked)
        names = sorted(affected)
        await self._ledger.event(OPERATOR, DONE, action=action, names=names, ok=summary.ok)
        return summary

    async def _upgrade(
        self, wish: Wish, chosen: set[str], report: Report, asked: tuple[int, str]
    ) -> Summary:
        """`asked` is how many stops came before, and who asks. What does not serve before it is
        taken down for this is not excused by it.
        """
        names: list[str] = []

        async def began(held: set[str]) -> None:
            names.extend(sorted(held))
            await self._ledger.event(OPERATOR, "upgrade: takes down", names=names, by=asked[1])

        work = Reworking(self._board, wish, self._queue, self._take_over, began)
        around = work.around(chosen)
        upgrade = upgrade_of(around.service, self._supervisor.context, wish)
        if not await plan(upgrade, around.service, report) or wish.dry_run:
            return Summary(True, 0, ())
        about = sorted(around.affected) if upgrade.stops else []
        await self._ledger.event(OPERATOR, "upgrade", names=about, by=asked[1])
        doing, ok = self._finished(work.carry_out(upgrade, around, report)), False
        try:
            summary = await self._until_stopped(doing, asked[0])
            ok = summary.ok
        finally:
            await self._ledger.event(OPERATOR, DONE, action="upgrade", names=names, ok=ok)
        return summary

    async def _finished(self, work: Awaitable[Upgraded]) -> Summary:
        done = await work
        return replace(await self._finish(done.outcomes), note=done.note)

    def plan(self, action: Action, names: Sequence[str]) -> touching.Plan:
        """What it would do to others than `names`; raises what `check` raises."""
        self.check(action, names)
        return touching.plan(
            action, self._supervisor.stack, self.resolve(names), self._board.wanted
        )

    def check(self, action: Action, names: Sequence[str], wish: Wish | None = None) -> None:
        """Raise UsageError for what cannot be meant; `wish` says more about an upgrade."""
        self.resolve(names)
        if action == "upgrade":
            name = one(self._supervisor.stack, names)
            service = self._supervisor.stack.services[name]
            upgrade_of(service, self._supervisor.context, wish or Wish())
        check_ours(self._supervisor.stack, action, names)

    def resolve(self, names: Sequence[str]) -> set[str]:
        """Service names for what was said; `UsageError` names what is not in the stack."""
        return resolve(self._supervisor.stack, names)

    async def _until_stopped(self, start: Coroutine[Any, Any, Summary], asked: int) -> Summary:
        """`start` to its end, or to a stop that came after it; `asked` is how many came before."""
        task = self._starting = asyncio.ensure_future(start)
        if asked != self._stops:
            task.cancel()
        try:
            await asyncio.wait({task})
        finally:
            self._starting = None
            self._dequeue()  # also when it was cancelled before its first step
        if task.cancelled():
            return Summary(False, 0, (), "a later stop or down ended it")
        return task.result()

    async def boot(self) -> Summary:
        """Start what is queued already; a stop or down ends it like any other start."""
        async with self._turn:
            # Now, not before: a `down` may have had the turn.
            queued = [tracked for tracked in self._board.tracked.values() if tracked.queued]
            names = {tracked.name for tracked in queued if self._board.is_wanted(tracked.service)}
            start = self._start_queued(names, set(), silent)
            return await self._until_stopped(start, self._stops)

    async def _start(self, chosen: set[str], restarted: set[str], report: Report) -> Summary:
        stack = self._supervisor.stack
        wanted = touching.started(stack, chosen, self._board.wanted)
        fresh = {name for name, tracked in self._board.tracked.items() if tracked.fresh}
        self._queue(wanted, restarted)  # first: what is wanted and absent counts as failed
        was_down = self._board.wanted.paused
        await asyncio.to_thread(self._board.wanted.start, wanted, stack.services)
        if was_down:
            self._dependants.came_up()
        if fresh - wanted:  # an edit brought more than what was asked for
            await asyncio.to_thread(self._board.wanted.stop, fresh - wanted)
        await self._supervisor.check(restarted)
        self._queue(wanted, restarted)  # before anything is awaited: they are wanted, and missing
        await self._take_over(restarted or set(filter(self._has_work, wanted)))
        return await self._start_queued(wanted, restarted, report)

    async def _start_queued(self, wanted: set[str], restarted: set[str], report: Report) -> Summary:
        try:
            self._queue(wanted, restarted)
            if restarted:
                await self._supervisor.stop(restarted, report)
            outcomes = await self._supervisor.start(wanted, self._dequeuing(report), self._seen)
        finally:
            self._dequeue()
        return await self._finish(outcomes)

    def _dequeue(self) -> None:
        for tracked in self._board.tracked.values():
            tracked.queued = False

    def _queue(self, names: set[str], restarted: set[str]) -> None:
        for name, tracked in self._board.tracked.items():
            tracked.fresh = False
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

    def _seen(self, name: str, result: Result) -> None:
        """What verified a start is a look like any other."""
        tracked = self._board.tracked.get(name)
        if tracked is not None:
            self._reactor.spawn(self._reactor.note(tracked, result))

    def _dequeuing(self, report: Report) -> Report:
        """What has been started is watched from then on, not from the end of the whole."""

        def noted(step: Step) -> None:
            tracked = self._board.tracked.get(step.service)
            if tracked is not None and step.phase in ("healthy", "started", "unchanged"):
                tracked.queued = False
            report(step)

        return noted

    async def _stop(self, action: Action, chosen: set[str], report: Report) -> Summary:
        stack = self._supervisor.stack
        affected = touching.stopped(stack, chosen, self._board.wanted)
        if action == "down" and chosen == set(stack.services):
            await asyncio.to_thread(self._board.wanted.stop_all)
            await self._dependants.stop_all(report)
            await end_beside(self._supervisor.context.tools)
        else:
            await asyncio.to_thread(self._board.wanted.stop, chosen, affected)
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
            elif self._failed(tracked, outcome):
                await self._reactor.fail(tracked, self._failure(tracked, outcome))
        failed = tuple(name for name, outcome in outcomes.items() if outcome.error is not None)
        changed = sum(1 for outcome in outcomes.values() if outcome.changed)
        return Summary(not failed, changed, failed, self._board.wanted.trouble)

    def _failed(self, tracked: Tracked, outcome: Outcome) -> bool:
        """Whether there is anything to heal. What was refused before anything of it was touched
        runs on as it did; what somebody stopped meanwhile stays stopped.
        """
        service = tracked.service
        refused = outcome.left is not None or bool(self._supervisor.in_hand(service))
        return not refused and service.managed and self._board.is_wanted(service)

    def _failure(self, tracked: Tracked, outcome: Outcome) -> Failure:
        what = outcome.error.said_of(tracked.name) if outcome.error is not None else ""
        running = self._supervisor.running(tracked.service)
        symptom = Symptom.UNRESPONSIVE if running else Symptom.MISSING
        return Failure(symptom, what, self._clock.wall(), self._clock.monotonic())
