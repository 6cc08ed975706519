"""Runs and their steps as clients see them."""

import json
import time
from dataclasses import dataclass
from typing import Any

from vrooli.core.errors import UnknownName
from vrooli.core.ports.database import Database
from vrooli.execution.artifacts import shown
from vrooli.execution.owner_budgets import standing_of
from vrooli.execution.runs.working import working
from vrooli.execution.signals import kept_signals
from vrooli.execution.steps_alone import is_step
from vrooli.flow import monthly
from vrooli.flow.budget import standing

_RUN = f"""
SELECT id, root, routine, version, status, owner, inputs::text, output::text, failure::text,
       created_by, extract(epoch FROM created_at)::float8, extract(epoch FROM started_at)::float8,
       extract(epoch FROM ended_at)::float8, parent, parent_path,
       pausing AND status = 'running', forked_from, forked_path,
       (SELECT to_json(b) FROM budgets b WHERE b.run = runs.id)::text,
       CASE WHEN id = root
            THEN (SELECT t.steps FROM run_trees t WHERE t.root = runs.root)
            ELSE (SELECT count(*) FROM steps s JOIN runs below ON below.id = s.run
                  WHERE below.root = runs.root AND {is_step("s.path")}
                      AND (below.id = runs.id OR runs.id = ANY (below.ancestors)))
       END,
       queue, priority, unread_by, unread_why,
       (SELECT to_json(month) FROM ({standing_of("runs.created_by")}) month)::text,
       (SELECT json_object_agg(name, count) FROM ({kept_signals("runs.id")}) kept)::text,
       extract(epoch FROM deadline - created_at)::float8
FROM runs
"""

RESTING = ("waiting", "paused")
"""Statuses of a run in which nothing is under way, but for what it started."""

LARGEST_PAGE = 4 * 1024 * 1024
"""Characters of the values of one page of steps: one that would be larger ends earlier."""

# What has begun and has no end ends with its run, or is given up; when that was nobody knows. In
# the table it stays: a retry of the run goes on with it.
_STEPS = f"""
SELECT path, attempt, type,
       CASE WHEN status = 'begun' AND (run_ended_at IS NOT NULL OR given_up) THEN 'cancelled'
            ELSE status END,
       arguments::text, output::text, failure::text, extract(epoch FROM begun_at)::float8,
       extract(epoch FROM CASE WHEN status = 'begun' AND NOT given_up THEN run_ended_at
                               ELSE ended_at END)::float8,
       n, given_up, rows
FROM (SELECT ended_at AS run_ended_at FROM runs WHERE id = $1) AS run, LATERAL (
    SELECT *, sum(size) OVER (ORDER BY n) - size AS before, count(*) OVER () AS rows,
           EXISTS (SELECT FROM retries q WHERE q.run = $1 AND q.path = sized.path
                       AND q.attempt >= sized.attempt) AS given_up
    FROM (
        SELECT *, length(concat(arguments::text, output::text, failure::text)) AS size
        FROM steps WHERE run = $1 AND n > $2 ORDER BY n LIMIT $3
    ) AS sized
) AS summed WHERE before < {LARGEST_PAGE} ORDER BY n
"""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs to list, newest first.

    Attributes:
        status: one of them; empty means any.
        routine: likewise.
        parent: only what this run started itself; empty means any.
        before: time (unix seconds) and id of the last run of the page before; None for the first.
        limit: runs of a page.
        created_by: only those of one owner; empty means any.
    """

    status: str = ""
    routine: str = ""
    parent: str = ""
    before: tuple[float, str] | None = None
    limit: int = 50
    created_by: str = ""


class RunViews:
    """Reads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, run: str) -> dict[str, Any]:
        """One run; `UnknownName` when there is none."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(f"{_RUN} WHERE id = $1", run)
            if row is None:
                raise unknown_run(run)
            return (await _runs(connection, [row]))[0]

    async def owner_of(self, run: str) -> str:
        """Who made it; `UnknownName` when there is none."""
        async with self._database.connection() as connection:
            owner = await connection.fetchval("SELECT created_by FROM runs WHERE id = $1", run)
        if owner is None:
            raise unknown_run(run)
        return str(owner)

    async def page(self, query: RunFilter) -> list[dict[str, Any]]:
        """At most `query.limit` of them."""
        where, values = ["true"], list[Any]()
        for column in ("status", "routine", "parent", "created_by"):
            if value := getattr(query, column):
                values.append(value)
                where.append(f"{column} = ${len(values)}")
        if query.before:
            values += query.before
            n = len(values)
            where.append(f"(created_at, id) < (to_timestamp(${n - 1}::float8), ${n})")
        values.append(query.limit)
        order = f"ORDER BY created_at DESC, id DESC LIMIT ${len(values)}"
        async with self._database.connection() as connection:
            rows = await connection.fetch(f"{_RUN} WHERE {' AND '.join(where)} {order}", *values)
            return await _runs(connection, rows)

    async def steps(self, run: str, after: int, limit: int) -> tuple[list[dict[str, Any]], bool]:
        """The journal, in its order, from the entry after number `after` on, at most so many; and
        whether more follow.
        """
        async with self._database.connection() as connection:
            rows = await connection.fetch(_STEPS, run, after, limit + 1)
        if not rows:
            await self.get(run)
        found = [_step(row) for row in rows[:limit]]
        return found, bool(rows) and rows[0][11] > len(found)


def unknown_run(run: str, what: str = "run") -> UnknownName:
    """There is none of that id; `what` was asked for, `run` or `swarm`."""
    advice = f"`vrooli {what} list` shows them"
    return UnknownName(f"there is no {what} `{run}`", run, next_step=advice)


async def _runs(connection: Any, rows: list[Any]) -> list[dict[str, Any]]:
    goes_on = await working(connection, [row[0] for row in rows if row[4] == "waiting"])
    return [_run(row, rests=row[4] in RESTING and row[0] not in goes_on) for row in rows]


def _run(row: Any, *, rests: bool) -> dict[str, Any]:
    output, artifact = shown(row[7])
    return {
        "id": row[0],
        "root": row[1],
        "routine": row[2],
        "version": row[3],
        "status": row[4],
        "owner": row[5],
        "inputs": json.loads(row[6]),
        "output": output,
        "artifact": artifact,
        "failure": _maybe(row[8]),
        "created_by": row[9],
        "created_at": row[10],
        "started_at": row[11],
        "ended_at": row[12],
        "parent": row[13],
        "parent_path": row[14],
        "pausing": row[15],
        "forked_from": row[16],
        "forked_path": row[17],
        "budget": {
            **standing(
                _maybe(row[18]), row[19], row[10], row[12] or time.time(), rests=rests, due=row[26]
            ),
            "owner": monthly.standing(json.loads(row[24]), time.time()) if row[24] else None,
        },
        "queue": row[20],
        "priority": row[21],
        "unread": {"by": row[22], "why": row[23]} if row[22] else None,
        "kept_signals": _maybe(row[25]) or {},
    }


def _step(row: Any) -> dict[str, Any]:
    output, artifact = shown(row[5])
    return {
        "path": row[0],
        "attempt": row[1],
        "type": row[2],
        "status": row[3],
        "arguments": _maybe(row[4]),
        "output": output,
        "artifact": artifact,
        "failure": _maybe(row[6]),
        "begun_at": row[7],
        "ended_at": row[8],
        "n": row[9],
        "given_up": row[10],
    }


def _maybe(text: str | None) -> Any:
    return None if text is None else json.loads(text)
