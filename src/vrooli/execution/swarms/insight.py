"""What is kept of a swarm in all three tiers: where each stands, and page by page all of it."""

import json
from dataclasses import dataclass
from typing import Any

from vrooli.core.ports.database import Database
from vrooli.execution.artifacts import shown
from vrooli.execution.steps_alone import is_step
from vrooli.execution.swarms.store import DONE, MESSAGE

MOST = 200
"""Runs and steps at a glance: those that have not ended come first."""

LAST = 20
"""Events at a glance."""

LARGEST = 4 * 1024 * 1024
"""Characters of a page: one that would be larger ends earlier."""

_BELOW = "SELECT * FROM runs WHERE root = $2 AND (id = $1 OR $1 = ANY (ancestors))"
"""It, and all that it started."""

_OPEN = "status IN ('pending', 'running', 'waiting', 'paused')"

_RUNS = f"""
SELECT json_build_object('id', id, 'parent', parent, 'path', parent_path, 'routine', routine,
    'status', status, 'pausing', pausing AND status = 'running', 'queue', queue, 'owner', owner,
    'lease_left', CASE WHEN owner IS NOT NULL
                       THEN extract(epoch FROM lease_until - now())::float8 END,
    'created_at', extract(epoch FROM created_at)::float8,
    'ended_at', extract(epoch FROM ended_at)::float8)::text
FROM ({_BELOW}) below ORDER BY NOT {_OPEN}, created_at, id LIMIT {MOST}
"""

_COUNTS = f"""
SELECT coalesce(json_object_agg(status, count), '{{}}')::text
FROM (SELECT status, count(*) FROM ({_BELOW}) below GROUP BY status) counted
"""

_STEPS = f"""
SELECT json_build_object('run', s.run, 'path', s.path, 'attempt', s.attempt, 'type', s.type,
    'begun_at', extract(epoch FROM s.begun_at)::float8)::text
FROM ({_BELOW}) below JOIN steps s ON s.run = below.id
WHERE below.{_OPEN} AND s.status = 'begun' AND {is_step("s.path")}
ORDER BY s.begun_at, s.run, s.n LIMIT {MOST}
"""

_EVENTS = f"""
SELECT (jsonb_build_object('seq', seq, 'run', run, 'at', extract(epoch FROM at)::float8,
                           'kind', kind) || data)::text
FROM run_events e WHERE root = $2 AND ($1 = $2 OR run IN (SELECT id FROM ({_BELOW}) below))
"""

# What models were given and answered in the run itself; what it cost is told with all below it.
_ASKED = """
SELECT json_build_object('input', coalesce(sum((u->>'input_tokens')::bigint), 0),
                         'output', coalesce(sum((u->>'output_tokens')::bigint), 0))
FROM steps s, LATERAL (SELECT s.output->'value'->'usage' AS u) told
WHERE s.run = below.id AND s.type = 'model' AND s.status = 'completed'
"""

# Of swarms below it, which are replayed with it.
_WITHIN = """
SELECT v.definition FROM routine_versions v
WHERE v.hash = below.version AND below.id <> $1
    AND EXISTS (SELECT FROM swarms w WHERE w.run = below.id)
"""

# When what was spent, with all below it: of those that were retried, each try has its own share.
_SPENDS = """
SELECT json_agg(json_build_array(extract(epoch FROM q.made_at)::float8, q.real_micros,
                                 q.real_tokens) ORDER BY q.made_at)
FROM runs d JOIN budget_reservations q ON q.run = d.id AND q.status = 'settled'
WHERE EXISTS (SELECT FROM retries t WHERE t.run = below.id)
    AND d.root = $2 AND (d.id = below.id OR below.id = ANY (d.ancestors))
"""

# Each in an order in which what is new comes last, so that a page stays where it is. Outputs are
# told as text: the large ones are references.
_PARTS = {
    "documents": f"""
SELECT json_build_object('run', d.run, 'name', name, 'version', d.version, 'value', value,
                         'by', by, 'at', extract(epoch FROM at)::float8)::text AS told
FROM ({_BELOW}) below JOIN swarm_documents d ON d.run = below.id
ORDER BY at, d.run, name, d.version
""",
    "messages": f"""
SELECT json_build_object('run', run, 'text', data, 'by', sent_by,
                         'at', extract(epoch FROM sent_at)::float8)::text AS told
FROM signals WHERE run IN (SELECT id FROM ({_BELOW}) below) AND name = '{MESSAGE}' ORDER BY n
""",
    "runs": f"""
SELECT json_build_object('id', id, 'parent', parent, 'path', parent_path, 'routine', routine,
    'version', version, 'status', status, 'inputs', inputs, 'output', output::text,
    'failure', failure, 'created_by', created_by,
    'created_at', extract(epoch FROM created_at)::float8,
    'started_at', extract(epoch FROM started_at)::float8,
    'ended_at', extract(epoch FROM ended_at)::float8,
    'cost', coalesce(b.micros_spent, 0) / 1e6, 'tokens', coalesce(b.tokens_spent, 0),
    'attempts', (SELECT count(*) FROM steps s WHERE s.run = below.id AND {is_step("s.path")}),
    'asked', ({_ASKED}), 'definition', ({_WITHIN}), 'spends', ({_SPENDS}))::text AS told
FROM ({_BELOW}) below LEFT JOIN budgets b ON b.run = below.id ORDER BY created_at, id
""",
    "steps": f"""
SELECT json_build_object('run', s.run, 'path', s.path, 'attempt', s.attempt, 'type', s.type,
    'status', s.status, 'arguments', s.arguments, 'output', s.output::text, 'failure', s.failure,
    'begun_at', extract(epoch FROM s.begun_at)::float8,
    'ended_at', extract(epoch FROM s.ended_at)::float8)::text AS told
FROM ({_BELOW}) below JOIN steps s ON s.run = below.id
WHERE {is_step("s.path")} ORDER BY below.created_at, s.run, s.n
""",
    "events": _EVENTS.replace("::text", "::text AS told", 1) + "ORDER BY seq",
}

