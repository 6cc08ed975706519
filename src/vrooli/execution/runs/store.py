"""Runs in PostgreSQL: created, claimed, kept, ended. The row is lease and fence in one."""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from vrooli.core.errors import VrooliError
from vrooli.core.ports.database import Database
from vrooli.execution.artifacts import Artifacts
from vrooli.execution.live.news import Told, nobody
from vrooli.execution.runs import sharing
from vrooli.execution.runs.ledger import RELEASE
from vrooli.execution.runs.tasks import STIRRED, tells
from vrooli.execution.telling import TOLD
from vrooli.flow.budget import PAUSE, Limits, OverBudget

_CREATE = """
WITH before AS (
    SELECT id FROM runs WHERE created_by = $6 AND request_key = $8
), made AS (
    INSERT INTO runs (id, root, routine, version, inputs, status, owner, fence, lease_until,
                      created_by, request_key, started_at, deadline, capped, queue, priority)
    SELECT $1, $1, $2, $3, $4::json,
           CASE WHEN $5::text IS NULL THEN 'pending' ELSE 'running' END, $5::text,
           CASE WHEN $5::text IS NULL THEN 0 ELSE 1 END,
           now() + make_interval(secs => $7), $6, $8,
           CASE WHEN $5::text IS NOT NULL THEN now() END, now() + make_interval(secs => $12),
           CASE WHEN $11::bigint IS NOT NULL THEN '{}'::text[] END, $14, $15
    WHERE NOT EXISTS (SELECT FROM before)
    ON CONFLICT (created_by, request_key) DO NOTHING RETURNING id
), tree AS (
    INSERT INTO run_trees (root, seq, steps_limit) SELECT id, 1, $11::bigint FROM made
), ledger AS (
    INSERT INTO budgets (run, micros_limit, tokens_limit, steps_limit, seconds_limit, on_limit)
    SELECT id, $9::bigint, $10::bigint, $11::bigint, $12::float8, $13::text FROM made
    WHERE $13::text IS NOT NULL
), told AS (
    INSERT INTO run_events (root, seq, run, at, kind, data)
    SELECT id, 1, id, now(), 'run.created',
           jsonb_strip_nulls(jsonb_build_object(
               'routine', $2::text, 'by', $6::text, 'traceparent', $16::text))
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
SELECT r.id, r.stirs, r.pausing FROM runs r
JOIN unnest($1::text[], $2::bigint[]) AS held(id, fence)
ON r.id = held.id AND r.fence = held.fence AND r.status = 'running'
"""

_END = (
    f"""
WITH locked AS (
    SELECT id FROM runs WHERE id IN ($1, {tells("$1")}) ORDER BY id FOR NO KEY UPDATE
), ended AS (
    UPDATE runs r SET status = $3, output = $4::json, failure = $5::json, ended_at = now(),
        owner = NULL, lease_until = NULL
    FROM (SELECT count(*) FROM locked) AS all_of_them
    WHERE r.id = $1 AND r.fence = $2 AND r.status = 'running'
    RETURNING r.id, r.root, r.ancestors, r.status
), {STIRRED}, news AS (
    SELECT root, id AS run, 1 AS i, 'run.' || status AS kind, '{{}}'::jsonb AS data FROM ended
    UNION ALL SELECT * FROM woken
), {TOLD}"""
    + RELEASE
    + """
SELECT root FROM ended
"""
)

