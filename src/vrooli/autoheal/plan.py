"""What would be done now, and why: the same decisions as the loop's, and nothing is done."""

from dataclasses import asdict
from typing import Any

from vrooli.autoheal import policy
from vrooli.autoheal.board import Board
from vrooli.autoheal.policy import Case, Failure, Symptom
from vrooli.autoheal.situation import Situations
from vrooli.autoheal.tracker import Tracked
from vrooli.core.errors import UnknownName, UsageError
from vrooli.core.ports.clock import Clock
from vrooli.stack.model import Stack


class Planner:
    """Projections of the policy. Reading only."""

    def __init__(self, board: Board, situations: Situations, clock: Clock) -> None:
        self._board, self._situations, self._clock = board, situations, clock

    @property
    def stack(self) -> Stack:
        """The stack in force."""
        return self._board.supervisor.stack

    async def look(self) -> None:
        """See how the machine is now, for what is asked next."""
        await self._situations.look()

    def plan(self) -> list[dict[str, Any]]:
        """Every service that fails, with the decision about it."""
        failing = [t for t in self._board.tracked.values() if t.failure is not None or t.acting]
        return [self._row(tracked) for tracked in failing]

    def explain(self, name: str) -> dict[str, Any]:
        """Of a service (by its name or its check's id): the decision, every rule, the facts. One
        that is well is explained as if it had ended just now; one that comes and goes as if a
        failure of it had been confirmed.

        Raises:
            UsageError: there is no such service.
        """
        tracked = self._find(name)
        case = self._case(tracked)
        return {
            **self._row(tracked),
            "rules": [asdict(finding) for finding in policy.explain(case)],
            "case": case.to_json(),
        }

    def _find(self, name: str) -> Tracked:
        for tracked in self._board.tracked.values():
            if name in (tracked.name, tracked.service.check_id):
                return tracked
        if name in self._board.checks:
            raise UsageError(
                f"{name} is a check of the machine: it is looked at, and no service is behind it",
                next_step="`vrooli-autoheal checks` shows what it found",
            )
        raise UnknownName(
            f"there is no service or check `{name}`",
            name,
            next_step="`vrooli-autoheal checks` lists them",
        )

    def _case(self, tracked: Tracked) -> Case:
        return self._situations.case(tracked, tracked.failure or self._supposed(tracked))

    def _row(self, tracked: Tracked) -> dict[str, Any]:
        case = self._case(tracked)
        decision = policy.decide(case)
        wait = decision.at and max(0.0, decision.at - self._clock.monotonic())
        return {
            "service": tracked.name,
            "check": tracked.service.check_id,
            "supposed": tracked.failure is None,
            "flapping": tracked.flaps.words,
            "symptom": str(case.failure.symptom),
            "cause": case.failure.cause,
            "verdict": decision.verdict,
            "rule": decision.rule,
            "reason": decision.reason,
            "actions": list(decision.ladder),
            "again_in": wait,
        }

    def _supposed(self, tracked: Tracked) -> Failure:
        cause, symptom = "suppose that it had ended just now", Symptom.EXITED
        if tracked.flaps.flapping:
            cause, symptom = f"it {tracked.flaps.words}", Symptom.UNRESPONSIVE
        return Failure(symptom, cause, self._clock.wall(), self._clock.monotonic())
