"""A heal as a transaction: what is written down, done, verified and watched."""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, Protocol

from vrooli.autoheal import policy
from vrooli.autoheal.board import Board
from vrooli.autoheal.heal import BY_HAND, Attempt, Heal, Outcome
from vrooli.autoheal.healer import GivenUp, healer
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.opened import opened
from vrooli.autoheal.policy import Decision, Failure, Symptom
from vrooli.autoheal.tracker import Tracked
from vrooli.core.errors import Refused, UsageError, VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.core.result import Result
from vrooli.stack.supervisor import Supervisor

DEPENDENTS_PATIENCE = 30.0
"""Seconds that dependents get to pass again after a heal, before it counts as unverifiable, and
they as failed themselves.
"""


class Judge(Protocol):
    """Whom a transaction tells what it saw."""

    async def note(self, tracked: Tracked, result: Result) -> None:
        """A look."""
        ...

    async def fail(self, tracked: Tracked, failure: Failure) -> None:
        """It failed (again)."""
        ...

    async def settle(self, tracked: Tracked, note: str) -> None:
        """It serves again."""
        ...

    async def give_up(self, tracked: Tracked, why: str) -> None:
        """From here on a person is needed."""
        ...

    def spawn(self, work: Coroutine[Any, Any, None]) -> object:
        """Run `work` on the side."""
        ...

    def yield_to(self, tracked: Tracked) -> None:
        """Somebody else has it in hand: end what is under way."""
        ...

    def later(self, tracked: Tracked, at: float) -> None:
        """Decide anew at this monotonic time."""
        ...


