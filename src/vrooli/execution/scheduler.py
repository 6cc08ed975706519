"""Starts runs at their times. Every server and worker has one: a due time gets one run all the
same, since its request has one key.
"""

import logging
from dataclasses import dataclass

from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.execution.due import Turn, decide
from vrooli.execution.runs.runs import Runs
from vrooli.execution.schedules import Scheduled, ScheduleStore

LOOK = 1.0
"""Seconds between two looks."""

AGAIN = 60.0
"""Seconds after which one is looked at again that cannot be reckoned here."""

LONGEST = 500
"""Characters of a reason that is kept."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Scheduler:
    """For one process."""

    store: ScheduleStore
    runs: Runs
    clock: Clock

    async def run(self) -> None:
        """For ever: 1. start what is due; 2. wait. An outage is told once."""
        said = ""
        while True:
            try:
                await self.look()
                said = ""
            except VrooliError as error:
                if str(error) != said:
                    _log.warning("no run is started by its schedule: %s", error)
                said = str(error)
            except Exception:  # noqa: BLE001 -- one that ended here would start no run any more
                _log.exception("the scheduler goes on")
            await self.clock.sleep(LOOK)

    async def look(self) -> None:
        """Start what is due."""
        now, due = await self.store.due()
        for known in due:
            await self._deal(known, _turn(known, now))

    async def _deal(self, known: Scheduled, turn: Turn) -> None:
        """The run comes before the row says so: whoever dies in between is followed by somebody
        who asks for the same run, and gets it.
        """
        plan, run, error = known.plan, None, turn.reason or None
        if turn.run:
            key = f"schedule:{plan.name}:{turn.due:.0f}"
            try:
                run = await self.runs.start(
                    plan.routine, plan.inputs, plan.by, key, priority=plan.priority
                )
            except VrooliError as failed:
                if failed.retryable:
                    raise
                error = str(failed)[:LONGEST]
                _log.warning("schedule %s started no run: %s", plan.name, failed)
        await self.store.move(known, turn, run, error)


def _turn(known: Scheduled, now: float) -> Turn:
    """What is to be done about it. Its own trouble must not keep the others from their runs."""
    times, last = known.plan.times, known.last_due
    try:
        turn = decide(times, last, now, known.plan.missed)
        return turn or Turn(last, run=False, next=times.next_after(now))
    except VrooliError as error:  # its time zone is not known on this machine
        return Turn(last, run=False, next=now + AGAIN, reason=str(error)[:LONGEST])