PARTS = tuple(_PARTS)
"""Of all that is kept, in the order in which they are told."""

_PAGE = """
SELECT told, more FROM (
    SELECT told, n, sum(length(told)) OVER (ORDER BY n) - length(told) AS before,
           count(*) OVER () AS more
    FROM (SELECT told, row_number() OVER () AS n FROM ({query} OFFSET $3 LIMIT $4) part) numbered
) summed WHERE before < {largest} ORDER BY n
"""


# Below a swarm, each run belongs to the task whose run is its ancestor there, or that it is itself.
_TASKS = f"""
WITH own AS (
    SELECT cardinality(ancestors) + 2 AS level FROM runs WHERE id = $1
), spent AS (
    SELECT coalesce(b.ancestors[own.level], b.id) AS run,
           sum(q.real_micros) AS micros, sum(q.real_tokens) AS tokens
    FROM own, runs b JOIN budget_reservations q ON q.run = b.id AND q.status = 'settled'
    WHERE b.root = $2 AND $1 = ANY (b.ancestors) GROUP BY 1
)
SELECT r.id, extract(epoch FROM coalesce(r.started_at, r.created_at))::float8,
       extract(epoch FROM r.ended_at)::float8,
       coalesce(s.micros, 0)::bigint, coalesce(s.tokens, 0)::bigint,
       coalesce((SELECT bool_and(a.status <> 'pending') FROM approvals a WHERE a.run = r.id),
                EXISTS (SELECT FROM signals g WHERE g.run = r.id AND g.name = '{DONE}'))
FROM runs r LEFT JOIN spent s ON s.run = r.id WHERE r.parent = $1
"""

_VERSIONS = """
SELECT json_build_object('version', version, 'value', value, 'by', by,
                         'at', extract(epoch FROM at)::float8)::text AS told
FROM swarm_documents WHERE run = $1 AND name = $2 AND ($5::bigint IS NULL OR version < $5)
ORDER BY version DESC
"""


@dataclass(frozen=True, slots=True)
class Part:
    """A page of all that is kept.

    Attributes:
        name: one of `PARTS`.
        records: what it holds.
        next: name of the part, and how many of its records are told; None when that was all.
    """

    name: str
    records: list[dict[str, Any]]
    next: tuple[str, int] | None


@dataclass(frozen=True, slots=True)
class Took:
    """What a run that a swarm started took, with all below it.

    Attributes:
        began, ended: unix seconds; `ended` is None while it is under way.
        micros: millionths of a dollar.
        tokens: of models.
        answered: whether somebody decided, or said that it is done.
    """

    began: float
    ended: float | None
    micros: int
    tokens: int
    answered: bool


class SwarmInsight:
    """Reads; nothing is changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def tiers(self, run: str, root: str) -> dict[str, Any]:
        """`{counts, runs, steps, owners, events}`: of the swarm and all below it."""
        async with self._database.connection() as connection:
            counts = await connection.fetchval(_COUNTS, run, root)
            latest = f"{_EVENTS} ORDER BY seq DESC LIMIT {LAST}"
            runs, steps, events = [
                [json.loads(row[0]) for row in await connection.fetch(query, run, root)]
                for query in (_RUNS, _STEPS, latest)
            ]
        owners = dict[str, dict[str, Any]]()
        for one in runs:
            if one["owner"] is not None:
                own = owners.setdefault(one["owner"], {"runs": 0, "lease_left": one["lease_left"]})
                own["runs"] += 1
                own["lease_left"] = min(own["lease_left"], one["lease_left"])
        return {
            "counts": json.loads(counts),
            "runs": runs,
            "steps": steps,
            "owners": [{"owner": name, **own} for name, own in owners.items()],
            "events": events[::-1],
        }

    async def took(self, run: str, root: str) -> dict[str, Took]:
        """By run what each took that the swarm started itself."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_TASKS, run, root)
        return {row[0]: Took(*row[1:]) for row in rows}

    async def page(self, run: str, root: str, part: str, told: int, limit: int) -> Part:
        """At most so many records of one part, after those that are told; and where to go on."""
        query = _PAGE.format(query=_PARTS[part], largest=LARGEST)
        async with self._database.connection() as connection:
            rows = await connection.fetch(query, run, root, told, limit + 1)
        records = [_record(row[0]) for row in rows[:limit]]
        if rows and rows[0][1] > len(records):
            return Part(part, records, (part, told + len(records)))
        after = PARTS[PARTS.index(part) + 1 :]
        return Part(part, records, (after[0], 0) if after else None)

    async def versions(
        self, run: str, name: str, before: int | None, limit: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """At most so many versions of a document, the newest first, from the one before `before`
        on: `{version, value, by, at}` each; and whether more follow.
        """
        query = _PAGE.format(query=_VERSIONS, largest=LARGEST)
        async with self._database.connection() as connection:
            rows = await connection.fetch(query, run, name, 0, limit + 1, before)
        found = [json.loads(row[0]) for row in rows[:limit]]
        return found, bool(rows) and rows[0][1] > len(found)


def _record(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    if isinstance(found.get("output"), str):
        output, artifact = shown(found["output"])
        found = {**found, "output": output, "artifact": artifact}
    return found
