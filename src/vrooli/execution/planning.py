"""What can be asked of schedules."""

from dataclasses import dataclass

from vrooli.execution.routines import RoutineStore
from vrooli.execution.runs.inputs import InputCheck
from vrooli.execution.schedules import Plan, Scheduled, ScheduleStore


@dataclass(frozen=True, slots=True)
class Planning:
    """For the API of one process."""

    store: ScheduleStore
    routines: RoutineStore

    async def add(self, plan: Plan) -> Scheduled:
        """Keep a schedule.

        Raises:
            UsageError: no schedule, or no time zone.
            UnknownName: there is no such routine.
            BadInputs: they do not fit it.
            Refused: there is one of that name.
        """
        plan.times.check()
        stored = await self.routines.get(plan.routine)
        InputCheck()(stored, plan.inputs)
        await self.store.add(plan, await self.store.now())
        return await self.store.get(plan.name)

    async def switch(self, name: str, *, enabled: bool) -> Scheduled:
        """Have it start runs, or not; UnknownName when there is none of that name."""
        return await self.store.enable(name, await self.store.now(), enabled=enabled)
