"""Writes entries of many runs with few statements: one is under way at a time, and what comes
meanwhile goes together with the next.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.core.errors import VrooliError
from vrooli.core.ports.database import Database
from vrooli.execution.live.news import Told, nobody
from vrooli.execution.steps_alone import is_step
from vrooli.flow.entries import Entry
from vrooli.flow.gist import gist_of
from vrooli.flow.journal import Written
from vrooli.flow.stored import Stored, stored

MOST = 500
"""Entries of one statement."""

LARGEST = 8 * 1024 * 1024
"""Characters of their values: a statement must come through within its time."""

HELD = 1.0
"""Seconds for which a connection is kept while entries come."""

LINGER = 0.02
"""Seconds without any after which it is given back before that."""

LONGEST = 10.0
"""Seconds for what was sent at the last moment."""

_log = logging.getLogger(__name__)

_STATEMENT = """
WITH entry AS (
    SELECT * FROM unnest($1::int[], $2::text[], $3::bigint[], $4::text[], $5::int[], $6::text[],
                         $7::text[], $8::json[], $9::json[], $10::json[], $11::float8[],
                         $12::text[])
        AS e(i, run, fence, path, attempt, type, status, arguments, output, failure, at, gist)
), held AS (
    SELECT r.id, r.root, r.fence, r.status, r.capped FROM runs r
    WHERE r.id = ANY ($2::text[]) ORDER BY r.id FOR NO KEY UPDATE
), good AS (
    SELECT e.*, h.root, h.capped FROM entry e JOIN held h ON h.id = e.run
    WHERE h.fence = e.fence AND h.status = 'running'
{room}), written AS (
    INSERT INTO steps (run, path, attempt, type, status, arguments, output, failure, begun_at,
                       ended_at)
    SELECT run, path, attempt, type, status, arguments, output, failure,
           CASE WHEN status = 'begun' THEN to_timestamp(at) END,
           CASE WHEN status <> 'begun' THEN to_timestamp(at) END
    FROM good WHERE {fits}
    ON CONFLICT (run, path, attempt) DO UPDATE
    SET status = excluded.status, output = excluded.output, failure = excluded.failure,
        ended_at = excluded.ended_at
    WHERE steps.status = 'begun' AND excluded.status <> 'begun'
    RETURNING run, path, attempt, {step} AS step, {step} AND (status = 'begun' OR begun_at IS NULL)
        AS fresh
), news AS (
    SELECT g.*, w.step, w.fresh FROM good g JOIN written w USING (run, path, attempt)
{tree}), counted AS (
    UPDATE run_trees t SET seq = t.seq + n.count, steps = t.steps + n.fresh
    FROM (SELECT root, count(*), count(*) FILTER (WHERE fresh) AS fresh
          FROM news JOIN tree USING (root) GROUP BY root) n
    WHERE t.root = n.root RETURNING t.root, t.seq - n.count AS before
{spent}), told AS (
    INSERT INTO run_events (root, seq, run, at, kind, data)
    SELECT c.root, c.before + row_number() OVER (PARTITION BY c.root ORDER BY n.i), n.run,
           to_timestamp(n.at), CASE WHEN n.step THEN 'step.' ELSE 'note.' END || n.status,
           jsonb_strip_nulls(jsonb_build_object(
               'path', n.path, 'attempt', n.attempt, 'type', n.type,
               CASE n.status WHEN 'failed' THEN 'why' ELSE 'gist' END, n.gist))
    FROM news n JOIN counted c USING (root)
)
SELECT e.i, CASE WHEN g.i IS NULL THEN 'fenced' {unfit}
                 WHEN w.run IS NULL THEN 'duplicate' ELSE 'done' END, g.root
