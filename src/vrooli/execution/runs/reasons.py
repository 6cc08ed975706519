"""Gathers the facts by which one tells why a run is where it is."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

from vrooli.core.errors import UnknownName, Unreachable, VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.database import Database
from vrooli.execution.awaited import data_for
from vrooli.execution.journal import UNKNOWN
from vrooli.execution.runs.children import child_id
from vrooli.execution.runs.facts import Facts, Open
from vrooli.execution.runs.over import over_limit
from vrooli.execution.runs.views import unknown_run
from vrooli.execution.runs.why import (
    BUDGET,
    RUNS,
    SLOW,
    WAITS,
    WRITTEN_SOON,
    Reason,
    no_room,
    of_below,
    why,
    why_step,
)
from vrooli.execution.signals import kept_signals
from vrooli.execution.step_type import StepFailed
from vrooli.execution.steps.wait import due_at
from vrooli.flow.again import counting
from vrooli.flow.budget import limit_of
from vrooli.flow.entries import Again, Begun, Entry, Failure, Finished, Told
from vrooli.flow.interpreter import EXPRESSION, Call, Interpreter
from vrooli.flow.journal import Journal
from vrooli.flow.model import Routine
from vrooli.flow.monthly import kind_in_month
from vrooli.flow.notes import is_note
from vrooli.flow.stored import Stored

MOST_EVENTS = 5000
"""Of a tree; of a longer one only what was written at its beginning is looked at: all else would
take seconds.
"""

LARGEST = 32 * 1024 * 1024
"""Bytes of outputs, likewise."""

MOST_BEGUN = 100
"""Steps under way that are looked at then."""

_RUN = f"""
SELECT r.status, extract(epoch FROM r.created_at)::float8, extract(epoch FROM r.ended_at)::float8,
       r.owner, extract(epoch FROM r.lease_until - now())::float8, r.failure::text,
       r.inputs::text, v.definition::text, t.seq,
       (SELECT count(DISTINCT o.owner) FROM runs o
        WHERE o.status IN ('pending', 'running') AND o.lease_until > now() AND o.owner IS NOT NULL),
       (SELECT extract(epoch FROM max(at))::float8 FROM run_events e
        WHERE e.root = r.root AND e.run = r.id),
       (SELECT sum(a.bytes)::bigint FROM artifact_uses u JOIN artifacts a USING (sha256)
        WHERE u.run = r.id), r.version,
       r.queue, r.unread_why AS unread,
       (SELECT count(DISTINCT o.owner) FROM runs o
        WHERE o.status IN ('pending', 'running') AND o.lease_until > now()
            AND o.owner IS NOT NULL AND o.queue = r.queue) AS serving,
       (SELECT json_build_array(extract(epoch FROM e.at)::float8, e.data->>'by',
                                e.data->>'reason', e.data->>'where')
        FROM run_events e
        WHERE e.root = r.root AND e.run = r.id AND e.kind = 'run.' || r.status
        ORDER BY e.seq DESC LIMIT 1)::text AS stands,
       (SELECT json_object_agg(name, count) FROM ({kept_signals("$1")}) kept)::text AS kept
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

# Half a megabyte goes to a file and is gone at once: it needs room as rows do, but leaves nothing.
_TAKES_ROOM = """
SET LOCAL work_mem = '64kB';
SELECT count(*) FROM generate_series(1, 20000)
"""