class Healing:
    """Carries out what was decided."""

    def __init__(self, board: Board, ledger: Ledger, clock: Clock, judge: Judge) -> None:
        self._board, self._ledger, self._clock, self._judge = board, ledger, clock, judge
        self._supervisor = board.supervisor

    async def heal(
        self, tracked: Tracked, failure: Failure, decision: Decision, began: float
    ) -> None:
        """The transaction, which `claim` has begun. Numbered:

        1. write down what is about to happen, durably
        2. try the actions of the ladder, mildest first; each verifies by the failing probe
        3. none helped: `ineffective`, a new failure, and the policy decides how long to wait
        4. one helped: watch the stability window, then ask the dependents
        """
        tracked.heal = heal = opened(tracked.name, failure, decision)
        await self._ledger.heal(heal, tracked.backoff)
        try:
            error = await self._climb(tracked, decision.ladder, self._supervisor.sparing())
        except (Refused, UsageError) as refusal:
            await self._turned_away(tracked, refusal, began)
            return
        except BaseException:
            tracked.acting = False
            raise
        if error is not None:
            await self._in_vain(tracked, error)
            return
        await self._verified(tracked)

    async def by_hand(self, tracked: Tracked, action: str, who: str) -> Heal:
        """One action because a person says so: the policy is not asked, the count is untouched.
        The heal: of what failed and passes again it has no outcome yet, its stability is watched
        on. What did not fail is not healed: that is recorded as done.
        """
        await self._interrupt(tracked, who)
        now = (self._clock.wall(), self._clock.monotonic())
        failure = Failure(Symptom.ASKED, f"asked for by {who}", *now)
        if tracked.failure is not None:
            failure = Failure(tracked.failure.symptom, tracked.failure.cause, *now)
        tracked.heal = heal = opened(tracked.name, failure, Decision("heal", BY_HAND, f"by {who}"))
        try:
            error = await self._climb(tracked, (action,), self._supervisor)
        except (Refused, UsageError) as refusal:
            await self.end(tracked, tracked.heal, Outcome.REFUSED, refusal.what)
            raise
        finally:
            tracked.acting = False
        if error is not None:
            stopped = heal.asked and healer(action).gives_up
            outcome = Outcome.DONE if stopped else Outcome.INEFFECTIVE
            await self.end(tracked, tracked.heal, outcome, error)
            return tracked.heal
        await self._judge.settle(tracked, f"healed by {who}")
        if heal.asked:
            await self._set(tracked, tracked.heal.well(self._clock.wall()))
            return tracked.heal
        took = self._clock.monotonic() - heal.detected_monotonic
        await self._set(tracked, passing := replace(tracked.heal, verified_after=round(took, 3)))
        self._judge.spawn(self._stability(tracked, passing))
        return passing

    async def _interrupt(self, tracked: Tracked, who: str) -> None:
        """One whose stability is still watched: what comes of it now is not its doing."""
        earlier = tracked.heal
        if earlier is not None and earlier.outcome is None:
            note = f"it passed, and then {who} acted on it"
            await self.end(tracked, earlier, Outcome.UNVERIFIABLE, note)

    async def verify(self, tracked: Tracked, heal: Heal) -> None:
        """Go on with one whose watchdog was killed after it had acted."""
        runtime = self._supervisor.runtime(tracked.service)
        try:
            await runtime.await_health(tracked.service, self._supervisor.context)
        except VrooliError as failed:
            await self._in_vain(tracked, failed.said_of(tracked.name))
            return
        tracked.heal = replace(heal, note="verified after the watchdog was replaced")
        await self._verified(tracked)

    async def refuse(self, tracked: Tracked, failure: Failure, decision: Decision) -> None:
        """Write down that nothing is done, and why."""
        await self.end(
            tracked, opened(tracked.name, failure, decision), Outcome.REFUSED, decision.reason
        )

    async def end(self, tracked: Tracked, heal: Heal, outcome: Outcome, note: str = "") -> None:
        """It is over."""
        await self._set(tracked, heal.ended(outcome, self._clock.wall(), note))

    async def _in_vain(self, tracked: Tracked, error: str) -> None:
        assert tracked.heal is not None  # called with a heal in flight only
        if self._supervisor.in_hand(tracked.service):
            tracked.acting = False
            self._judge.yield_to(tracked)
            return
        ended = tracked.heal.ended(Outcome.INEFFECTIVE, self._clock.wall(), error)
        await self._last(tracked, ended)
        tracked.acting = False
        running = self._supervisor.running(tracked.service)
        symptom = Symptom.UNRESPONSIVE if running else Symptom.EXITED
        failure = Failure(symptom, error, self._clock.wall(), self._clock.monotonic())
        await self._judge.fail(tracked, failure)

    async def _climb(
        self, tracked: Tracked, ladder: tuple[str, ...], supervisor: Supervisor
    ) -> str | None:
        error = ""
        for name in ladder:
            at, tracked.trying = self._clock.wall(), name
            try:
                result = await healer(name).run(tracked.service, supervisor)
            except (Refused, UsageError):  # nothing was done, and trying harder would not help
                raise
            except VrooliError as failed:
                error = failed.said_of(tracked.name)
                if isinstance(failed, GivenUp):
                    await self._judge.give_up(tracked, error)
                await self._tried(tracked, Attempt(name, at, error))
                continue
            finally:
                tracked.trying = ""
            await self._tried(tracked, Attempt(name, at))
            await self._judge.note(tracked, result)
            return None
        return error

    async def _turned_away(self, tracked: Tracked, refusal: VrooliError, began: float) -> None:
        """Nothing was done, so nothing is counted; look again when the world may have changed."""
        tracked.acting = False
        if began in self._board.heal_times:  # else it took longer than the window of the budget
            self._board.heal_times.remove(began)
        tracked.heals.pop()
        if self._supervisor.in_hand(tracked.service):
            self._judge.yield_to(tracked)
            return
        at, why = self._clock.monotonic() + policy.GATE_RETRY, refusal.said_of(tracked.name)
        tracked.decision = Decision("refuse", "gate", why, at=at)
        tracked.turned_away = (why, at)
        self._judge.later(tracked, at)
        if tracked.heal is not None:
            await self.end(tracked, tracked.heal, Outcome.REFUSED, why)

    async def _verified(self, tracked: Tracked) -> None:
        assert tracked.heal is not None  # called with a heal in flight only
        took = self._clock.monotonic() - tracked.heal.detected_monotonic
        await self._last(tracked, replace(tracked.heal, verified_after=round(took, 3)))
        if not self._supervisor.running(tracked.service):  # its end was no news while we acted
            await self._in_vain(tracked, "it ended again at once")
            return
        tracked.acting = False
        await self._judge.settle(tracked, "healed")
        await self._tell_chronic(tracked)
        await self._stability(tracked, tracked.heal)

    async def _tell_chronic(self, tracked: Tracked) -> None:
        """This one worked, and yet there are too many: a person has to find the cause."""
        times = tracked.heals_since(self._clock.wall())
        if times == self._supervisor.stack.autoheal.chronic:
            why = f"something was done about it {times} times in 24 hours, and it fails again"
            await self._ledger.event(tracked.name, "chronic", why=why)

    async def _stability(self, tracked: Tracked, heal: Heal) -> None:
        await self._clock.sleep(self._supervisor.stack.autoheal.stability)
        sick = await self._sick_dependents(tracked, heal)
        current = tracked.heal
        if current is None or current.id != heal.id or current.outcome is not None:
            return
        if sick:
            note = f"it passes, but {', '.join(sick)} still does not"
            await self.end(tracked, current, Outcome.UNVERIFIABLE, note)
        else:
            await self._set(tracked, current.well(self._clock.wall()))

    async def _sick_dependents(self, tracked: Tracked, heal: Heal) -> list[str]:
        deadline = self._clock.monotonic() + DEPENDENTS_PATIENCE
        while True:
            dependents = self._board.dependents(tracked)
            sick = [t.name for t in dependents if t.sick and not _failed_before(t, heal)]
            if not sick or self._clock.monotonic() >= deadline or tracked.failure is not None:
                return sick
            await self._clock.sleep(0.25)

    def claim(self, tracked: Tracked) -> float:
        """Take `tracked` and a place in the budget of heals, at once: the next decision, which may
        come before the heal has begun, must know of it. When it was (monotonic).
        """
        tracked.acting = True
        now = self._clock.monotonic()
        window = self._supervisor.stack.autoheal.heal_window
        self._board.heal_times = [t for t in self._board.heal_times if now - t < window] + [now]
        tracked.heals.append(self._clock.wall())
        return now

    async def _tried(self, tracked: Tracked, attempt: Attempt) -> None:
        assert tracked.heal is not None  # called with a heal in flight only
        if healer(attempt.action).starts and not tracked.heal.asked:
            tracked.starts.append(attempt.at)
        await self._set(tracked, tracked.heal.tried(attempt))

    async def _last(self, tracked: Tracked, heal: Heal) -> None:
        """Write down what came of the action while it still counts as being acted on: the failure
        stands until it is settled or counted anew, and would be decided about once more.
        """
        try:
            await self._set(tracked, heal)
        except BaseException:
            tracked.acting = False
            raise

    async def _set(self, tracked: Tracked, heal: Heal) -> None:
        tracked.heal = heal
        await self._ledger.heal(heal)


def _failed_before(dependent: Tracked, heal: Heal) -> bool:
    """Whether it failed already, and for a reason of its own: that says nothing about the heal."""
    return 0.0 < dependent.own_since < heal.detected_monotonic
