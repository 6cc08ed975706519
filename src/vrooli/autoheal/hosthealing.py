"""Healing the machine: what a check finds is mended only by actions that `[autoheal.allow]` names.

The rules are those for services (`policy`), the transaction is its own: the check itself says
whether an action helped.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from vrooli.autoheal import policy
from vrooli.autoheal.action import Action, action
from vrooli.autoheal.board import Board
from vrooli.autoheal.catalogue import HostCheck
from vrooli.autoheal.check import Look
from vrooli.autoheal.heal import Attempt, Heal, Outcome
from vrooli.autoheal.healer import Danger
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.opened import opened
from vrooli.autoheal.policy import Case, Decision, Failure, Situation, Symptom
from vrooli.autoheal.restraints import Restraints
from vrooli.core.command import describe
from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.executor import Executor
from vrooli.core.result import Result
from vrooli.core.status import Status

CONFIRMED = 2
"""Looks in a row that must find it before anything is done."""


class HostHealing:
    """Decides about what checks of the machine find, and carries it out."""

    def __init__(
        self, board: Board, ledger: Ledger, restraints: Restraints, executor: Executor, clock: Clock
    ) -> None:
        self._board, self._ledger, self._restraints = board, ledger, restraints
        self._executor, self._clock = executor, clock

    def allowed(self, item: HostCheck, status: Status) -> tuple[str, ...]:
        """The actions that may be taken without asking. A mere warning allows only safe ones."""
        allow = self._board.supervisor.stack.autoheal.allow
        ladder = (name for name in item.check.ladder if name in allow)
        if status is Status.CRITICAL:
            return tuple(ladder)
        return tuple(name for name in ladder if action(name).danger is Danger.SAFE)

    def case(self, item: HostCheck, failure: Failure, status: Status) -> Case:
        """What a decision about it depends on."""
        ladder = self.allowed(item, status)
        situation = Situation(
            heal="auto" if ladder else "watch",
            wanted=True,
            busy=item.acting,
            quarantine=self._restraints.quarantine(item.id),
            maintenance=self._restraints.maintenance(item.id),
            ladder=ladder,
            recent_heals=tuple(self._board.heal_times),
        )
        settings = self._board.supervisor.stack.autoheal
        return Case(failure, item.backoff, situation, self._clock.monotonic(), settings, item.prior)

    async def on_look(self, item: HostCheck, result: Result, tools: "Tools") -> None:
        """A look came back: confirm, decide, act. Numbered:

        1. what is well again ends the failure
        2. two looks in a row make one, counted once
        3. the policy decides; what it allows is done and verified by the check itself
        """
        if item.acting or not result.applicable or result.status is Status.UNKNOWN:
            return
        if result.status is Status.OK:
            item.failing, item.failure, item.decision = 0, None, None
            item.backoff = item.backoff.recovered(self._clock.monotonic())
            return
        item.failing += 1
        if item.failing < CONFIRMED or not item.check.ladder:
            return
        if item.failure is None:
            item.failure = self._failure(item, result.message)
        case = self.case(item, item.failure, result.status)
        decision = policy.decide(case)
        if item.decision is None or item.decision.rule != decision.rule:
            self._ledger.decision(item.id, case, decision)
        item.decision = decision
        if decision.verdict == "heal":
            await self.act(item, decision.ladder, decision, tools)

    async def act(
        self, item: HostCheck, names: tuple[str, ...], decision: Decision, tools: "Tools"
    ) -> Heal:
        """Take actions until the check says that it is better; the heal."""
        before = item.result.status if item.result else Status.UNKNOWN
        failure = item.failure or self._asked(item, decision, before)
        heal = opened(item.id, failure, decision)
        item.acting = True
        self._board.heal_times.append(self._clock.monotonic())
        await self._ledger.heal(heal, item.backoff)
        try:
            for name in names:
                attempt, result = await self._attempt(item, action(name), tools)
                heal = heal.tried(attempt)
                if result is not None and _better(result.status, before):
                    took = round(self._clock.monotonic() - heal.detected_monotonic, 3)
                    return await self._end(item, replace(heal, verified_after=took), "")
            return await self._end(item, heal, heal.attempts[-1].error if heal.attempts else "")
        finally:
            item.acting = False

    async def _attempt(
        self, item: HostCheck, step: Action, tools: "Tools"
    ) -> tuple[Attempt, Result | None]:
        at = self._clock.wall()
        try:
            commands = await asyncio.to_thread(step.commands, tools.look(item))
            await self._executor.run(commands, lambda _: None)
            result = await tools.again(item)
        except VrooliError as error:
            return Attempt(step.id, at, error.what), None
        found = "" if result.status is Status.OK else f"done, but {result.message}"
        return Attempt(step.id, at, found), result

    async def _end(self, item: HostCheck, heal: Heal, error: str) -> Heal:
        if heal.verified_after is not None:
            item.failing, item.failure, item.decision = 0, None, None
            item.backoff = item.backoff.recovered(self._clock.monotonic())
            heal = heal.well(self._clock.wall())
        else:
            item.failure = None  # the next failing look is a new one, and counts
            heal = heal.ended(Outcome.INEFFECTIVE, self._clock.wall(), error)
        await self._ledger.heal(heal, item.backoff)
        item.heal = heal
        return heal

    def _asked(self, item: HostCheck, decision: Decision, before: Status) -> Failure:
        """What a person wants done. About a check that is well nothing failed."""
        cause = f"asked for {decision.reason}"
        if before is not Status.OK:
            return self._failure(item, cause)
        return Failure(Symptom.ASKED, cause, self._clock.wall(), self._clock.monotonic())

    def _failure(self, item: HostCheck, cause: str) -> Failure:
        now = self._clock.monotonic()
        item.prior = item.backoff
        item.backoff = item.backoff.failed(now, self._board.supervisor.stack.autoheal)
        return Failure(Symptom.BREACHED, cause, self._clock.wall(), now)


@dataclass(frozen=True, slots=True)
class Tools:
    """What a heal needs of whoever looks: the facts of a look, and another look."""

    look: Callable[[HostCheck], Look]
    again: Callable[[HostCheck], Awaitable[Result]]


def commands_of(name: str, look: Look) -> list[str]:
    """What an action would do, a line each.

    Raises:
        Refused: it cannot be done on this machine.
    """
    return [describe(command) for command in action(name).commands(look)]


def _better(now: Status, before: Status) -> bool:
    """Whether an action helped: well, or no longer critical."""
    return now is Status.OK or (before is Status.CRITICAL and now is Status.WARNING)
