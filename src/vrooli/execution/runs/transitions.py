"""Where a run stands, changed from outside or set down: each a compare-and-set, with its event."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vrooli.core.ports.database import Database
from vrooli.execution.live.news import Told, nobody
from vrooli.execution.runs.facts import Over
from vrooli.execution.runs.over import over_limit
from vrooli.execution.runs.store import Claim, Serves, claim_of
from vrooli.execution.telling import TOLD

DUE = 50
"""Runs that one statement sets free because their time has come."""

_CLAIM = """
UPDATE runs r SET status = 'running', owner = $2, fence = r.fence + 1,
    lease_until = now() + make_interval(secs => $3), started_at = coalesce(r.started_at, now())
FROM routine_versions v
WHERE r.id = $1 AND r.status = 'pending' AND r.lease_until <= now() AND v.hash = r.version
    AND r.queue = ANY ($4::text[]) AND $5 <> ALL (r.unread_by)
RETURNING r.id, r.fence, r.inputs::text, r.version, v.definition::text,
    extract(epoch FROM r.deadline - now())::float8, r.stirs
"""

# What its steps have seen is compared: a decision that came since then was not seen by them. Nobody
# drives it when the time of its budget is over; so it goes on then, and comes to that end.
_WAIT = f"""
WITH moved AS (
    UPDATE runs SET status = 'waiting', owner = NULL,
        lease_until = least(to_timestamp($4::float8), deadline)
    WHERE id = $1 AND fence = $2 AND status = 'running' AND NOT pausing
        AND ($3::bigint IS NULL OR stirs = $3)
    RETURNING id, root
), news AS (
    SELECT root, id AS run, 1 AS i, 'run.waiting' AS kind,
           jsonb_strip_nulls(jsonb_build_object(
               'for', CASE WHEN $3 IS NULL THEN 'time'
                           WHEN EXISTS (SELECT FROM runs c WHERE c.parent = moved.id
                                        AND c.status IN ('pending', 'running')) THEN 'tasks'
                           ELSE 'decision' END,
               'until', $4::float8
           )) AS data
    FROM moved
), {TOLD}
SELECT root FROM moved
"""

_PAUSED = f"""
WITH moved AS (
    UPDATE runs SET status = 'paused', pausing = false, owner = NULL, lease_until = NULL
    WHERE id = $1 AND fence = $2 AND status = 'running' AND pausing
    RETURNING id, root
), news AS (
    SELECT root, id AS run, 1 AS i, 'run.paused' AS kind, '{{}}'::jsonb AS data FROM moved
), {TOLD}
SELECT root FROM moved
"""

# Runs that go on by themselves at their time, those that paused until the next month among them;
# and those that were to pause when their owner died: nobody takes these over, so nothing of them is
# under way. Each of the three has an index; `IN` would use none.
_DUE = f"""
WITH due AS (
    SELECT id, status AS was FROM runs
    WHERE (lease_until < now() AND status = 'waiting')
        OR (lease_until < now() AND status = 'paused')
        OR (lease_until < now() AND status = 'running' AND pausing)
    ORDER BY id LIMIT {DUE} FOR NO KEY UPDATE SKIP LOCKED
), moved AS (
    UPDATE runs r SET owner = NULL, pausing = false, fence = r.fence + 1,
        status = CASE r.status WHEN 'running' THEN 'paused' ELSE 'pending' END,
        lease_until = CASE WHEN r.status <> 'running' THEN now() END
    FROM due WHERE r.id = due.id RETURNING r.id, r.root, r.status, due.was
), news AS (
    SELECT root, id AS run, 1 AS i, 'run.' || status AS kind,
           CASE was WHEN 'waiting' THEN '{{"why": "due"}}' WHEN 'paused' THEN '{{"why": "month"}}'
                    ELSE '{{}}' END::jsonb AS data
    FROM moved
), {TOLD}
SELECT root FROM moved
"""

# Nobody drives what is pending or waits, so that it is paused at once. What paused until the next
# month pauses for good.
_PAUSE = f"""
WITH moved AS (
    UPDATE runs SET pausing = (status = 'running'),
        status = CASE status WHEN 'running' THEN status ELSE 'paused' END,
        owner = CASE status WHEN 'running' THEN owner END,
        lease_until = CASE status WHEN 'running' THEN lease_until END
    WHERE id = $1 AND (status IN ('pending', 'waiting') OR (status = 'running' AND NOT pausing)
                       OR (status = 'paused' AND lease_until IS NOT NULL))
    RETURNING id, root, pausing
), news AS (
    SELECT root, id AS run, 1 AS i, CASE WHEN pausing THEN 'run.pausing' ELSE 'run.paused' END
               AS kind, jsonb_build_object('by', $2::text) AS data
    FROM moved
), {TOLD}
SELECT root FROM moved
"""

_RESUME = f"""
WITH moved AS (
    UPDATE runs SET pausing = false,
        status = CASE status WHEN 'paused' THEN 'pending' ELSE status END,
        lease_until = CASE status WHEN 'paused' THEN now() ELSE lease_until END
    WHERE id = $1 AND (status = 'paused' OR (status = 'running' AND pausing))
    RETURNING id, root, status
), news AS (
    SELECT root, id AS run, 1 AS i, 'run.' || status AS kind,
           jsonb_build_object('by', $2::text, 'why', 'resumed') AS data
    FROM moved
), {TOLD}
SELECT root FROM moved
"""

# The fence says whether it ended again since its journal was read. Time while it had ended is none
# of its own; that of what it is a part of goes on, unless that has ended as well.
_RETRY = f"""
WITH before AS (
    SELECT id, failure FROM runs WHERE id = $1
), moved AS (
    UPDATE runs r SET deadline = least(r.deadline + (now() - r.ended_at), (
            SELECT min(a.deadline) FROM runs a WHERE a.id = ANY (r.ancestors) AND a.ended_at IS NULL
        )), status = 'pending', lease_until = now(), owner = NULL, fence = fence + 1,
        output = NULL, failure = NULL, ended_at = NULL, pausing = false
    WHERE id = $1 AND fence = $2 AND status IN ('failed', 'cancelled')
    RETURNING id, root
), given_up AS (
    INSERT INTO retries (run, path, attempt)
    SELECT m.id, g.path, g.attempt
    FROM moved m, unnest($4::text[], $5::int[]) AS g(path, attempt)
    ON CONFLICT DO NOTHING
), news AS (
    SELECT m.root, m.id AS run, 1 AS i, 'run.pending' AS kind,
           jsonb_build_object('by', $3::text, 'why', 'retried', 'paths', $4::text[],
                              'failure', b.failure::jsonb) AS data
    FROM moved m JOIN before b USING (id)
), {TOLD}
SELECT root FROM moved
"""

_OUT_OF_TIME = "SELECT deadline <= ended_at FROM runs WHERE id = $1"

_FORK = """
WITH before AS (
    SELECT id FROM runs WHERE created_by = $4 AND request_key = $5
), limits AS (
    SELECT * FROM budgets WHERE run = $2 AND on_limit IS NOT NULL
), made AS (
    INSERT INTO runs (id, root, routine, version, inputs, status, lease_until, created_by,
                      request_key, forked_from, forked_path, queue, priority, deadline, capped)
    SELECT $1, $1, routine, version, $3::json, 'pending', now(), $4, $5, id, $6, queue, priority,
           now() + make_interval(secs => (SELECT seconds_limit FROM limits)),
           CASE WHEN (SELECT steps_limit FROM limits) IS NOT NULL THEN '{}'::text[] END
    FROM runs
    WHERE id = $2 AND NOT EXISTS (SELECT FROM before)
    ON CONFLICT (created_by, request_key) DO NOTHING RETURNING id, routine
), keep AS (
    SELECT * FROM unnest($7::text[], $8::int[]) AS k(path, attempt)
), copied AS (
    INSERT INTO steps (run, path, attempt, type, status, arguments, output, failure, begun_at,
                       ended_at)
    SELECT m.id, s.path, s.attempt, s.type, s.status, s.arguments, s.output, s.failure, s.begun_at,
           s.ended_at
    FROM made m, keep k JOIN steps s ON s.run = $2 AND s.path = k.path AND s.attempt = k.attempt
    ORDER BY s.n
), given_up AS (
    INSERT INTO retries (run, path, attempt)
    SELECT m.id, r.path, r.attempt FROM made m, retries r
    WHERE r.run = $2 AND r.path IN (SELECT path FROM keep)
), tree AS (
    INSERT INTO run_trees (root, seq, steps_limit)
    SELECT id, 1, (SELECT steps_limit FROM limits) FROM made
), ledger AS (
    INSERT INTO budgets (run, micros_limit, tokens_limit, steps_limit, seconds_limit, on_limit)
    SELECT m.id, l.micros_limit, l.tokens_limit, l.steps_limit, l.seconds_limit, l.on_limit
    FROM made m, limits l
), told AS (
    INSERT INTO run_events (root, seq, run, at, kind, data)
    SELECT id, 1, id, now(), 'run.created',
           jsonb_build_object('routine', routine, 'by', $4::text, 'forked_from', $2::text,
                              'path', $6::text)
    FROM made
)
SELECT id FROM made UNION ALL SELECT id FROM before
"""


@dataclass(frozen=True, slots=True)
class Fork:
    """A run that goes on from the middle of another one.

    Attributes:
        run: its id.
        source: id of the other one.
        path: the first step that is done anew.
        inputs: of the new run.
        by: who asked.
        key: of the request; None when the caller sent none.
        keep: attempts of the other one that count here as well, by path and number.
    """

    run: str
    source: str
    path: str
    inputs: Any
    by: str
    key: str | None
    keep: tuple[tuple[str, int], ...]


class Transitions:
    """Table `runs`, beside `RunStore`. `told` hears which trees have new events."""

    def __init__(self, database: Database, told: Told = nobody) -> None:
        self._database, self._told = database, told

    async def claim(self, run: str, owner: str, lease: float, serves: Serves) -> Claim | None:
        """Make this run `owner`'s for `lease` seconds; None when it is not free, or another has to
        take it.
        """
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_CLAIM, run, owner, lease, serves.queues, serves.build)
        if row is None:
            return None
        return claim_of(row)

    async def wait(self, run: str, fence: int, seen: int | None, until: float | None) -> bool:
        """Nobody drives it until something is decided, or it is `until` (unix seconds). False when
        something was decided that its steps have not seen (None: they look at no decision), when it
        is to pause, or when it is not ours any more.
        """
        return await self._moved(_WAIT, run, fence, seen, until)

    async def paused(self, run: str, fence: int) -> bool:
        """Nobody drives it until it is resumed. False when it is not to pause any more, or is not
        ours.
        """
        return await self._moved(_PAUSED, run, fence)

    async def due(self) -> None:
        """What waited for a time that has come is free for whoever claims it."""
        moved = DUE
        while moved == DUE:  # many may have waited for the same time
            async with self._database.connection() as connection:
                roots = [row[0] for row in await connection.fetch(_DUE)]
            self._told(set(roots))
            moved = len(roots)

    async def pause(self, run: str, by: str) -> bool:
        """It is to pause, or is paused now; whether that changed anything."""
        return await self._moved(_PAUSE, run, by)

    async def resume(self, run: str, by: str) -> bool:
        """It is not to pause, or is free for whoever claims it; whether that changed anything."""
        return await self._moved(_RESUME, run, by)

    async def retry(self, run: str, fence: int, by: str, given_up: Mapping[str, int]) -> bool:
        """What has failed or was cancelled is free for whoever claims it; by path the attempt up to
        which nothing counts any more. False when it is not as it was with that fence.
        """
        return await self._moved(_RETRY, run, fence, by, list(given_up), list(given_up.values()))

    async def out_of_time(self, run: str) -> Over | None:
        """The limit of time, when it had come to that before it ended."""
        async with self._database.connection() as connection:
            if await connection.fetchval(_OUT_OF_TIME, run):
                return await over_limit(connection, run, "time")
        return None

    async def fork(self, new: Fork) -> str:
        """The id of the new run, or of that which the same request made before."""
        paths, attempts = [one[0] for one in new.keep], [one[1] for one in new.keep]
        values = (new.run, new.source, json.dumps(new.inputs), new.by, new.key, new.path)
        async with self._database.connection() as connection:
            made = await connection.fetchval(_FORK, *values, paths, attempts)
            # Asked again when the same request came twice at once: see `RunStore.create`.
            made = str(made or await connection.fetchval(_FORK, *values, paths, attempts))
        if made == new.run:
            self._told((made,))
        return made

    async def fence(self, run: str) -> int | None:
        """Of this run; None when there is none."""
        async with self._database.connection() as connection:
            found: int | None = await connection.fetchval(
                "SELECT fence FROM runs WHERE id = $1", run
            )
            return found

    async def _moved(self, statement: str, *values: Any) -> bool:
        async with self._database.connection() as connection:
            root = await connection.fetchval(statement, *values)
        if root is not None:
            self._told((root,))
        return root is not None
