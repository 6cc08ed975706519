"""Swarms in PostgreSQL: what is written on each, version by version; their runs are in `runs`."""

import json
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from vrooli.core.ports.database import Database
from vrooli.execution.artifacts import Artifacts
from vrooli.execution.live.news import Told, nobody
from vrooli.execution.runs.tasks import task_path
from vrooli.execution.swarms.state import Message, Try
from vrooli.execution.telling import TOLD
from vrooli.flow.entries import Failure

PLAN, POLICY, SKIPPED, PROBLEMS, BOARD = "plan", "policy", "skipped", "problems", "board."
"""Names of documents; what stands on the blackboard is called `board.KEY`."""

MESSAGE = "message"
"""Name of the signal that a message is."""

DONE = "done"
"""Name of the signal that ends what a person does."""

MOST_MESSAGES = 1000
"""Of a swarm, the last ones, that it hears."""

_NUMBERED = re.compile(r"(.+)\[(\d+)\]")

_OPEN = f"""
WITH made AS (
    INSERT INTO swarms (run, path, goal) VALUES ($1, $2, $3) ON CONFLICT (run) DO NOTHING
    RETURNING run
), put AS (
    INSERT INTO swarm_documents (run, name, version, value, by)
    SELECT m.run, d.name, 1, d.value::json, 'swarm'
    FROM made m, unnest($4::text[], $5::text[]) AS d(name, value)
), news AS (
    SELECT r.root, r.id AS run, 1 AS i, 'swarm.begun' AS kind,
           jsonb_build_object('goal', left($3, 200)) AS data
    FROM made m JOIN runs r ON r.id = m.run
), {TOLD}
SELECT root FROM news
"""

# Messages that came are taken first: one that comes after that stirs the run again.
_HEAR = """
UPDATE signals SET path = $2, attempt = 1 WHERE run = $1 AND name = $3 AND path IS NULL
"""

# All of one moment, the count of decisions among it.
_STATE = f"""
SELECT r.stirs, s.goal,
    (SELECT json_agg(json_build_array(c.id, c.parent_path, c.status, c.inputs, c.output, c.failure)
                     ORDER BY c.created_at, c.id)
     FROM runs c WHERE c.parent = r.id AND starts_with(c.parent_path, $2))::text,
    (SELECT json_agg(json_build_array(d.name, d.version, d.value, d.by) ORDER BY d.name, d.version)
     FROM (SELECT name, version, by, CASE WHEN version = max(version) OVER (PARTITION BY name)
                                          THEN value END AS value
           FROM swarm_documents WHERE run = r.id) d)::text,
    (SELECT json_agg(json_build_array(m.data, m.sent_by, extract(epoch FROM m.sent_at))
                     ORDER BY m.n)
     FROM (SELECT * FROM signals WHERE run = r.id AND name = $3
           ORDER BY n DESC LIMIT {MOST_MESSAGES}) m)::text,
    (SELECT json_agg(p.value ORDER BY p.depth DESC)
     FROM (SELECT DISTINCT ON (d.run) d.value, cardinality(a.ancestors) AS depth
           FROM swarm_documents d JOIN runs a ON a.id = d.run
           WHERE d.run = ANY (r.ancestors) AND d.name = 'policy'
           ORDER BY d.run, d.version DESC) p)::text,
    (SELECT coalesce(max(t.attempt), 1) FROM steps t WHERE t.run = r.id AND t.path = $4),
    (SELECT extract(epoch FROM t.begun_at)::float8 FROM steps t
     WHERE t.run = r.id AND t.path = $4 ORDER BY t.attempt DESC LIMIT 1)
FROM runs r LEFT JOIN swarms s ON s.run = r.id WHERE r.id = $1
"""

