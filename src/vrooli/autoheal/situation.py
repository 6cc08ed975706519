"""Gathers what a decision depends on. Reading only."""

from typing import Protocol

from vrooli.autoheal.board import Board
from vrooli.autoheal.breaker import common_cause
from vrooli.autoheal.policy import Case, Failure, Situation, Symptom
from vrooli.autoheal.restraints import Restraints
from vrooli.autoheal.tracker import Tracked
from vrooli.core.ports.clock import Clock
from vrooli.stack import graph


class Gate(Protocol):
    """What may speak against a restart."""

    async def look(self, symptom: Symptom | None = None) -> None:
        """See how the machine is, as far as it matters to one that failed like that (None: to any).
        May take seconds.
        """
        ...

    def reason(self, tracked: Tracked) -> str:
        """Why a restart of this service cannot help, by the latest look; empty when it may."""
        ...


class Situations:
    """Looks at the board for the policy."""

    def __init__(self, board: Board, restraints: Restraints, gate: Gate, clock: Clock) -> None:
        self._board, self.restraints, self._gate, self._clock = board, restraints, gate, clock

    async def look(self, symptom: Symptom | None = None) -> None:
        """See how the machine is: what a case says of it is as old as the latest look."""
        await self._gate.look(symptom)

    def case(self, tracked: Tracked, failure: Failure) -> Case:
        """The case of `tracked`, which failed like that, as it stands now."""
        settings = self._board.supervisor.stack.autoheal
        roots = self._failing_roots()
        situation = Situation(
            heal=tracked.service.heal,
            wanted=self._board.is_wanted(tracked.service),
            busy=self._board.busy(tracked),
            in_hand=self._board.supervisor.in_hand(tracked.service),
            quarantine=self.restraints.quarantine(tracked.name),
            maintenance=self.restraints.maintenance(tracked.name),
            victim=self._board.is_victim(tracked),
            failing_needs=self._board.failing_needs(tracked),
            common_cause=common_cause(len(roots), self._meant_to_run(), settings),
            turn=self._is_its_turn(tracked, roots),
            gate=self._obstacle(tracked),
            ladder=tracked.service.ladder if failure.symptom is Symptom.UNRESPONSIVE else (),
            flapping=tracked.flaps.flapping,
            recent_heals=tuple(self._board.heal_times),
        )
        return Case(
            failure,
            tracked.backoff,
            situation,
            self._clock.monotonic(),
            settings,
            tracked.prior,
        )

    def _obstacle(self, tracked: Tracked) -> str:
        """Why a restart cannot help: by who runs it, the machine, or how the last one went."""
        return (
            self._board.supervisor.obstacle(tracked.service)
            or self._gate.reason(tracked)
            or tracked.refusal(self._clock.monotonic())
        )

    def _failing_roots(self) -> list[Tracked]:
        """Those that fail for no reason of another's, in the order of the start."""
        waves = graph.start_waves(self._board.supervisor.stack)
        place = {name: number for number, wave in enumerate(waves) for name in wave}
        found = [t for t in self._board.tracked.values() if self._fails_by_itself(t)]
        return sorted(found, key=lambda t: (place[t.name], t.name))

    def _fails_by_itself(self, tracked: Tracked) -> bool:
        """What it needs may be the cause, also when that is just back: it is excused then."""
        failed = tracked.failure is not None or tracked.acting
        excused = self._clock.monotonic() < tracked.excused
        managed = tracked.service.managed
        return failed and managed and not excused and not self._board.failing_needs(tracked)

    def _meant_to_run(self) -> int:
        tracked = self._board.tracked.values()
        return sum(1 for t in tracked if t.service.managed and self._board.is_wanted(t.service))

    def _is_its_turn(self, tracked: Tracked, roots: list[Tracked]) -> bool:
        if any(root.acting for root in roots):
            return False
        now, settings = self._clock.monotonic(), self._board.supervisor.stack.autoheal
        allowed = [root for root in roots if root.backoff.allowed_at(settings) <= now]
        return not allowed or allowed[0] is tracked
