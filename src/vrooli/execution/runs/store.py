"""Runs in PostgreSQL: created, claimed, kept, ended. The row is lease and fence in one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.core.ports.database import Database
from vrooli.execution.live.news import Told, nobody

_CREATE = """
WITH before AS (
    SELECT id FROM runs WHERE created_by = $6 AND request_key = $8
), made AS (
    INSERT INTO runs (id, root, routine, version, inputs, status, owner, fence, lease_until,
                      created_by, request_key, started_at)
    SELECT $1, $1, $2, $3, $4::json,
           CASE WHEN $5::text IS NULL THEN 'pending' ELSE 'running' END, $5::text,
           CASE WHEN $5::text IS NULL THEN 0 ELSE 1 END,
           now() + make_interval(secs => $7), $6, $8, CASE WHEN $5::text IS NOT NULL THEN now() END
    WHERE NOT EXISTS (SELECT FROM before)
    ON CONFLICT (created_by, request_key) DO NOTHING RETURNING id
), tree AS (
    INSERT INTO run_trees (root, seq) SELECT id, 1 FROM made
), told AS (
    INSERT INTO run_events (root, seq, run, at, kind, data)
    SELECT id, 1, id, now(), 'run.created',
           jsonb_build_object('routine', $2::text, 'by', $6::text)
    FROM made
)
SELECT id FROM made UNION ALL SELECT id FROM before
"""
# Foreign keys are checked at the end of the statement. Nothing comes back when the same request
# came twice at once and the other one was first: asked again, it tells that one's run.

_CLAIM = """
WITH free AS (
    SELECT id FROM runs
    WHERE status IN ('pending', 'running') AND lease_until < now() AND id <> ALL ($4::text[])
        AND (status = 'pending' OR $5)
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

_STILL = """
SELECT r.id FROM runs r JOIN unnest($1::text[], $2::bigint[]) AS held(id, fence)
ON r.id = held.id AND r.fence = held.fence AND r.status = 'running'
"""

_RELEASE = """
UPDATE runs SET lease_until = now() WHERE owner = $1 AND status = 'running'
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
SELECT root FROM ended
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
SELECT root FROM ended
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
        key: of the request; None when the caller sent none.
    """

    run: str
    routine: str
    version: str
    inputs: Any
    by: str
    key: str | None = None


class RunStore:
    """Table `runs`. `told` hears which trees have new events."""

    def __init__(self, database: Database, told: Told = nobody) -> None:
        self._database, self._told = database, told

    async def create(self, new: NewRun, owner: str | None, lease: float) -> str:
        """A run, claimed by `owner` at once (with fence 1) or, without one, by the next who sweeps.
        Returns its id, or that of the run which the same request made before.

        Args:
            new: what it is made from.
            owner: a worker with room for it.
            lease: seconds for which the claim holds; 0 without an owner.
        """
        inputs = json.dumps(new.inputs)
        values = (new.run, new.routine, new.version, inputs, owner, new.by, lease, new.key)
        async with self._database.connection() as connection:
            made = await connection.fetchval(_CREATE, *values)
            made = str(made or await connection.fetchval(_CREATE, *values))
        if made == new.run:
            self._told((made,))
        return made

    async def claim(
        self, owner: str, lease: float, most: int, held: Sequence[str] = (), *, others: bool = True
    ) -> list[Claim]:
        """Runs that nobody has: new ones, and those whose owner did not renew its lease.

        Args:
            owner: who claims.
            lease: seconds.
            most: how many.
            held: what the owner drives already. After an outage its lease may be over as well; it
                is renewed and goes on, instead of being driven twice.
            others: whether those of others are taken over as well.
        """
        async with self._database.connection() as connection:
            rows = await connection.fetch(_CLAIM, owner, lease, most, held, others)
        return [
            Claim(row[0], row[1], json.loads(row[2]), row[3], json.loads(row[4])) for row in rows
        ]

    async def renew(self, held: Sequence[tuple[str, int]], lease: float) -> set[str]:
        """Which of `held` (ids and fences) are still ours, for `lease` seconds more."""
        ids, fences = [one[0] for one in held], [one[1] for one in held]
        async with self._database.connection() as connection:
            return {row[0] for row in await connection.fetch(_RENEW, ids, fences, lease)}

    async def still(self, held: Sequence[tuple[str, int]]) -> set[str]:
        """Which of `held` are still ours; nothing is changed."""
        ids, fences = [one[0] for one in held], [one[1] for one in held]
        async with self._database.connection() as connection:
            return {row[0] for row in await connection.fetch(_STILL, ids, fences)}

    async def release(self, owner: str) -> None:
        """Whoever sweeps next may have what is `owner`'s."""
        async with self._database.connection() as connection:
            await connection.execute(_RELEASE, owner)

    async def end(self, run: str, fence: int, status: str, output: Any, failure: Any) -> bool:
        """Write down what it came to; whether it was still ours."""
        values = (run, fence, status, _json(output), _json(failure))
        async with self._database.connection() as connection:
            return self._ended(await connection.fetchval(_END, *values))

    async def cancel(self, run: str, by: str) -> bool:
        """End it wherever it stands; whether it had not ended. Its owner finds its fence gone."""
        async with self._database.connection() as connection:
            return self._ended(await connection.fetchval(_CANCEL, run, by))

    def _ended(self, root: str | None) -> bool:
        """Whether it did: `root` of the run that the statement ended."""
        if root is not None:
            self._told((root,))
        return root is not None


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