# $4 is the version that whoever writes has seen, 0 for none; without it, the next one whatever it
# is, once for each $6. Nothing is written when one of the runs $8 has had a decision since $9. Runs
# are locked first, as everywhere, in the order of ids; it goes on where it waited.
_PUT = f"""
WITH locked AS (
    SELECT id, root, status, stirs FROM runs WHERE id = $1 OR id = ANY ($8::text[])
    ORDER BY id FOR NO KEY UPDATE
), run AS (
    SELECT id, root, status FROM locked
    WHERE id = $1 AND status IN ('pending', 'running', 'waiting', 'paused')
), moved_on AS (
    SELECT FROM locked l JOIN unnest($8::text[], $9::bigint[]) AS seen(id, stirs) USING (id)
    WHERE l.stirs <> seen.stirs
), last AS (
    SELECT coalesce(max(version), 0) AS version FROM swarm_documents WHERE run = $1 AND name = $2
), put AS (
    INSERT INTO swarm_documents (run, name, version, value, by)
    SELECT run.id, $2, last.version + 1, $3::json, $5 FROM run, last
    WHERE EXISTS (SELECT FROM swarms WHERE run = $1) AND ($4::int IS NULL OR last.version = $4)
        AND NOT EXISTS (SELECT FROM moved_on)
        AND NOT ($6 AND EXISTS (SELECT FROM swarm_documents d
                                WHERE d.run = $1 AND d.name = $2 AND d.by = $5))
    ON CONFLICT (run, name, version) DO NOTHING RETURNING run, version
), moved AS (
    UPDATE runs r SET stirs = r.stirs + 1,
        status = CASE r.status WHEN 'waiting' THEN 'pending' ELSE r.status END,
        lease_until = CASE r.status WHEN 'waiting' THEN now() ELSE r.lease_until END
    FROM run JOIN put ON put.run = run.id WHERE r.id = run.id
), news AS (
    SELECT run.root, run.id AS run, 1 AS i, 'swarm.written' AS kind,
           jsonb_strip_nulls(jsonb_build_object('name', $2::text, 'version', put.version,
               'by', $5::text, 'reason', nullif($7::text, ''))) AS data
    FROM run JOIN put ON put.run = run.id
    UNION ALL
    SELECT root, id, 2, 'run.pending', '{{"why": "swarm"}}'::jsonb
    FROM run JOIN put ON put.run = run.id WHERE status = 'waiting'
), {TOLD}
SELECT run.root, (SELECT version FROM put), (SELECT version FROM last),
       EXISTS (SELECT FROM swarms WHERE run = $1)
FROM run
"""


_UNANSWERED = """
SELECT id, stirs, EXISTS (SELECT FROM signals WHERE run = id AND name = $2) FROM runs
WHERE id = ANY ($1::text[])
"""


