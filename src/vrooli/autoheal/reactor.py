"""From news to deeds: a failure is confirmed and decided upon by the policy; `healing` does the
rest.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from vrooli.autoheal import policy
from vrooli.autoheal.backoff import Backoff
from vrooli.autoheal.board import Board
from vrooli.autoheal.flap import Flaps
from vrooli.autoheal.guard import guarded
from vrooli.autoheal.heal import Heal, Outcome
from vrooli.autoheal.healing import DEPENDENTS_PATIENCE, Healing
from vrooli.autoheal.holding import Holding
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.looping import count_restarts
from vrooli.autoheal.policy import Failure, Symptom
from vrooli.autoheal.recovery import Recovery
from vrooli.autoheal.restraints import WATCHDOG
from vrooli.autoheal.situation import Situations
from vrooli.autoheal.tracker import Tracked
from vrooli.core.errors import Busy
from vrooli.core.launch import Exit, Launch
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.manager import Held
from vrooli.core.result import Result, critical
from vrooli.core.status import Status
from vrooli.stack import graph
from vrooli.stack.model import AutohealSettings

Look = Callable[[Tracked], Awaitable[Result]]
"""One look at a service, now."""

CLOSING = 5.0
"""Seconds that heals and looks get to end their own processes when the watchdog is stopped."""


class Reactor:
    """Reacts to exits and to looks. Every method runs on the watchdog's loop; none waits for a
    heal.
    """

    def __init__(
        self, board: Board, ledger: Ledger, situations: Situations, *, look: Look, clock: Clock
    ) -> None:
        self._board, self._ledger, self._situations = board, ledger, situations
        self._look, self._clock = look, clock
        self._supervisor = board.supervisor
        self._healing = Healing(board, ledger, clock, self)
        self.holding = Holding(board, ledger)
        self._recovery = Recovery(board, clock)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def on_exit(self, ended: Exit) -> None:
        """The keeper reaped a process. Whoever is at work on that service hears it by itself."""
        tracked = self._board.tracked.get(ended.launch.service)
        self._supervisor.note_exit(ended)
        if tracked is None or not self._is_news(tracked, ended):
            return
        await self.fail(tracked, self._failure(Symptom.EXITED, ended.describe(), ended))

    async def on_held(self, tracked: Tracked, held: Held) -> None:
        """A manager tells how a service is."""
        before = self._launch(tracked)
        ended = self._supervisor.note_held(tracked.service, held)
        count_restarts(tracked, self._supervisor)
        if self._board.busy(tracked) and not self._is_taken_over(tracked):
            return
        if not self._board.is_wanted(tracked.service):
            if await self.holding.started_by_hand(tracked, held):
                tracked.kick.set()
            return
        if not await self._left_alone(tracked):
            if ended is not None:
                await self.on_exit(ended)
            await self.holding.restarted(tracked, before)
            await self.consider(tracked)
        tracked.kick.set()

    async def on_look(self, tracked: Tracked, result: Result) -> None:
        """A probe came back."""
        now = self._clock.monotonic()
        if self._counts(tracked, result):
            tracked.flaps = tracked.flaps.after(result.healthy, result.message)
        await self.note(tracked, result)
        if self._board.busy(tracked):
            return
        if not self._board.is_wanted(tracked.service) or tracked.service.is_watchdog:
            return
        held = tracked.service.is_held and await self._left_alone(tracked)
        if held and not result.healthy:
            return
        tracked.looks = tracked.looks.after(result, now)
        if result.healthy:
            await self._passed(tracked, now)
        elif tracked.failure is None and tracked.service.managed:
            await self._failing_look(tracked, result, now)

    def _counts(self, tracked: Tracked, result: Result) -> bool:
        """Whether a look says something of how steady it is: nobody is at it, and when it failed,
        it did so for no reason of another's.
        """
        service, board = tracked.service, self._board
        if result.status is Status.UNKNOWN or service.is_watchdog:
            return False
        if board.busy(tracked) or not board.is_wanted(service):
            return False
        others = self._supervisor.in_hand(service) or board.failing_needs(tracked)
        return result.healthy or not others

    async def fail(self, tracked: Tracked, failure: Failure) -> None:
        """A failure is certain: close what it disproves, count it, decide."""
        own = not self._board.failing_needs(tracked)
        tracked.fails(failure, own=own)  # before anything is awaited, so that none counts twice
        before = tracked.prior = tracked.backoff
        tracked.backoff = before.failed(self._clock.monotonic(), self._settings)
        if tracked.heal is not None and tracked.heal.outcome is None:
            await self._healing.end(tracked, tracked.heal, Outcome.RELAPSED, failure.cause)
        self._ledger.transition(tracked.name, "running", "failed", failure.cause)
        if tracked.result is None or tracked.result.status is not Status.CRITICAL:
            await self.note(tracked, critical(failure.cause.splitlines()[0]))
        await self.consider(tracked)
        if self._board.is_victim(tracked):
            tracked.backoff = before
        elif not tracked.acting:  # a heal writes it down together with its own beginning
            await self._ledger.backoff(tracked.name, tracked.backoff)
        if tracked.backoff.exhausted(self._settings) and not before.exhausted(self._settings):
            await self._hand_off(tracked, failure)

    async def consider(self, tracked: Tracked) -> None:
        """Decide about a standing failure, and act or set the time of the next look at it."""
        if tracked.failure is not None:  # first: from here on all is decided in one go
            await self._situations.look(tracked.failure.symptom)
        self._forget_timer(tracked)
        failure = tracked.failure
        if failure is None:
            return
        case = self._situations.case(tracked, failure)
        decision = policy.decide(case)
        if decision.rule == "busy":
            return
        if decision.rule == "recovering":
            self._ledger.decision(tracked.name, case, decision)
            self._excuse(tracked)
            tracked.kick.set()
            return
        changed = tracked.decision is None or tracked.decision.rule != decision.rule
        tracked.decision = decision
        if changed:
            self._ledger.decision(tracked.name, case, decision)
        if decision.rule == "in-hand":
            self.yield_to(tracked)
            return
        if decision.verdict == "heal":
            began = self._healing.claim(tracked)
            tracked.task = self.spawn(self._healing.heal(tracked, failure, decision, began))
            return
        if changed and decision.verdict == "refuse":
            await self._healing.refuse(tracked, failure, decision)
        if decision.at is not None:
            self.later(tracked, decision.at)

    async def reconsider(self) -> None:
        """Decide anew about every standing failure: what a person holds back has changed."""
        failing = [t for t in self._board.tracked.values() if t.failure is not None]
        await asyncio.gather(*map(self.consider, failing))

    async def _hand_off(self, tracked: Tracked, failure: Failure) -> None:
        """We go on trying, seldom; a person has to look at it."""
        times = tracked.backoff.times(self._settings)
        what = f"failed {times}: it is tried again every {self._settings.delays[-1]:g} s"
        await self._ledger.event(tracked.name, "handed over", why=what, cause=failure.cause)

    @property
    def _settings(self) -> AutohealSettings:
        return self._supervisor.stack.autoheal

    async def give_up(self, tracked: Tracked, why: str) -> None:
        """It was stopped because nothing helped: only a person may start it again."""
        await self._situations.restraints.hold(tracked.name, why, WATCHDOG)

    async def act(self, tracked: Tracked, action: str, who: str) -> Heal:
        """Take one action on a service because a person says so.

        Raises:
            Busy: something is at it already.
            Refused: the action cannot be taken there.
        """
        if self._board.busy(tracked):
            raise Busy(
                "an operation is at it already",
                where=tracked.name,
                next_step="wait for its end, which `vrooli status` shows",
            )
        tracked.acting = True
        return await self._healing.by_hand(tracked, action, who)

    def yield_to(self, tracked: Tracked) -> None:
        """Somebody else has it in hand: what is under way ends. On the side, because it may be a
        heal that found out, and that cannot end itself.
        """
        self.spawn(self._yield_to(tracked))

    async def _yield_to(self, tracked: Tracked) -> None:
        if tracked.queued:
            return  # an operator starts it again
        await self.holding.left_alone(tracked)
        await self.hand_over(tracked)
        tracked.kick.set()

    def _excuse(self, tracked: Tracked) -> None:
        """What it needs is back: it gets time to find that out, and is judged anew after it."""
        tracked.excused = self._clock.monotonic() + DEPENDENTS_PATIENCE
        if self._board.is_victim(tracked):
            tracked.fails_no_more()
            why = "what it needs is back; it is looked at anew"
            self._ledger.transition(tracked.name, "failed", "running", why)

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` on the side, held so that it is not collected."""
        task = asyncio.get_running_loop().create_task(_guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End all that is under way here, while the keeper can still be told; what runs, runs on.
        A heal cut off is taken up by the next watchdog.
        """
        for timer in self._timers.values():
            timer.cancel()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSING)

    async def settle(self, tracked: Tracked, note: str) -> None:
        """All is well again, by an operator or by itself: nothing is pending any more."""
        self._forget_timer(tracked)
        failed = tracked.failure is not None
        tracked.turned_away = ("", 0.0)
        if failed:
            self._ledger.transition(tracked.name, "failed", "running", note)
        tracked.fails_no_more()
        tracked.looks = type(tracked.looks)()
        tracked.backoff = tracked.backoff.recovered(self._clock.monotonic())
        self.spawn(self._ledger.backoff(tracked.name, tracked.backoff))
        dependents = self._board.dependents(tracked)
        for dependent in dependents if failed else ():
            self._excuse(dependent)  # all, before one is decided about: it counts the others
        self.spawn(self._recovery.after(tracked))
        for dependent in dependents:
            await self.consider(dependent)

    async def hand_over(self, tracked: Tracked) -> None:
        """An operator takes over: a heal in flight ends, what is pending is dropped, and the count
        starts anew.
        """
        self._forget_timer(tracked)
        task, tracked.task = tracked.task, None
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait({task})
        tracked.acting = False
        if tracked.heal is not None and tracked.heal.outcome is None:
            note = "an operator took over"
            await self._healing.end(tracked, tracked.heal, Outcome.UNVERIFIABLE, note)
        tracked.fails_no_more()
        tracked.turned_away = ("", 0.0)
        tracked.backoff, tracked.flaps = Backoff(), Flaps()
        await self._ledger.backoff(tracked.name, tracked.backoff)

    async def resume(self, tracked: Tracked, heal: Heal) -> None:
        """A heal was in flight when the watchdog was killed: go on with its verification, never act
        twice. Where nothing runs, the action did not come to its end: the failure stands.
        """
        tracked.heal = heal
        if self._supervisor.running(tracked.service):
            tracked.acting = True
            tracked.task = self.spawn(self._healing.verify(tracked, heal))
        elif self._board.is_wanted(tracked.service):
            at, monotonic = heal.detected_at, heal.detected_monotonic
            symptom = Symptom.MISSING if heal.asked else Symptom(heal.symptom)
            failure = Failure(symptom, heal.cause, at, monotonic, heal.launch_id)
            tracked.fails(failure, own=False)
            tracked.prior = None
        else:
            note = "stopped before it ran again"
            await self._healing.end(tracked, heal, Outcome.INEFFECTIVE, note)

    async def take_up(self, tracked: Tracked) -> None:
        """It does not run, and the watchdog before this one was waiting to start it again (the time
        for that may have come meanwhile): that failure is counted already. One that it did not see
        is told by the keeper.
        """
        if tracked.backoff.level > 0:
            cause = await self._ledger.standing_failure(tracked.name)
            if cause:
                tracked.fails(self._failure(Symptom.MISSING, cause, None), own=False)
                tracked.prior = None

    def _is_news(self, tracked: Tracked, ended: Exit) -> bool:
        current = self._supervisor.context.launches.get(tracked.name)
        return (
            (current is None or current.launch_id == ended.launch.launch_id)
            and tracked.service.managed
            and tracked.service.heal != "off"
            and not tracked.service.is_watchdog
            and self._is_open(tracked)
        )

    def _is_open(self, tracked: Tracked) -> bool:
        """Whether a failure of it would be news."""
        wanted = self._board.is_wanted(tracked.service)
        return wanted and tracked.failure is None and not self._board.busy(tracked)

    async def _left_alone(self, tracked: Tracked) -> bool:
        """Whether its manager, or an operator by way of it, has it in hand."""
        if not await self.holding.left_alone(tracked):
            return False
        if self._is_taken_over(tracked) or not self._board.is_wanted(tracked.service):
            await self.hand_over(tracked)
            tracked.kick.set()
        return True

    def _is_taken_over(self, tracked: Tracked) -> bool:
        """Whether somebody has it in hand while a failure of it stands or a heal is under way; who
        carries out an operation hears of that by himself.
        """
        healing = tracked.heal is not None and tracked.heal.outcome is None
        ours = not tracked.acting or (tracked.task is not None and not tracked.task.done())
        pending = (healing or tracked.failure is not None) and ours and not tracked.queued
        return pending and bool(self._supervisor.in_hand(tracked.service))

    async def _failing_look(self, tracked: Tracked, result: Result, now: float) -> None:
        stopped = bool(result.details.get("stopped"))  # says the kernel: a second look adds nothing
        if not self._supervisor.running(tracked.service):
            ended = self._how_it_ended(tracked)
            cause = ended.describe() if ended else "it is not running"
            symptom = Symptom.EXITED if ended else Symptom.MISSING
            await self.fail(tracked, self._failure(symptom, cause, ended))
        elif result.status is Status.CRITICAL and (stopped or self._believed(tracked, now)):
            # Time alone may confirm it: what decides is a look that failed, never an unknown one.
            symptom = Symptom.STOPPED if stopped else Symptom.UNRESPONSIVE
            failure = self._failure(symptom, result.message, None)
            await self._look_at_needs(tracked)
            if self._is_open(tracked):  # it may have ended or been stopped meanwhile
                await self.fail(tracked, failure)

    def _believed(self, tracked: Tracked, now: float) -> bool:
        """Whether its failing looks are confirmed, and nothing excuses them."""
        excused = now < tracked.excused or self._may_still_start(tracked, now)
        return tracked.looks.confirmed(tracked.service.health, now) and not excused

    def _may_still_start(self, tracked: Tracked, now: float) -> bool:
        """Whether nobody has seen this launch healthy, and its time to start is not over.

        Whoever started it may be gone: a watchdog that was killed, an operation that was cut short.
        """
        launch, patience = self._launch(tracked), tracked.service.start_timeout
        if launch is None or launch.launch_id == tracked.proven:
            return False
        if tracked.met[0] != launch.launch_id:
            tracked.met = (launch.launch_id, now)
        age = self._supervisor.age(launch) or 0.0
        return max(now - tracked.met[1], age) < patience

    def _how_it_ended(self, tracked: Tracked) -> Exit | None:
        """As the keeper told, perhaps of a launch that was over before this watchdog began."""
        exits, launch = self._supervisor.context.exits, self._launch(tracked)
        return exits.get(launch.launch_id) if launch else exits.latest(tracked.name)

    def _launch(self, tracked: Tracked) -> Launch | None:
        return self._supervisor.context.launches.get(tracked.name)

    async def _look_at_needs(self, tracked: Tracked) -> None:
        """Before a service is blamed, look at what it needs: it may be the victim."""
        names = graph.transitive_needs(self._supervisor.stack, tracked.name)
        needs = [self._board.tracked[name] for name in names if name in self._board.tracked]
        results = await asyncio.gather(*(self._look(need) for need in needs))
        for need, result in zip(needs, results, strict=True):
            await self.note(need, result)

    async def _passed(self, tracked: Tracked, now: float) -> None:
        tracked.backoff = tracked.backoff.recovered(now)
        tracked.excused = 0.0
        if tracked.failure is not None and self._supervisor.running(tracked.service):
            await self.settle(tracked, "recovered by itself")

    async def note(self, tracked: Tracked, result: Result) -> None:
        """Remember a look and write it down; dependents hear of a change."""
        result = tracked.flaps.shown(result)
        before, tracked.result = tracked.result, result
        tracked.looked_at = self._clock.wall()
        if result.healthy and (launch := self._launch(tracked)) is not None:
            tracked.proven, tracked.restarting_since = launch.launch_id, 0.0
        self._ledger.result(tracked.service.check_id, result, tracked.service.health.interval)
        if before is not None and before.status is not result.status:
            self._ledger.transition(
                tracked.service.check_id, str(before.status), str(result.status), result.message
            )
            if result.healthy or before.healthy:
                for dependent in self._board.dependents(tracked):
                    await self.consider(dependent)

    def _failure(self, symptom: Symptom, cause: str, ended: Exit | None) -> Failure:
        if ended is None:
            return Failure(symptom, cause, self._clock.wall(), self._clock.monotonic())
        launch_id = ended.launch.launch_id
        return Failure(symptom, cause, ended.at, ended.detected_monotonic, launch_id)

    def later(self, tracked: Tracked, at: float) -> None:
        """Decide anew about its failure at this monotonic time."""
        delay = max(0.0, at - self._clock.monotonic())
        loop = asyncio.get_running_loop()
        self._timers[tracked.name] = loop.call_later(
            delay, lambda: self.spawn(self.consider(tracked))
        )

    def _forget_timer(self, tracked: Tracked) -> None:
        timer = self._timers.pop(tracked.name, None)
        if timer is not None:
            timer.cancel()


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    await guarded(getattr(work, "__qualname__", "task"), work)
