"""Signals in PostgreSQL: kept until a step takes them, each by one."""

import json
from dataclasses import dataclass
from typing import Any

from vrooli.core.errors import Refused, UsageError, VrooliError
from vrooli.core.ports.database import Database
from vrooli.execution.awaited import awaits
from vrooli.execution.executor import storable
from vrooli.execution.live.news import Told, nobody
from vrooli.execution.routines import RoutineStore
from vrooli.execution.runs.engine import Engine
from vrooli.execution.runs.views import RunViews
from vrooli.execution.signals import Awaited, Signal
from vrooli.execution.step_type import StepFailed
from vrooli.execution.telling import TOLD

MOST = 1000
"""Signals of a run that no step has taken."""

ENDED = ("completed", "failed", "cancelled")

LARGEST = 64 * 1024
"""Characters of what one carries, as JSON."""

# A step that asks again, after a crash, gets the one that it took. What is being taken just now is
# waited for: it may be by the step itself, asking for the second time. Signal and count of
# decisions are of the same moment.
_TAKE = """
WITH taken AS (
    UPDATE signals SET path = $2, attempt = $3
    WHERE n = (
        SELECT n FROM signals
        WHERE run = $1 AND name = $4 AND (path IS NULL OR (path = $2 AND attempt = $3))
        ORDER BY path IS NULL, n LIMIT 1 FOR UPDATE
    )
    RETURNING data::text, sent_by, extract(epoch FROM sent_at)::float8 AS at
)
SELECT t.data, t.sent_by, t.at, r.stirs FROM runs r LEFT JOIN taken t ON true WHERE r.id = $1
"""

# The run is locked first: whoever sets it down to wait meanwhile comes before or after, and then
# sees that it was stirred. A run that only waits is free for whoever claims it. Of two that come
# at once with one key the second sends nothing, and gets nothing back: asked again, it is done.
_SEND = f"""
WITH before AS (
    SELECT FROM signals WHERE run = $1 AND sent_by = $4 AND request_key = $5
), run AS (
    SELECT id, root, status FROM runs
    WHERE id = $1 AND status IN ('pending', 'running', 'waiting', 'paused')
        AND NOT EXISTS (SELECT FROM before)
        AND (SELECT count(*) FROM signals WHERE run = $1 AND path IS NULL) < {MOST}
    FOR NO KEY UPDATE
), sent AS (
    INSERT INTO signals (run, name, data, sent_by, request_key)
    SELECT id, $2, $3::json, $4, $5 FROM run
    ON CONFLICT (run, sent_by, request_key) DO NOTHING RETURNING run
), moved AS (
    UPDATE runs r SET stirs = r.stirs + 1,
        status = CASE r.status WHEN 'waiting' THEN 'pending' ELSE r.status END,
        lease_until = CASE r.status WHEN 'waiting' THEN now() ELSE r.lease_until END
    FROM run JOIN sent ON sent.run = run.id WHERE r.id = run.id
), news AS (
    SELECT root, id AS run, 1 AS i, 'signal.sent' AS kind,
           jsonb_build_object('name', $2::text, 'by', $4::text) AS data
    FROM run JOIN sent ON sent.run = run.id
    UNION ALL
    SELECT root, id, 2, 'run.pending', jsonb_build_object('by', $4::text, 'why', 'signal')
    FROM run JOIN sent ON sent.run = run.id WHERE status = 'waiting'
), {TOLD}
SELECT root FROM run JOIN sent ON sent.run = run.id
UNION ALL SELECT root FROM runs, before WHERE id = $1
"""


@dataclass(frozen=True, slots=True)
class NewSignal:
    """What is sent.

    Attributes:
        run: id.
        name: of the signal.
        data: any JSON value.
        by: who sends it.
        key: the same whenever one request is sent again; None when the caller sent none.
        keep: also when no step of the routine waits for it.
    """

    run: str
    name: str
    data: Any
    by: str
    key: str | None = None
    keep: bool = False