@dataclass(frozen=True, slots=True)
class Document:
    """The newest version of something that is written on a swarm.

    Attributes:
        version: from 1.
        value: any JSON value.
        by: who wrote it: a person, or the id of a run.
    """

    version: int
    value: Any
    by: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is kept of a swarm.

    Attributes:
        stirs: how many decisions there were in the run.
        goal: in words; None before it has begun.
        tries: its runs by what they are for, in their order.
        documents: the newest of each name.
        writers: by name who wrote any version of it.
        messages: in their order.
        above: policies of the swarms that it lies in, as data, the nearest first.
        attempt: of its step, the last one.
        begun: unix seconds of that; None before it has begun.
    """

    stirs: int
    goal: str | None
    tries: Mapping[str, tuple[Try, ...]]
    documents: Mapping[str, Document]
    writers: Mapping[str, frozenset[str]]
    messages: tuple[Message, ...]
    above: tuple[Any, ...]
    attempt: int = 1
    begun: float | None = None


@dataclass(frozen=True, slots=True)
class Put:
    """What is to be written.

    Attributes:
        name: of the document.
        value: any JSON value.
        by: who writes it.
        seen: the version that it takes the place of, 0 for none; None for whichever is the last.
        once: whether this writer writes it once only.
        reason: for people, with its event; may be empty.
        unless: ids of runs with their counts of decisions: it is written only while none of them
            has had another.
    """

    name: str
    value: Any
    by: str
    seen: int | None = None
    once: bool = False
    reason: str = ""
    unless: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """What came of it.

    Attributes:
        version: the new one; None when another came first, or it was written before.
        last: the one that was the newest before.
        begun: whether the swarm has; before, nothing is written on it.
    """

    version: int | None
    last: int
    begun: bool = True


class SwarmStore:
    """Tables `swarms` and `swarm_documents`. `told` hears which trees have new events."""

    def __init__(self, database: Database, told: Told = nobody) -> None:
        self._database, self._told = database, told
        self._artifacts = Artifacts(database)

    async def open(self, run: str, path: str, goal: str, documents: Mapping[str, Any]) -> None:
        """It begins, unless it has: with these documents."""
        values = [json.dumps(one) for one in documents.values()]
        async with self._database.connection() as connection:
            root = await connection.fetchval(_OPEN, run, path, goal, list(documents), values)
        if root is not None:
            self._told((root,))

    async def facts(self, run: str, path: str) -> Facts:
        """How it stands; references stand in the place of large outputs."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_STATE, run, task_path(path, ""), MESSAGE, path)
        return _facts(row, path)

    async def heard(self, run: str, path: str) -> Facts:
        """How it stands, with its large outputs; what was said to it up to now is taken as
        heard.
        """
        async with self._database.connection() as connection:
            await connection.execute(_HEAR, run, task_path(path, MESSAGE), MESSAGE)
        found = await self.facts(run, path)
        value = partial(self._artifacts.value, run)
        tries = {
            name: tuple([replace(one, output=await value(one.output)) for one in ones])
            for name, ones in found.tries.items()
        }
        documents = {
            name: replace(one, value=await value(one.value)) if _on_board(name) else one
            for name, one in found.documents.items()
        }
        return replace(found, tries=tries, documents=documents)

    async def unanswered(self, runs: list[str]) -> dict[str, int] | None:
        """Their counts of decisions; None when somebody has told one of them that it is done."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_UNANSWERED, runs, DONE)
        return None if any(row[2] for row in rows) else {row[0]: row[1] for row in rows}

    async def put(self, run: str, new: Put) -> Written | None:
        """Write it, and have the swarm look at it; None when its run has ended."""
        text = json.dumps(new.value, separators=(",", ":"))
        if _on_board(new.name):
            text = await self._artifacts.instead(run, text)
        unless = (list(new.unless), list(new.unless.values()))
        values = (new.name, text, new.seen, new.by, new.once, new.reason, *unless)
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_PUT, run, *values)
            while row and row[1] is None and row[3] and new.seen is None and not new.once:
                # Somebody was faster, and that is no matter.
                row = await connection.fetchrow(_PUT, run, *values)
        if row is None:
            return None
        if row[1] is not None:
            self._told((row[0],))
        return Written(row[1], row[2], row[3])


def _on_board(name: str) -> bool:
    return name.startswith(BOARD)


def _facts(row: Any, path: str) -> Facts:
    tries = defaultdict[str, list[Try]](list)
    for run, at, status, inputs, output, failure in _list(row[2]):
        name, number = numbered(at.removeprefix(task_path(path, "")))
        failed = Failure(**failure) if failure else None
        tries[name].append(Try(run, number, status, inputs, output, failed))
    documents, writers = dict[str, Document](), defaultdict[str, set[str]](set)
    for name, version, value, by in _list(row[3]):
        documents[name] = Document(version, value, by)
        writers[name].add(by)
    return Facts(
        stirs=row[0],
        goal=row[1],
        tries={
            name: tuple(sorted(ones, key=lambda one: one.number)) for name, ones in tries.items()
        },
        documents=documents,
        writers={name: frozenset(ones) for name, ones in writers.items()},
        messages=tuple(Message(*one) for one in _list(row[4])),
        above=tuple(_list(row[5])),
        attempt=row[6],
        begun=row[7],
    )


def numbered(at: str) -> tuple[str, int]:
    """What a run is for, and which one of those it is."""
    found = _NUMBERED.fullmatch(at)
    return (found[1], int(found[2])) if found else (at, 1)


def named(name: str, number: int) -> str:
    """The other way round."""
    return name if number == 1 else f"{name}[{number}]"


def _list(text: str | None) -> list[Any]:
    return json.loads(text) if text else []
