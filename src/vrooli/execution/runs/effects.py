"""Attempts of which nobody knows whether they were done. A person looks, and decides: it was done,
or it is to be done again; the run then goes on from there.
"""

import json
from dataclasses import dataclass
from typing import Any, Literal

from vrooli.core.errors import Refused
from vrooli.core.ports.database import Database
from vrooli.execution.artifacts import LARGE, Artifacts
from vrooli.execution.executor import storable
from vrooli.execution.live.news import Told, nobody
from vrooli.execution.runs.views import RunViews
from vrooli.execution.steps_alone import is_step

Choice = Literal["done", "again"]

_COLUMNS = f"""
SELECT s.n, s.run, r.routine, s.path, s.attempt, s.type, s.failure->>'reason',
       CASE WHEN length(s.arguments::text) <= {LARGE} THEN s.arguments::text END,
       extract(epoch FROM s.begun_at)::float8, extract(epoch FROM s.ended_at)::float8
"""
# What a step did inside itself is decided with the step.
_LAST = f"""{is_step("s.path")}
    AND NOT EXISTS (SELECT FROM steps later WHERE (later.run, later.path) = (s.run, s.path)
                AND later.attempt > s.attempt)
    AND NOT EXISTS (SELECT FROM retries again WHERE (again.run, again.path) = (s.run, s.path)
                    AND again.attempt >= s.attempt)"""
_WHICH = f"s.failure->>'kind' = 'unknown-effect' AND r.status = 'failed' AND {_LAST}"

_UNDECIDED = f"""
{_COLUMNS}
FROM unknown_effects u JOIN steps s USING (run, path, attempt) JOIN runs r ON r.id = u.run
WHERE {_WHICH} AND s.n > $1 AND ($3 = '' OR r.created_by = $3) ORDER BY s.n LIMIT $2
"""

_OF_RUN = f"""
{_COLUMNS} FROM steps s JOIN runs r ON r.id = s.run
WHERE {_WHICH} AND s.run = $1 ORDER BY s.n LIMIT $2
"""

_DECIDED = """
SELECT path, attempt, type, reason, extract(epoch FROM begun_at)::float8,
       extract(epoch FROM failed_at)::float8, decision, decided_by, why,
       extract(epoch FROM decided_at)::float8
FROM effects WHERE run = $1 ORDER BY decided_at DESC LIMIT $2
"""

_DECIDE = f"""
WITH held AS (
    SELECT id FROM runs WHERE id = $1 AND status = 'failed' FOR NO KEY UPDATE
), one AS (
    SELECT s.* FROM steps s JOIN held ON held.id = s.run
    WHERE s.path = $2 AND s.failure->>'kind' = 'unknown-effect' AND {_LAST}
), noted AS (
    INSERT INTO effects (run, path, attempt, type, reason, begun_at, failed_at, decision,
                         decided_by, why)
    SELECT run, path, attempt, type, failure->>'reason', begun_at, ended_at, $3, $4, $5 FROM one
), done AS (
    UPDATE steps s SET status = 'completed', output = $6::json, failure = NULL, ended_at = now()
    FROM one WHERE $3 = 'done' AND (s.run, s.path, s.attempt) = (one.run, one.path, one.attempt)
), again AS (
    DELETE FROM steps s USING one
    WHERE $3 = 'again' AND (s.run, s.path, s.attempt) = (one.run, one.path, one.attempt)
), opened AS (
    UPDATE runs r SET status = 'pending', failure = NULL, ended_at = NULL, owner = NULL,
        fence = r.fence + 1, lease_until = now()
    FROM one WHERE r.id = one.run RETURNING r.id, r.root, one.path, one.attempt
), counted AS (
    UPDATE run_trees t SET seq = t.seq + 1 FROM opened WHERE t.root = opened.root
    RETURNING t.root, t.seq
), told AS (
    INSERT INTO run_events (root, seq, run, at, kind, data)
    SELECT c.root, c.seq, o.id, now(), 'effect.decided', jsonb_build_object(
        'path', o.path, 'attempt', o.attempt, 'decision', $3::text, 'by', $4::text)
    FROM counted c, opened o
)
SELECT root FROM opened
"""
# The attempt that is made again has its number and its key: whoever was asked before may tell.


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person says.

    Attributes:
        path: which step.
        choice: it was done, or it is to be done again.
        output: what it came to, where it was done.
        by: who says so.
        why: how they know.
    """

    path: str
    choice: Choice
    output: Any
    by: str
    why: str


class Effects:
    """Table `effects`, and the attempts that are still to be decided about. `told` hears which
    trees have new events.
    """

    def __init__(self, database: Database, views: RunViews, told: Told = nobody) -> None:
        self._database, self._views, self._told = database, views, told

    async def undecided(self, after: int, limit: int, owner: str = "") -> list[dict[str, Any]]:
        """Of all failed runs (of `owner`, where that is said), the oldest first, those after number
        `after`.
        """
        async with self._database.connection() as connection:
            rows = await connection.fetch(_UNDECIDED, after, limit, owner)
        return [_open(row) for row in rows]

    async def of_run(self, run: str, limit: int) -> dict[str, list[dict[str, Any]]]:
        """`{undecided, decided}` of one run; `UnknownName` when there is none."""
        await self._views.get(run)
        async with self._database.connection() as connection:
            undecided = await connection.fetch(_OF_RUN, run, limit)
            decided = await connection.fetch(_DECIDED, run, limit)
        return {
            "undecided": [_open(row) for row in undecided],
            "decided": [_decided(row) for row in decided],
        }

    async def decide(self, run: str, said: Decision) -> dict[str, Any]:
        """The run, which goes on.

        Raises:
            UnknownName: there is no such run.
            StepFailed: the output cannot be stored.
            Refused: the run has not failed, or there is nothing to decide about that step.
        """
        output = None
        if said.choice == "done":
            text = json.dumps(storable(said.output), ensure_ascii=False, separators=(",", ":"))
            output = await Artifacts(self._database).instead(run, text)
        values = (run, said.path, said.choice, said.by, said.why, output)
        async with self._database.connection() as connection:
            root = await connection.fetchval(_DECIDE, *values)
        found = await self._views.get(run)
        if root is None:
            raise Refused(
                f"the run is {found['status']}, and step `{said.path}` waits for no decision",
                where=run,
                next_step=f"`vrooli run effects {run}` lists those that do",
            )
        self._told((root,))
        return found


def _open(row: Any) -> dict[str, Any]:
    return {
        "n": row[0],
        "run": row[1],
        "routine": row[2],
        "path": row[3],
        "attempt": row[4],
        "type": row[5],
        "reason": row[6],
        "arguments": None if row[7] is None else json.loads(row[7]),
        "begun_at": row[8],
        "failed_at": row[9],
    }


def _decided(row: Any) -> dict[str, Any]:
    return {
        "path": row[0],
        "attempt": row[1],
        "type": row[2],
        "reason": row[3],
        "begun_at": row[4],
        "failed_at": row[5],
        "decision": row[6],
        "by": row[7],
        "why": row[8],
        "decided_at": row[9],
    }