class PostgresSignals:
    """Table `signals`: port `Signals`."""

    def __init__(self, database: Database, told: Told = nobody) -> None:
        self._database, self._told = database, told

    async def take(self, awaited: Awaited) -> Signal | int:
        """See the port."""
        step = (awaited.run, awaited.path, awaited.attempt, awaited.name)
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_TAKE, *step)
        if row is None:  # who asks has lost the run, and will find out
            return 0
        return int(row[3]) if row[0] is None else Signal(json.loads(row[0]), row[1], row[2])

    async def send(self, new: NewSignal) -> bool:
        """Whether the run may still take it, and has room for it; or it was sent before."""
        values = (new.run, new.name, json.dumps(new.data), new.by, new.key)
        async with self._database.connection() as connection:
            root = await connection.fetchval(_SEND, *values)
            if root is None and new.key is not None:
                root = await connection.fetchval(_SEND, *values)
        if root is not None:
            self._told((root,))
        return root is not None


class Signalling:
    """For the API of one process, which goes on with the run while it has room."""

    def __init__(
        self, signals: PostgresSignals, views: RunViews, routines: RoutineStore, engine: Engine
    ) -> None:
        self._signals, self._views, self._engine = signals, views, engine
        self._routines = routines

    async def send(self, new: NewSignal) -> str:
        """Keep it for the step that waits for it, or will; with a key that was sent before nothing
        is sent. A warning where no step of the routine waits for it; else empty.

        Raises:
            UnknownName: there is no such run.
            BadSignal: nobody could read what it carries.
            NotAwaited: no step of the routine waits for it, and it is not to be kept.
            Refused: the run has ended, what the signal carries is too large, or too many are kept
                for the run that no step has taken.
        """
        _check(new)
        if len(json.dumps(new.data)) > LARGEST:
            what = f"a signal carries at most {LARGEST} characters of JSON"
            raise Refused(what, where=new.run, next_step="send where the data can be found")
        missed, names = await self._missed(new)
        if missed and not new.keep:
            raise NotAwaited(missed, new, names)
        if not await self._signals.send(new):
            raise _refused(new, (await self._views.get(new.run))["status"])
        self._engine.stir(new.run)
        await self._engine.wake(new.run)
        return f"{missed}; it is kept" if missed else ""

    async def _missed(self, new: NewSignal) -> tuple[str, tuple[str, ...]]:
        """Why no step will take it, and the names that there are. Of a run that has ended, and of a
        routine that only other builds can read, nothing is said.
        """
        run = await self._views.get(new.run)
        if run["status"] in ENDED:
            return "", ()
        stored = await self._routines.get(run["routine"], run["version"])
        try:
            routine = self._engine.parts.read(stored.version, stored.definition)
        except VrooliError:
            return "", ()
        found = awaits(routine)
        return found.missed(new.name), found.names


class NotAwaited(UsageError):
    """No step of the routine waits for a signal of that name.

    Attributes:
        names: those for which steps wait.
    """

    def __init__(self, what: str, new: NewSignal, names: tuple[str, ...]) -> None:
        keep = f"`vrooli run signal {new.run} {new.name} --keep` (`keep` in the API) keeps it"
        one = f"`vrooli run signal {new.run} {names[0]}`, or " if len(names) == 1 else ""
        super().__init__(what, where=new.run, next_step=f"{one}{keep} all the same")
        self.names = names


class BadSignal(UsageError):
    """What it carries can be kept nowhere."""


def _check(new: NewSignal) -> None:
    try:
        storable(new.data, "the data of the signal")
    except StepFailed as error:
        raise BadSignal(error.what, where=new.run, next_step="correct the data") from error


def _refused(new: NewSignal, status: str) -> Refused:
    if status in ENDED:
        advice = f"`vrooli run show {new.run}` tells what it came to"
        return Refused(f"the run is {status}", where=new.run, next_step=advice)
    what = f"{MOST} signals wait for steps of the run already"
    return Refused(what, where=new.run, next_step=f"`vrooli run why {new.run}` tells what it does")