ROOM_LASTS = 5.0
"""Seconds for which that is believed: many runs are asked about at once, and again and again."""


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
        self._had_room = 0.0

    async def of(self, run: str, step: str = "") -> Reason:
        """Why it is where it is, or that step of it; `UnknownName` when there is no such run. Of a
        step that waits for a run of its own, why that one is where it is.
        """
        reason, below = await self._of(run, step)
        if reason.code != "below":
            return await self._kept_waiting(reason)
        with suppress(UnknownName):  # it is just being made
            return of_below(reason, await self.of(below))
        return reason

    async def _kept_waiting(self, reason: Reason) -> Reason:
        """That PostgreSQL takes nothing, where something should have been written down by now: what
        is there cannot tell, for it was written before.
        """
        now = self._clock.wall()
        if reason.code not in WRITTEN_SOON or now - (reason.since or 0.0) < SLOW:
            return reason
        if 0 <= now - self._had_room < ROOM_LASTS:
            return reason
        try:
            async with self._database.connection() as connection:
                await connection.execute(_TAKES_ROOM)
        except Unreachable as error:
            return no_room(reason, error.what, error.next_step)
        self._had_room = now
        return reason

    async def _of(self, run: str, step: str) -> tuple[Reason, str]:
        """And the run for which it waits."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_RUN, run)
        if row is None:
            raise unknown_run(run)
        now = self._clock.wall()
        facts = _of_row(run, row, now)
        if row[8] <= MOST_EVENTS and (row[11] or 0) <= LARGEST:
            told = await self._journal(run).read()
            steps = [entry for entry in told if not is_note(entry.path)]
            facts = self._with_steps(facts, row, steps)
        else:
            facts = replace(facts, open=await self._begun(run))
        facts = await self._with_limit(facts, row)
        reason = why_step(facts, step, now) if step else why(facts, now)
        below = next((one.below for one in facts.open if one.path == reason.step), "")
        return reason, below

    async def _with_limit(self, facts: Facts, row: Any) -> Facts:
        """With the limit that it came to."""
        if BUDGET not in (facts.kind, facts.stands_by):
            return facts
        place = json.loads(row[5])["where"] if facts.kind == BUDGET else _stands(row)[3]
        kind = limit_of(place or "")
        if "price" in (kind, kind_in_month(kind)):
            return facts
        async with self._database.connection() as connection:
            return replace(facts, over=await over_limit(connection, facts.run, kind))

    async def stamp(self, run: str) -> str | None:
        """Another one after each change of its tree; None when there is no such run."""
        async with self._database.connection() as connection:
            found: str | None = await connection.fetchval(_STAMP, run)
        return found

    async def _begun(self, run: str) -> tuple[Open, ...]:
        async with self._database.connection() as connection:
            rows = await connection.fetch(_BEGUN, run, MOST_BEGUN)
        entries = [Stored(*row).entry() for row in rows]
        return tuple(_under_way(run, one) for one in entries if isinstance(one, Begun))

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
            open=tuple(
                _with_data(_open(facts.run, call, entries), call, routine) for call in calls
            ),
            ended=tuple(_ended(entries, {call.path for call in calls})),
            undecided=_undecided(entries),
        )


def _of_row(run: str, row: Any, now: float) -> Facts:
    failure = Failure(**json.loads(row[5])) if row[5] else None
    since, by, reason, _ = _stands(row)
    return Facts(
        run,
        status=row[0],
        created_at=row[1],
        ended_at=row[2],
        owner=row[3],
        # By the clock of PostgreSQL, which is that of the leases.
        lease_until=None if row[4] is None else now + max(row[4], -now),
        failure=_said(failure) if failure else "",
        kind=failure.kind if failure else "",
        retryable=failure is not None and failure.retryable,
        workers=row[9],
        moved_at=row[10],
        queue=row["queue"],
        unread=row["unread"] or "",
        serving=row["serving"],
        stands_since=since,
        stands_by=by or "",
        stands_why=reason or "",
        kept=tuple(json.loads(row["kept"] or "{}").items()),
    )


def _said(failure: Failure) -> str:
    """With the step of an expression: the journal has no attempt that would tell it."""
    place = f"{failure.where}: " if failure.kind == EXPRESSION and failure.where else ""
    return f"{place}{failure.reason} ({failure.kind})"


def _stands(row: Any) -> list[Any]:
    """Since when, by whom, why, and about what: by the last event that told of its status."""
    found: list[Any] = json.loads(row["stands"] or "[null, null, null, null]")
    return found


def _open(run: str, call: Call, entries: list[Entry]) -> Open:
    of_step = [one for one in entries if one.path == call.path]
    begun = next((one for one in of_step if one.attempt == call.attempt), None)
    if isinstance(begun, Begun):
        return _under_way(run, begun)
    before = next((one for one in of_step if one.attempt == call.attempt - 1), None)
    if before is not None:
        failure = before.failure if isinstance(before, Finished) else None
        said = (failure.kind, f"{failure.reason} ({failure.kind})") if failure else ("", "")
        again = before.at + call.pause
        return Open(call.path, call.node.type, before.at, again, None, *said)
    return Open(call.path, call.node.type, below=_below(run, call))


def _with_data(one: Open, call: Call, routine: Routine) -> Open:
    return replace(one, data=data_for(routine, call.node.id)) if one.signal else one


def _below(run: str, one: Call | Begun) -> str:
    type_ = one.type if isinstance(one, Begun) else one.node.type
    return child_id(run, one.path, one.attempt) if type_ in RUNS else ""


def _under_way(run: str, begun: Begun) -> Open:
    due, signal = None, ""
    if begun.type in WAITS:
        signal = begun.arguments.get("signal", "")
        with suppress(StepFailed):
            due = due_at(begun.arguments, begun.at)
    below = _below(run, begun)
    return Open(begun.path, begun.type, begun.at, None, due, below=below, signal=signal)


def _ended(entries: list[Entry], open_: set[str]) -> list[tuple[str, str, float]]:
    """How steps ended, and when; those that are tried again have not."""
    found = {}
    for one in entries:
        if isinstance(one, Finished) and one.path not in open_:
            failure = one.failure
            said = f"failed: {failure.reason}" if failure else "completed"
            found[one.path] = (one.path, said, one.at)
    return list(found.values())


def _undecided(entries: list[Entry]) -> tuple[str, ...]:
    last = {one.path: one for one in sorted(entries, key=lambda one: one.attempt)}
    return tuple(path for path, one in last.items() if _is_unknown(one))


def _is_unknown(one: Entry) -> bool:
    failure = one.failure if isinstance(one, Finished) else None
    return failure is not None and failure.kind == UNKNOWN
