"""Runs in PostgreSQL: created, claimed, kept, ended. The row is lease and fence in one."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.core.ports.database import Database
from vrooli.execution.runs import sharing

_CREATE = """
WITH before AS (
    SELECT id FROM runs WHERE created_by = $6 AND request_key = $8
), made AS (
    INSERT INTO runs (id, root, routine, version, inputs, status, owner, fence, lease_until,
                      created_by, request_key, started_at, queue, priority)
    SELECT $1, $1, $2, $3, $4::json,
           CASE WHEN $5::text IS NULL THEN 'pending' ELSE 'running' END, $5::text,
           CASE WHEN $5::text IS NULL THEN 0 ELSE 1 END,
           now() + make_interval(secs => $7), $6, $8, CASE WHEN $5::text IS NOT NULL THEN now() END,
           $9, $10
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
SELECT id FROM ended
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
        queue: which processes may take it.
        priority: from -100 to 100, the highest first.
    """

    run: str
    routine: str
    version: str
    inputs: Any
    by: str
    key: str | None = None
    queue: str = sharing.DEFAULT_QUEUE
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Serves:
    """What a process takes.

    Attributes:
        queues: names.
        build: names its code: what a build cannot read, it does not take again.
    """

    queues: tuple[str, ...] = (sharing.DEFAULT_QUEUE,)
    build: str = ""


_EVERYDAY = Serves()


class RunStore:
    """Table `runs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, new: NewRun, owner: str | None, lease: float) -> str:
        """A run, claimed by `owner` at once (with fence 1) or, without one, by the next who sweeps.
        Returns its id, or that of the run which the same request made before.

        Args:
            new: what it is made from.
            owner: a worker with room for it.
            lease: seconds for which the claim holds; 0 without an owner.
        """
        inputs = json.dumps(new.inputs)
        given = (new.run, new.routine, new.version, inputs, owner, new.by, lease, new.key)
        values = (*given, new.queue, new.priority)
        async with self._database.connection() as connection:
            made = await connection.fetchval(_CREATE, *values)
            return str(made or await connection.fetchval(_CREATE, *values))

    async def claim(
        self,
        owner: str,
        lease: float,
        most: int,
        held: Sequence[str] = (),
        *,
        others: bool = True,
        serves: Serves = _EVERYDAY,
    ) -> list[Claim]:
        """Runs that nobody has: new ones, and those whose owner did not renew its lease.

        Args:
            owner: who claims.
            lease: seconds.
            most: how many.
            held: what the owner drives already. After an outage its lease may be over as well; it
                is renewed and goes on, instead of being driven twice.
            others: whether those of others are taken over as well.
            serves: which ones.
        """
        values = (owner, lease, most, held, others, serves.queues, serves.build)
        async with self._database.connection() as connection:
            return list(map(_claim, await connection.fetch(sharing.CLAIM, *values)))

    async def left(self, held: Sequence[str], serves: Serves, *, others: bool) -> tuple[bool, bool]:
        """Whether new ones still wait, and whether a claim has passed over one for long: see
        `claim`.
        """
        values = (serves.queues, serves.build, held, others, sharing.LATE)
        async with self._database.connection() as connection:
            waiting, late = await connection.fetchrow(sharing.LEFT, *values)
            return bool(waiting), bool(late)

    async def insist(
        self, owner: str, lease: float, most: int, held: Sequence[str], serves: Serves
    ) -> list[Claim]:
        """Take over what claims have passed over: waits for those who write to the rows, a second
        at most.
        """
        values = (owner, lease, most, held, serves.queues, serves.build, sharing.LATE)
        async with self._database.connection() as connection, connection.transaction():
            await connection.execute("SET LOCAL lock_timeout = '1s'")
            return list(map(_claim, await connection.fetch(sharing.INSIST, *values)))

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

    async def release(self, held: Sequence[tuple[str, int]]) -> None:
        """Whoever wakes up first may have them: ids and fences."""
        ids, fences = [one[0] for one in held], [one[1] for one in held]
        async with self._database.connection() as connection:
            await connection.execute(sharing.RELEASE, ids, fences)

    async def set_aside(self, run: str, fence: int, build: str, why: str) -> None:
        """Leave it to other builds than ours, which cannot read its definition."""
        async with self._database.connection() as connection:
            await connection.execute(sharing.SET_ASIDE, run, fence, build, why)

    async def end(self, run: str, fence: int, status: str, output: Any, failure: Any) -> bool:
        """Write down what it came to; whether it was still ours."""
        values = (run, fence, status, _json(output), _json(failure))
        async with self._database.connection() as connection:
            return bool(await connection.fetchval(_END, *values))

    async def cancel(self, run: str, by: str) -> bool:
        """End it wherever it stands; whether it had not ended. Its owner finds its fence gone."""
        async with self._database.connection() as connection:
            return bool(await connection.fetch(_CANCEL, run, by))


def _claim(row: Any) -> Claim:
    return Claim(row[0], row[1], json.loads(row[2]), row[3], json.loads(row[4]))


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)
