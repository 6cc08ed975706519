"""Schedules in PostgreSQL: runs of routines at their times."""

import json
from dataclasses import dataclass
from typing import Any

from vrooli.core.errors import Refused, UnknownName
from vrooli.core.ports.database import Database
from vrooli.execution.due import Missed, Times, Turn

MOST = 1000
"""Schedules of all users together: each is looked at whenever it is due."""

AT_ONCE = 50
"""Due schedules of one look."""

_COLUMNS = """
SELECT name, routine, inputs::text, schedule, timezone, missed, priority, enabled, created_by,
       extract(epoch FROM created_at)::float8, extract(epoch FROM last_due)::float8,
       extract(epoch FROM next_due)::float8, last_run, last_error
FROM schedules
"""

_ADD = """
INSERT INTO schedules (name, routine, inputs, schedule, timezone, missed, priority, enabled,
                       created_by, last_due, next_due)
SELECT $1, $2, $3::json, $4, $5, $6, $7, $8, $9, to_timestamp($10), to_timestamp($11)
WHERE (SELECT count(*) FROM schedules) < $12
ON CONFLICT (name) DO NOTHING
RETURNING name
"""

# Only who saw it as it was may move it on: of two servers that deal with one due time, one does.
_MOVE = """
UPDATE schedules SET last_due = to_timestamp($3), next_due = to_timestamp($4),
    last_run = coalesce($5, last_run), last_error = $6
WHERE name = $1 AND last_due = to_timestamp($2)
"""

_ENABLE = """
UPDATE schedules SET enabled = $2,
    last_due = CASE WHEN $2 AND NOT enabled THEN to_timestamp($3) ELSE last_due END,
    next_due = CASE WHEN $2 AND NOT enabled THEN to_timestamp($4) ELSE next_due END
WHERE name = $1
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a schedule is made from.

    Attributes:
        name: unique.
        routine: its newest version is taken at each time.
        inputs: of each run.
        times: when.
        missed: what becomes of times that passed while nobody could start a run.
        priority: of each run.
        enabled: whether it starts any.
        by: who asked; the runs are his.
    """

    name: str
    routine: str
    inputs: Any
    times: Times
    missed: Missed
    priority: int
    enabled: bool
    by: str


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A schedule as it stands.

    Attributes:
        plan: what it is made from.
        created_at: Unix seconds.
        last_due: due times up to this one have been dealt with.
        next_due: the next one; None when there is none any more.
        last_run: that was started; None before the first one.
        last_error: why the last due time got no run; None when it did.
    """

    plan: Plan
    created_at: float
    last_due: float
    next_due: float | None
    last_run: str | None
    last_error: str | None

    def to_json(self) -> dict[str, Any]:
        """The shape on the wire."""
        plan = self.plan
        return {
            "name": plan.name,
            "routine": plan.routine,
            "inputs": plan.inputs,
            "schedule": plan.times.text,
            "timezone": plan.times.zone,
            "missed": plan.missed,
            "priority": plan.priority,
            "enabled": plan.enabled,
            "created_by": plan.by,
            "created_at": self.created_at,
            "last_due": self.last_due,
            "next_due": self.next_due if plan.enabled else None,
            "last_run": self.last_run,
            "last_error": self.last_error,
        }


class ScheduleStore:
    """Table `schedules`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def now(self) -> float:
        """Unix seconds of PostgreSQL: the one clock that all servers share."""
        async with self._database.connection() as connection:
            return float(await connection.fetchval("SELECT extract(epoch FROM now())::float8"))

    async def add(self, plan: Plan, now: float) -> None:
        """Keep it; what was due before `now` is not.

        Raises:
            Refused: there is one of that name, or there are too many.
        """
        values = (plan.name, plan.routine, json.dumps(plan.inputs), plan.times.text)
        more = (plan.times.zone, plan.missed, plan.priority, plan.enabled, plan.by, now)
        coming = plan.times.next_after(now)
        async with self._database.connection() as connection:
            if await connection.fetchval(_ADD, *values, *more, coming, MOST):
                return
            known = await connection.fetchval("SELECT 1 FROM schedules WHERE name = $1", plan.name)
            count = await connection.fetchval("SELECT count(*) FROM schedules")
        if known is None and count >= MOST:
            raise Refused(f"there are {MOST} schedules already", next_step="remove one")
        advice = f"`vrooli schedule remove {plan.name}`"
        raise Refused("there is a schedule of that name", where=plan.name, next_step=advice)

    async def all(self) -> list[Scheduled]:
        """By name."""
        async with self._database.connection() as connection:
            return [_scheduled(row) for row in await connection.fetch(f"{_COLUMNS} ORDER BY name")]

    async def get(self, name: str) -> Scheduled:
        """One of them; UnknownName when there is none of that name."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(f"{_COLUMNS} WHERE name = $1", name)
        if row is None:
            raise unknown_schedule(name)
        return _scheduled(row)

    async def remove(self, name: str) -> Scheduled:
        """Forget it; its runs stay. UnknownName when there is none of that name."""
        known = await self.get(name)
        async with self._database.connection() as connection:
            await connection.execute("DELETE FROM schedules WHERE name = $1", name)
        return known

    async def enable(self, name: str, now: float, *, enabled: bool) -> Scheduled:
        """Have it start runs, or not. What was due while it did not is not caught up."""
        known = await self.get(name)
        coming = known.plan.times.next_after(now)
        async with self._database.connection() as connection:
            await connection.execute(_ENABLE, name, enabled, now, coming)
        return await self.get(name)

    async def due(self) -> tuple[float, list[Scheduled]]:
        """Now, and what is due, the longest first."""
        where = f"WHERE enabled AND next_due <= now() ORDER BY next_due LIMIT {AT_ONCE}"
        async with self._database.connection() as connection:
            rows = await connection.fetch(f"{_COLUMNS} {where}")
        return (await self.now() if rows else 0.0), [_scheduled(row) for row in rows]

    async def move(self, known: Scheduled, turn: Turn, run: str | None, error: str | None) -> None:
        """Its due times up to that of `turn` have been dealt with, unless somebody else did."""
        values = (known.plan.name, known.last_due, turn.due, turn.next, run, error)
        async with self._database.connection() as connection:
            await connection.execute(_MOVE, *values)


def unknown_schedule(name: str) -> UnknownName:
    """There is none of that name."""
    advice = "`vrooli schedule list` shows them"
    return UnknownName(f"there is no schedule `{name}`", name, next_step=advice)


def _scheduled(row: Any) -> Scheduled:
    times = Times(row[3], row[4])
    plan = Plan(row[0], row[1], json.loads(row[2]), times, row[5], row[6], row[7], row[8])
    return Scheduled(plan, *row[9:])
