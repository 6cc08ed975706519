"""Runs within runs in PostgreSQL."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from vrooli.core.ports.database import Database
from vrooli.execution.artifacts import Artifacts
from vrooli.execution.live.news import Told, nobody
from vrooli.execution.runs.sharing import DEFAULT_QUEUE
from vrooli.execution.subruns import DEEPEST, MOST_RUNS, SubRunEnd
from vrooli.flow.budget import Limits
from vrooli.flow.entries import Failure

# The parent's row is locked, so that it cannot be ended meanwhile: what ends it ends all that lies
# below it, and must not miss what is just being made. Locks: runs, then trees.
_CREATE = """
WITH above AS (
    SELECT * FROM runs WHERE id = $2 FOR NO KEY UPDATE
), tree AS (
    SELECT t.root, t.runs FROM run_trees t JOIN above USING (root) FOR NO KEY UPDATE OF t
), refused AS (
    SELECT CASE WHEN status <> 'running' THEN 'orphan'
                WHEN cardinality(ancestors) >= $9 THEN 'too deep'
                WHEN runs >= $10 THEN 'too many' END AS why
    FROM above JOIN tree USING (root)
), made AS (
    INSERT INTO runs (id, root, parent, parent_path, ancestors, routine, version, inputs, status,
                      owner, fence, lease_until, created_by, started_at, deadline, capped, queue,
                      priority)
    SELECT $1, a.root, a.id, $3, a.ancestors || a.id, $4, $5, $6::json,
           CASE WHEN $7::text IS NULL THEN 'pending' ELSE 'running' END, $7::text,
           CASE WHEN $7::text IS NULL THEN 0 ELSE 1 END,
           now() + make_interval(secs => $8), a.created_by,
           CASE WHEN $7::text IS NOT NULL THEN now() END,
           least(a.deadline, now() + make_interval(secs => $14)),
           CASE WHEN $13::bigint IS NULL THEN a.capped ELSE array_append(a.capped, $1) END,
           $16, a.priority
    FROM above a, refused WHERE why IS NULL
    ON CONFLICT (id) DO NOTHING RETURNING id, root, created_by, deadline
), ledger AS (
    INSERT INTO budgets (run, micros_limit, tokens_limit, steps_limit, seconds_limit, on_limit)
    SELECT id, $11::bigint, $12::bigint, $13::bigint, $14::float8, $15::text FROM made
    WHERE $15::text IS NOT NULL
), counted AS (
    UPDATE run_trees t SET seq = t.seq + 1, runs = t.runs + 1 FROM made WHERE t.root = made.root
    RETURNING t.root, t.seq
), told AS (
    INSERT INTO run_events (root, seq, run, at, kind, data)
    SELECT c.root, c.seq, m.id, now(), 'run.created',
           jsonb_build_object('routine', $4::text, 'by', m.created_by, 'parent', $2::text,
                              'path', $3::text)
    FROM counted c, made m
)
SELECT CASE WHEN EXISTS (SELECT FROM made) THEN 'made'
            WHEN EXISTS (SELECT FROM runs WHERE id = $1) THEN 'there'
            ELSE coalesce((SELECT why FROM refused), 'there') END,
       (SELECT extract(epoch FROM deadline - now())::float8 FROM made),
       (SELECT root FROM made)
"""

_ENDED = """
SELECT id, status, output::text, failure::text FROM runs
WHERE id = ANY ($1::text[]) AND status IN ('completed', 'failed', 'cancelled')
"""


class Born(Enum):
    """What became of a run that was to be."""

    MADE = "made"
    THERE = "there"
    """It was made before."""
    ORPHAN = "orphan"
    """Whoever asked has ended."""
    TOO_DEEP = "too deep"
    TOO_MANY = "too many"


@dataclass(frozen=True, slots=True)
class NewChild:
    """What it is made from.

    Attributes:
        run: id.
        parent: id of the run that asks.
        path: of its step.
        routine: name.
        version: hash of its definition.
        inputs: valid by its schema.
        limits: what it may spend; it is bound by those of its ancestors as well.
        queue: which processes may take it.
    """

    run: str
    parent: str
    path: str
    routine: str
    version: str
    inputs: Any
    limits: Limits = field(default_factory=Limits)
    queue: str = DEFAULT_QUEUE


class ChildStore:
    """Table `runs`, as parents see it. `told` hears which trees have new events."""

    def __init__(self, database: Database, told: Told = nobody) -> None:
        self._database, self._told = database, told

    async def known(self, run: str) -> bool:
        """Whether it was made."""
        async with self._database.connection() as connection:
            return bool(await connection.fetchval("SELECT 1 FROM runs WHERE id = $1", run))

    async def create(
        self, new: NewChild, owner: str | None, lease: float
    ) -> tuple[Born, float | None]:
        """Make it, claimed by `owner` at once (with fence 1) or, without one, by whoever sweeps.
        What became of it, and the seconds that budgets leave it.
        """
        place = (new.run, new.parent, new.path)
        made_of = (new.routine, new.version, json.dumps(new.inputs))
        values = (*place, *made_of, owner, lease, DEEPEST, MOST_RUNS, *new.limits.ledger, new.queue)
        async with self._database.connection() as connection:
            born, left, root = await connection.fetchrow(_CREATE, *values)
        if root is not None:
            self._told((root,))
        return Born(born), left

    async def ended(self, runs: Sequence[str]) -> list[SubRunEnd]:
        """Those of them that have."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_ENDED, runs)
        return [SubRunEnd(row[0], row[1], _maybe(row[2]), _failure(row[3])) for row in rows]

    async def whole(self, end: SubRunEnd) -> SubRunEnd:
        """It, with its output where a reference to a large one stands in its place."""
        output = await Artifacts(self._database).value(end.run, end.output)
        return replace(end, output=output)


def _maybe(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _failure(text: str | None) -> Failure | None:
    return None if text is None else Failure(**json.loads(text))