FROM entry e LEFT JOIN good g USING (i)
LEFT JOIN written w ON w.run = e.run AND w.path = e.path AND w.attempt = e.attempt
"""
# The rows of the runs are locked before their fence is compared, in the order of their ids: with a
# weaker lock or none, what an earlier owner sends while the run is being taken over gets through.
# The trees come after all runs and the ledgers after all trees, each in order as well, so that no
# two statements wait for each other. An attempt is counted with its first entry, so that the limit
# is compared and the count raised under one lock; no ledger is touched but where a run below a root
# has a limit of its own.


_PLAIN = _STATEMENT.format(
    step=is_step("steps.path"),
    room="",
    fits="capped IS NULL",
    tree="""), tree AS (
    SELECT root FROM run_trees WHERE root IN (SELECT root FROM news)
    ORDER BY root FOR NO KEY UPDATE
""",
    spent="",
    unfit="WHEN g.capped IS NOT NULL THEN 'limited'",
)
_LIMITED = _STATEMENT.format(
    step=is_step("steps.path"),
    room=f"""), tree AS (
    SELECT root, steps_limit - steps AS room FROM run_trees WHERE root IN (SELECT root FROM good)
    ORDER BY root FOR NO KEY UPDATE
), cap AS (
    SELECT run, steps_limit - steps_spent AS room FROM budgets
    WHERE run IN (SELECT unnest(capped) FROM good) ORDER BY run FOR NO KEY UPDATE
), room AS (
    SELECT root AS id, room FROM tree WHERE room IS NOT NULL UNION ALL SELECT run, room FROM cap
), over AS (
    SELECT i FROM (
        SELECT g.i, r.room, row_number() OVER (PARTITION BY r.id ORDER BY g.i) AS nth
        FROM good g JOIN room r ON r.id = g.root OR r.id = ANY (g.capped)
        WHERE {is_step("g.path")} AND NOT EXISTS (SELECT FROM steps s
                          WHERE s.run = g.run AND s.path = g.path AND s.attempt = g.attempt)
    ) fresh WHERE nth > room
""",
    fits="i NOT IN (SELECT i FROM over)",
    tree="",
    spent="""), spent AS (
    UPDATE budgets b SET steps_spent = b.steps_spent + n.count
    FROM (SELECT u.run, count(*) FROM news, unnest(capped) AS u(run) WHERE fresh GROUP BY 1) n
    WHERE b.run = n.run
""",
    unfit="WHEN g.i IN (SELECT i FROM over) THEN 'over'",
)
# To look for limits costs a tenth of a batch, so that it is done only for runs that have some: the
# plain statement leaves those alone, and says so.

# Most batches of a quiet process are of one entry, whose writer waits for it: what sorts, joins and
# numbers entries takes a third of such a statement's time. It says the same as the plain one.
_ALONE = f"""
WITH held AS (
    SELECT root, fence = $3::bigint AND status = 'running' AS good, capped FROM runs
    WHERE id = $2 FOR NO KEY UPDATE
), written AS (
    INSERT INTO steps (run, path, attempt, type, status, arguments, output, failure, begun_at,
                       ended_at)
    SELECT $2, $4::text, $5::int, $6::text, $7::text, $8::json, $9::json, $10::json,
           CASE WHEN $7 = 'begun' THEN to_timestamp($11::float8) END,
           CASE WHEN $7 <> 'begun' THEN to_timestamp($11::float8) END
    FROM held WHERE good AND capped IS NULL
    ON CONFLICT (run, path, attempt) DO UPDATE
    SET status = excluded.status, output = excluded.output, failure = excluded.failure,
        ended_at = excluded.ended_at
    WHERE steps.status = 'begun' AND excluded.status <> 'begun'
    RETURNING {is_step("steps.path")} AS step,
        {is_step("steps.path")} AND (status = 'begun' OR begun_at IS NULL) AS fresh
), counted AS (
    UPDATE run_trees t SET seq = t.seq + 1, steps = t.steps + fresh::int
    FROM held, written WHERE t.root = held.root RETURNING t.root, t.seq, step
), told AS (
    INSERT INTO run_events (root, seq, run, at, kind, data)
    SELECT root, seq, $2, to_timestamp($11::float8),
           CASE WHEN step THEN 'step.' ELSE 'note.' END || $7,
           jsonb_strip_nulls(jsonb_build_object(
               'path', $4, 'attempt', $5, 'type', $6,
               CASE $7 WHEN 'failed' THEN 'why' ELSE 'gist' END, $12::text))
    FROM counted
)
SELECT $1::int, CASE WHEN good IS NOT TRUE THEN 'fenced' WHEN capped IS NOT NULL THEN 'limited'
                     WHEN fresh IS NULL THEN 'duplicate' ELSE 'done' END, root
FROM (SELECT) AS entry LEFT JOIN held ON true LEFT JOIN written ON true
"""

MOST_KNOWN = 10_000
"""Runs with a limit on steps that are remembered."""


@dataclass(slots=True)
class _Waiting:
    run: str
    fence: int
    row: Stored
    gist: str | None
    answer: "asyncio.Future[Written]"

    @property
    def step(self) -> tuple[str, str, int]:
        return self.run, self.row.path, self.row.attempt

    @property
    def size(self) -> int:
        row = self.row
        return sum(map(len, filter(None, (row.arguments, row.output, row.failure))))


class Batcher:
    """For one process. `told` hears which trees have new events."""

    def __init__(self, database: Database, told: Told = nobody) -> None:
        self._database, self._told = database, told
        self._queue: list[_Waiting] = []
        self._under_way: list[_Waiting] = []
        self._task: asyncio.Task[None] | None = None
        self._more: asyncio.Future[None] | None = None
        self._limited: set[str] = set()

    async def write(self, run: str, fence: int, entry: Entry, row: Stored | None = None) -> Written:
        """See `flow.journal.Journal`. Goes on in the background when its caller is cancelled.

        Args:
            run: whose it is.
            fence: that of its owner.
            entry: what happened.
            row: what is stored of it, where that is not all.
        """
        answer = asyncio.get_running_loop().create_future()
        waiting = _Waiting(run, fence, row or stored(entry), gist_of(entry), answer)
        self._queue.append(waiting)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._flush())
        self._wake()
        return await waiting.answer

    async def close(self) -> None:
        """Wait until all is written that was to be, its writers cancelled or not."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _flush(self) -> None:
        while self._queue:
            self._under_way = self._take()
            try:
                async with self._database.connection(HELD + LONGEST) as connection:
                    over = await self._through(connection)
            except Exception as error:  # noqa: BLE001 -- who waits must hear of it: nobody else says
                await self._one_by_one(self._under_way, _told_of(error))
            else:
                await self._each(over)

    async def _through(self, connection: Any) -> list[_Waiting]:
        """What is under way, and what comes while the connection is held: no pool is asked then.
        Ends early with what did not fit beside others.
        """
        ends = asyncio.get_running_loop().time() + HELD
        while self._under_way:
            batch = self._under_way
            found = await self._send(connection, batch)
            over = []
            for one, written in zip(batch, found, strict=True):
                if written is Written.OVER and len(batch) > 1:
                    over.append(one)
                else:
                    _answer(one, written)
            self._under_way = []
            if over:
                return over
            if asyncio.get_running_loop().time() < ends and (self._queue or await self._wanted()):
                self._under_way = self._take()
        return []

    async def _wanted(self) -> bool:
        """Whether something came soon enough for the connection to be worth keeping."""
        loop = asyncio.get_running_loop()
        self._more = loop.create_future()
        late = loop.call_later(LINGER, self._wake)
        await self._more
        late.cancel()
        return bool(self._queue)

    def _wake(self) -> None:
        if self._more is not None and not self._more.done():
            self._more.set_result(None)

    def _take(self) -> list[_Waiting]:
        """The next batch. One statement may not touch a row twice: the end of a step whose
        beginning is in it waits for the next.
        """
        batch: list[_Waiting] = []
        later: list[_Waiting] = []
        seen: set[tuple[str, str, int]] = set()
        size = 0
        for one in self._queue:
            size += one.size
            room = not batch or (len(batch) < MOST and size <= LARGEST)
            fits = room and one.step not in seen
            seen.add(one.step)
            (batch if fits else later).append(one)
        self._queue = later
        return batch

    async def _one_by_one(self, batch: list[_Waiting], error: VrooliError) -> None:
        """A row that cannot be stored must not sink those beside it."""
        if error.retryable or len(batch) == 1:
            for one in batch:
                _answer(one, error)
            return
        await self._each(batch)

    async def _each(self, batch: list[_Waiting]) -> None:
        """Alone: also what did not fit beside others, which may not have fitted themselves."""
        for one in batch:
            try:
                async with self._database.connection() as connection:
                    written = await self._send(connection, [one])
            except Exception as its_own:  # noqa: BLE001 -- as above
                _answer(one, _told_of(its_own))
            else:
                _answer(one, written[0])

    async def _send(self, connection: Any, batch: Sequence[_Waiting]) -> list[Written]:
        known = any(one.run in self._limited for one in batch)
        said = await self._ask(connection, _LIMITED if known else _PLAIN, batch)
        unknown = [one for one, what in zip(batch, said, strict=True) if what == "limited"]
        if unknown:
            self._remember({one.run for one in unknown})
            again = iter(await self._ask(connection, _LIMITED, unknown))
            said = [next(again) if what == "limited" else what for what in said]
        return [Written(what) for what in said]

    def _remember(self, limited: set[str]) -> None:
        if len(self._limited) > MOST_KNOWN:
            self._limited.clear()
        self._limited |= limited

    async def _ask(self, connection: Any, statement: str, batch: Sequence[_Waiting]) -> list[str]:
        rows = [(n, one.run, one.fence, *one.row.columns, one.gist) for n, one in enumerate(batch)]
        if statement is _PLAIN and len(rows) == 1:
            answers = await connection.fetch(_ALONE, *rows[0])
        else:
            columns = zip(*rows, strict=True)
            answers = await connection.fetch(statement, *(list(column) for column in columns))
        found = {row[0]: row[1] for row in answers}
        self._told({row[2] for row in answers if row[1] == Written.DONE.value})
        return [found[number] for number in range(len(batch))]


def _told_of(error: Exception) -> VrooliError:
    """What those who wait are told."""
    if isinstance(error, VrooliError):
        return error
    _log.error("the journal cannot be written", exc_info=error)
    return VrooliError("the journal cannot be written: see the log")


def _answer(one: _Waiting, said: Written | VrooliError) -> None:
    if one.answer.done():  # whoever waited was cancelled
        return
    if isinstance(said, Written):
        one.answer.set_result(said)
    else:
        one.answer.set_exception(said)