# It ends with all that lies below it, in one commit, and whoever started it as a task is told.
# Locked in the order of ids, as the journal does. $4 is the fence of whoever drives it, or of
# nobody; with $6, it has ended already.
_CUT = (
    f"""
WITH locked AS (
    SELECT id, fence, owner FROM runs
    WHERE root = (SELECT root FROM runs WHERE id = $1)
        AND (id = $1 OR $1 = ANY (ancestors) OR id = {tells("$1")})
        AND status IN ('pending', 'running', 'waiting', 'paused')
    ORDER BY id FOR NO KEY UPDATE
), ours AS (
    SELECT id, fence, owner FROM locked WHERE id IS DISTINCT FROM {tells("$1")}
), mine AS (
    SELECT FROM ours WHERE id = $1 AND ($4::bigint IS NULL OR fence = $4)
), ended AS (
    UPDATE runs r SET status = CASE WHEN r.id = $1 THEN $2 ELSE 'cancelled' END,
        failure = CASE WHEN r.id = $1 THEN $3::json END, ended_at = now(), owner = NULL,
        lease_until = NULL,
        fence = r.fence + CASE WHEN r.id = $1 AND $4 IS NOT NULL THEN 0 ELSE 1 END
    FROM ours WHERE r.id = ours.id AND ($6 OR EXISTS (SELECT FROM mine))
    RETURNING r.id, r.root, r.ancestors, r.status, ours.owner AS driven_by
), {STIRRED}, news AS (
    SELECT root, id AS run, -cardinality(ancestors) AS i, 'run.' || status AS kind,
           CASE WHEN status = 'cancelled'
                THEN jsonb_build_object('by', coalesce($5::text, 'run ' || $1)) ELSE '{{}}' END
               AS data
    FROM ended
    UNION ALL SELECT * FROM woken
), {TOLD}"""
    + RELEASE
    + """
SELECT id, root, driven_by FROM ended
"""
)


# The nearest budget above says what happens.
_ON_LIMIT = """
SELECT b.on_limit, r.stirs FROM runs r, budgets b JOIN runs a ON a.id = b.run
WHERE r.id = $1 AND b.run = ANY (r.ancestors || r.id) AND b.on_limit IS NOT NULL
ORDER BY cardinality(a.ancestors) DESC LIMIT 1
"""

# At the limit of a month it goes on by itself when that is over: see `Transitions.due`. Not at once
# where our clock goes after that of PostgreSQL; and never, where somebody had paused it before.
_PAUSE = """
WITH was AS (
    SELECT id, pausing FROM runs
    WHERE id = $1 AND fence = $2 AND status = 'running' AND ($5::bigint IS NULL OR stirs = $5)
    FOR NO KEY UPDATE
), paused AS (
    UPDATE runs r SET status = 'paused', owner = NULL, pausing = false,
        lease_until = CASE WHEN NOT was.pausing AND $6::float8 IS NOT NULL
            THEN greatest(to_timestamp($6::float8), now() + interval '1 minute') END
    FROM was WHERE r.id = was.id
    RETURNING r.id, r.root, was.pausing AS by_person
), counted AS (
    UPDATE run_trees t SET seq = t.seq + 1 FROM paused WHERE t.root = paused.root
    RETURNING t.root, t.seq
), told AS (
    INSERT INTO run_events (root, seq, run, at, kind, data)
    SELECT c.root, c.seq, p.id, now(), 'run.paused',
           CASE WHEN p.by_person THEN '{}'
                ELSE jsonb_build_object('by', 'budget', 'reason', $3::text, 'where', $4::text) END
    FROM counted c, paused p
)
SELECT root FROM paused
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
        fresh: made and claimed in one, so that its journal is empty.
        left: seconds that its budget leaves it; None when nothing limits them.
        stirs: how often something had been decided about it.
    """

    run: str
    fence: int
    inputs: Any
    version: str
    definition: Any
    fresh: bool = False
    left: float | None = None
    stirs: int = 0


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
        limits: what it may spend.
        queue: which processes may take it.
        priority: from -100 to 100, the highest first.
    """

    run: str
    routine: str
    version: str
    inputs: Any
    by: str
    key: str | None = None
    limits: Limits = field(default_factory=Limits)
    queue: str = sharing.DEFAULT_QUEUE
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a run that somebody drives.

    Attributes:
        stirs: how often something was decided about it.
        pausing: whether it is to pause.
    """

    stirs: int
    pausing: bool


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


def untraced() -> str:
    """Nobody follows requests."""
    return ""


