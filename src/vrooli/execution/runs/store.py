"""Runs in PostgreSQL: created, claimed, kept, ended. The row is lease and fence in one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.core.ports.database import Database

_CREATE = """
WITH tree AS (
    INSERT INTO run_trees (root, seq) VALUES ($1, 1) RETURNING root
), told AS (
    INSERT INTO run_events (root, seq, run, at, kind, data)
    SELECT root, 1, root, now(), 'run.created',
           jsonb_build_object('routine', $2::text, 'by', $6::text)
    FROM tree
)
INSERT INTO runs (id, root, routine, version, inputs, status, owner, fence, lease_until, created_by,
                  started_at)
SELECT root, root, $2, $3, $4::json,
       CASE WHEN $5::text IS NULL THEN 'pending' ELSE 'running' END, $5::text,
       CASE WHEN $5::text IS NULL THEN 0 ELSE 1 END,
       now() + make_interval(secs => $7), $6, CASE WHEN $5::text IS NOT NULL THEN now() END
FROM tree
"""

_CLAIM = """
WITH free AS (
    SELECT id FROM runs
    WHERE status IN ('pending', 'running') AND lease_until < now() AND (status = 'pending' OR $4)
    ORDER BY lease_until LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE runs r SET status = 'running', owner = $1, fence = r.fence + 1,
    lease_until = now() + make_interval(secs => $2), started_at = coalesce(r.started_at, now())
FROM free, routine_versions v
WHERE r.id = free.id AND v.hash = r.version
RETURNING r.id, r.fence, r.inputs::text, r.version, v.definition::text
"""

# Locked in the order of their ids, as the journal locks them: else the two wait for each other.
_RENEW = """
WITH held AS (
    SELECT r.id FROM runs r JOIN unnest($1::text[], $2::bigint[]) AS h(id, fence)
        ON r.id = h.id AND r.fence = h.fence
    WHERE r.status = 'running' ORDER BY r.id FOR NO KEY UPDATE OF r
)
UPDATE runs r SET lease_until = now() + make_interval(secs => $3)
FROM held WHERE r.id = held.id
RETURNING r.id
"""

_END = """
WITH ended AS (
    UPDATE runs SET status = $3, output = $4::json, failure = $5::json, ended_at = now(),
        owner = NULL, lease_until = NULL
    WHERE id = $1 AND fence = $2 AND status = 'running' RETURNING id, root
), counted AS (
    UPDATE run_trees t SET seq = t.seq + 1 FROM ended WHERE t.root = ended.root
    RETURNING t.root, t.seq
), told AS (
    INSERT INTO run_events (root, seq, run, at, kind, data)
    SELECT c.root, c.seq, e.id, now(), 'run.' || $3, '{}'::jsonb FROM counted c, ended e
)
SELECT count(*) FROM ended
"""

_CANCEL = """
WITH ended AS (
    UPDATE runs SET status = 'cancelled', ended_at = now(), owner = NULL, lease_until = NULL,
        fence = fence + 1
    WHERE id = $1 AND status IN ('pending', 'running', 'waiting', 'paused') RETURNING id, root
), counted AS (
    UPDATE run_trees t SET seq = t.seq + 1 FROM ended WHERE t.root = ended.root
    RETURNING t.root, t.seq
), told AS (
    INSERT INTO run_events (root, seq, run, at, kind, data)
    SELECT c.root, c.seq, e.id, now(), 'run.cancelled', jsonb_build_object('by', $2::text)
    FROM counted c, ended e
)
SELECT id, pg_notify('vrooli_cancelled', id) FROM ended
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that is ours until its lease ends.

    Attributes:
        run: id.
        fence: number that every write of ours carries.
        inputs: of the run.
        version: hash of its routine.
        definition: of the routine, as data.
    """

    run: str
    fence: int
    inputs: Any
    version: str
    definition: Any


@dataclass(frozen=True, slots=True)
class NewRun:
    """What a run is made from.

    Attributes:
        run: id, unique for ever.
        routine: name.
        version: hash of its definition.
        inputs: valid by the schema of the routine.
        by: who asked.
    """

    run: str
    routine: str
    version: str
    inputs: Any
    by: str


class RunStore:
    """Table `runs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, new: NewRun, owner: str | None, lease: float) -> None:
        """A run, claimed by `owner` at once (with fence 1) or, without one, by the next who sweeps.

        Args:
            new: what it is made from.
            owner: a worker with room for it.
            lease: seconds for which the claim holds; 0 without an owner.
        """
        inputs = json.dumps(new.inputs)
        values = (new.run, new.routine, new.version, inputs, owner, new.by, lease)
        async with self._database.connection() as connection:
            await connection.execute(_CREATE, *values)

    async def claim(self, owner: str, lease: float, most: int, others: bool) -> list[Claim]:
        """Runs that nobody has.

        Args:
            owner: who has them from now on.
            lease: seconds for which the claim holds.
            most: how many.
            others: not only new ones, but those whose owner did not renew its lease as well.
        """
        async with self._database.connection() as connection:
            rows = await connection.fetch(_CLAIM, owner, lease, most, others)
        return [
            Claim(row[0], row[1], json.loads(row[2]), row[3], json.loads(row[4])) for row in rows
        ]

    async def renew(self, held: Sequence[tuple[str, int]], lease: float) -> set[str]:
        """Which of `held` (ids and fences) are still ours, for `lease` seconds more."""
        ids, fences = [one[0] for one in held], [one[1] for one in held]
        async with self._database.connection() as connection:
            return {row[0] for row in await connection.fetch(_RENEW, ids, fences, lease)}

    async def end(self, run: str, fence: int, status: str, output: Any, failure: Any) -> bool:
        """Write down what it came to; whether it was still ours."""
        values = (run, fence, status, _json(output), _json(failure))
        async with self._database.connection() as connection:
            return bool(await connection.fetchval(_END, *values))

    async def cancel(self, run: str, by: str) -> bool:
        """End it wherever it stands; whether it had not ended. Its owner finds its fence gone."""
        async with self._database.connection() as connection:
            return bool(await connection.fetch(_CANCEL, run, by))


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
