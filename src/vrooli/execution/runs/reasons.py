"""Gathers the facts by which one tells why a run is where it is."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.database import Database
from vrooli.execution.journal import UNKNOWN
from vrooli.execution.runs.views import unknown_run
from vrooli.execution.runs.why import WAITS, Facts, Open, Reason, why, why_step
from vrooli.execution.step_type import StepFailed
from vrooli.execution.steps.wait import due_at
from vrooli.flow.again import counting
from vrooli.flow.entries import Again, Begun, Entry, Failure, Finished, Told
from vrooli.flow.interpreter import Call, Interpreter
from vrooli.flow.journal import Journal
from vrooli.flow.model import Routine
from vrooli.flow.notes import WITHIN
from vrooli.flow.stored import Stored

MOST_EVENTS = 5000
"""Of a tree; of a longer one only what was written at its beginning is looked at: all else would
take seconds.
"""

LARGEST = 32 * 1024 * 1024
"""Bytes of outputs, likewise."""

MOST_BEGUN = 100
"""Steps under way that are looked at then."""

_RUN = """
SELECT r.status, extract(epoch FROM r.created_at)::float8, extract(epoch FROM r.ended_at)::float8,
       r.owner, extract(epoch FROM r.lease_until - now())::float8, r.failure::text,
       r.inputs::text, v.definition::text, t.seq,
       (SELECT count(DISTINCT o.owner) FROM runs o
        WHERE o.status IN ('pending', 'running') AND o.lease_until > now() AND o.owner IS NOT NULL),
       (SELECT extract(epoch FROM max(at))::float8 FROM run_events e
        WHERE e.root = r.root AND e.run = r.id),
       (SELECT sum(a.bytes)::bigint FROM artifact_uses u JOIN artifacts a USING (sha256)
        WHERE u.run = r.id), r.version
FROM runs r JOIN routine_versions v ON v.hash = r.version JOIN run_trees t ON t.root = r.root
WHERE r.id = $1
"""

# Both rows are written anew by whatever changes where a run of the tree stands.
_STAMP = """
SELECT r.xmin::text || ' ' || t.xmin::text FROM runs r JOIN run_trees t USING (root) WHERE r.id = $1
"""

_BEGUN = """
SELECT path, attempt, type, status, arguments::text, NULL, NULL,
       extract(epoch FROM begun_at)::float8
FROM steps WHERE run = $1 AND status = 'begun' ORDER BY n DESC LIMIT $2
"""


class Reasons:
    """For the API.

    Args:
        database: where the runs are.
        journal: of a run, for reading.
        read: makes a routine of its version and definition.
        clock: time.
    """

    def __init__(
        self,
        database: Database,
        journal: Callable[[str], Journal],
        read: Callable[[str, Any], Routine],
        clock: Clock,
    ) -> None:
        self._database, self._journal, self._read, self._clock = database, journal, read, clock

    async def of(self, run: str, step: str = "") -> Reason:
        """Why it is where it is, or that step of it; `UnknownName` when there is no such run."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_RUN, run)
        if row is None:
            raise unknown_run(run)
        now = self._clock.wall()
        facts = _of_row(run, row, now)
        if row[8] <= MOST_EVENTS and (row[11] or 0) <= LARGEST:
            told = await self._journal(run).read()
            steps = [entry for entry in told if WITHIN not in entry.path]
            facts = self._with_steps(facts, row, steps)
        else:
            facts = replace(facts, open=await self._begun(run))
        return why_step(facts, step, now) if step else why(facts, now)

    async def stamp(self, run: str) -> str | None:
        """Another one after each change of its tree; None when there is no such run."""
        async with self._database.connection() as connection:
            found: str | None = await connection.fetchval(_STAMP, run)
        return found

    async def _begun(self, run: str) -> tuple[Open, ...]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(_BEGUN, run, MOST_BEGUN)
        entries = [Stored(*row).entry() for row in rows]
        return tuple(_under_way(one) for one in entries if isinstance(one, Begun))

    def _with_steps(self, facts: Facts, row: Any, told: list[Told]) -> Facts:
        try:
            routine = self._read(row[12], json.loads(row[7]))
        except VrooliError as error:
            return replace(facts, unreadable=error.what)
        interpreter = Interpreter(routine, json.loads(row[6]))
        entries = counting(told)
        for entry in told:
            if isinstance(entry, Finished):
                interpreter.finish(entry)
            elif isinstance(entry, Again):
                interpreter.again(entry.path, entry.attempt)
            else:
                interpreter.begin(entry.path, entry.attempt)
        calls, _ = interpreter.next()
        return replace(
            facts,
            open=tuple(_open(call, entries) for call in calls),
            ended=tuple(_ended(entries, {call.path for call in calls}).items()),
            undecided=_undecided(entries),
        )


def _of_row(run: str, row: Any, now: float) -> Facts:
    failure = Failure(**json.loads(row[5])) if row[5] else None
    return Facts(
        run,
        status=row[0],
        created_at=row[1],
        ended_at=row[2],
        owner=row[3],
        # By the clock of PostgreSQL, which is that of the leases.
        lease_until=None if row[4] is None else now + max(row[4], -now),
        failure=f"{failure.reason} ({failure.kind})" if failure else "",
        workers=row[9],
        moved_at=row[10],
    )


def _open(call: Call, entries: list[Entry]) -> Open:
    of_step = [one for one in entries if one.path == call.path]
    begun = next((one for one in of_step if one.attempt == call.attempt), None)
    if isinstance(begun, Begun):
        return _under_way(begun)
    before = next((one for one in of_step if one.attempt == call.attempt - 1), None)
    if before is not None:
        return Open(call.path, call.node.type, before.at, before.at + call.pause)
    return Open(call.path, call.node.type)


def _under_way(begun: Begun) -> Open:
    due = None
    if begun.type in WAITS:
        with suppress(StepFailed):
            due = due_at(begun.arguments, begun.at)
    return Open(begun.path, begun.type, begun.at, None, due)


def _ended(entries: list[Entry], open_: set[str]) -> dict[str, str]:
    """How steps ended; those that are tried again have not."""
    found = {}
    for one in entries:
        if isinstance(one, Finished) and one.path not in open_:
            failure = one.failure
            found[one.path] = f"failed: {failure.reason}" if failure else "completed"
    return found


def _undecided(entries: list[Entry]) -> tuple[str, ...]:
    last = {one.path: one for one in sorted(entries, key=lambda one: one.attempt)}
    return tuple(path for path, one in last.items() if _is_unknown(one))


def _is_unknown(one: Entry) -> bool:
    failure = one.failure if isinstance(one, Finished) else None
    return failure is not None and failure.kind == UNKNOWN