class RunStore:
    """Table `runs`. `told` hears which trees have new events; `here` is the `traceparent` of the
    request that makes a run, which whoever drives it goes on with.
    """

    def __init__(
        self, database: Database, told: Told = nobody, here: Callable[[], str] = untraced
    ) -> None:
        self._database, self._told, self._here = database, told, here

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
        values = (*given, *new.limits.ledger, new.queue, new.priority, self._here() or None)
        async with self._database.connection() as connection:
            made = await connection.fetchval(_CREATE, *values)
            made = str(made or await connection.fetchval(_CREATE, *values))
        if made == new.run:
            self._told((made,))
        return made

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
            return list(map(claim_of, await connection.fetch(sharing.CLAIM, *values)))

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
            return list(map(claim_of, await connection.fetch(sharing.INSIST, *values)))

    async def renew(self, held: Sequence[tuple[str, int]], lease: float) -> set[str]:
        """Which of `held` (ids and fences) are still ours, for `lease` seconds more."""
        ids, fences = [one[0] for one in held], [one[1] for one in held]
        async with self._database.connection() as connection:
            return {row[0] for row in await connection.fetch(_RENEW, ids, fences, lease)}

    async def still(self, held: Sequence[tuple[str, int]]) -> dict[str, Wish]:
        """Which of `held` are still ours, and what is wanted of them; nothing is changed."""
        ids, fences = [one[0] for one in held], [one[1] for one in held]
        async with self._database.connection() as connection:
            rows = await connection.fetch(_STILL, ids, fences)
        return {row[0]: Wish(row[1], row[2]) for row in rows}

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
        """Write down what it came to; whether it was still ours. Nothing goes on below a run that
        failed.
        """
        if status == "failed":
            return bool(await self._cut(run, status, _json(failure), fence, None))
        text = _json(output)
        kept = text and await Artifacts(self._database).instead(run, text)
        values = (run, fence, status, kept, _json(failure))
        async with self._database.connection() as connection:
            return self._moved(await connection.fetchval(_END, *values))

    async def over_budget(
        self, run: str, fence: int, over: OverBudget, stirs: int | None = None
    ) -> str:
        """It is `paused`, or has `failed`, as the nearest budget above it says. Empty when
        something was decided about it since `stirs`, which may be another limit, or when it is not
        ours.
        """
        failure = over.failure
        async with self._database.connection() as connection:
            found = await connection.fetchrow(_ON_LIMIT, run)
            if found and stirs not in (None, found[1]):
                return ""
            if found and found[0] == PAUSE:
                values = (run, fence, failure.reason, failure.where, stirs, over.until)
                paused = self._moved(await connection.fetchval(_PAUSE, *values))
                return "paused" if paused else ""
        ended = await self.end(run, fence, "failed", None, failure.to_json())
        return "failed" if ended else ""

    async def cancel(self, run: str, by: str) -> list[str]:
        """End it wherever it stands, with all that it started: the ids of what had not ended. Their
        owners are told; one that does not hear finds their fences gone when it looks.
        """
        rows = await self._cut(run, "cancelled", None, None, by)
        if owners := {row[2] for row in rows if row[2] is not None}:
            with suppress(VrooliError):
                async with self._database.connection() as connection:
                    await connection.execute(sharing.TELL_CUT, list(owners))
        return [row[0] for row in rows]

    async def _cut(self, run: str, *how: Any) -> list[Any]:
        """Id, root and former owner of all that ended."""
        async with self._database.connection() as connection:
            found = rows = await connection.fetch(_CUT, run, *how, False)
            while len(found) > 1 or (found and how[0] == "cancelled"):
                # While it waited for a lock, a run may have been made that it did not see. Below
                # what has ended none is made.
                found = await connection.fetch(_CUT, run, *how, True)
                rows += found
        self._told({row[1] for row in rows})
        return list(rows)

    def _moved(self, root: str | None) -> bool:
        """Whether it did: `root` of the run that the statement changed."""
        if root is not None:
            self._told((root,))
        return root is not None


def claim_of(row: Any) -> Claim:
    """What a statement that claims tells of a run."""
    return Claim(row[0], row[1], json.loads(row[2]), row[3], json.loads(row[4]), False, *row[5:7])


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, separators=(",", ":"))
