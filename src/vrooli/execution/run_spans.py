"""Spans of whole runs, told a moment after their end by the process in which they ended."""

import logging
from collections import deque
from typing import Any

from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.database import Database
from vrooli.core.ports.traces import Fact, Told, Traces
from vrooli.execution.meter import NoMeter
from vrooli.execution.runs.children import child_id
from vrooli.execution.tracing import span_of_run, span_of_step, trace_of

MOST = 10_000
"""Runs that may end while PostgreSQL is away; of more the first are not told."""

AT_ONCE = 500

PAUSE = 1.0
"""Seconds between two looks."""

MOST_ATTEMPTS = 100
"""Of the step that started a run."""

_ENDED = """
SELECT r.id, r.root, r.parent, r.parent_path, r.routine, r.status, r.failure->>'kind',
       extract(epoch FROM r.created_at)::float8,
       extract(epoch FROM coalesce(r.started_at, r.ended_at))::float8,
       extract(epoch FROM r.ended_at)::float8, e.data->>'traceparent'
FROM runs r JOIN run_events e ON e.root = r.root AND e.seq = 1
WHERE r.id = ANY ($1::text[]) AND r.ended_at IS NOT NULL
"""

_log = logging.getLogger(__name__)


class RunSpans(NoMeter):
    """Hears of ends as a `Meter` does."""

    def __init__(self, traces: Traces, database: Database, clock: Clock) -> None:
        self._traces, self._database, self._clock = traces, database, clock
        self._ended: deque[str] = deque(maxlen=MOST)

    def ended(self, run: str) -> None:
        """See the port."""
        self._ended.append(run)

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._clock.sleep(PAUSE)
            try:
                await self.tell()
            except VrooliError as error:  # they are told when it is back
                _log.info("spans of runs wait: %s", error)
            except Exception:  # noqa: BLE001 -- else no run would be told of any more
                _log.exception("spans of runs go on")

    async def tell(self) -> None:
        """Those that have ended since."""
        while self._ended:
            ended = list(self._ended)[:AT_ONCE]
            async with self._database.connection() as connection:
                rows = await connection.fetch(_ENDED, ended)
            for _ in ended:
                self._ended.popleft()
            for row in rows:
                self._traces.tell(told(tuple(row)))


def told(row: tuple[Any, ...]) -> Told:
    """The span of a run. A row of the query above."""
    run, root, parent, path, routine, status, failure, created, started, ended, started_by = row
    trace, flags = trace_of(root, started_by)
    above = started_by or ""
    if parent is not None:
        above = f"00-{trace}-{_above(run, parent, path or '')}-{flags}"
    facts: dict[str, Fact] = {
        "vrooli.run.id": run,
        "vrooli.run.root": root,
        "vrooli.routine": routine,
        "vrooli.run.status": status,
        "vrooli.run.queue_seconds": round(started - created, 6),
    }
    why = (failure or status) if status != "completed" else ""
    return Told("run", span_of_run(run), trace, above, started, ended, facts, why)


def _above(run: str, parent: str, path: str) -> str:
    """Of the attempt that started it, which is told by its id."""
    for attempt in range(1, MOST_ATTEMPTS + 1):
        if child_id(parent, path, attempt) == run:
            return span_of_step(parent, path, attempt)
    return span_of_run(parent)
