"""Events of trees of runs in PostgreSQL: each tree numbers its own, without a gap."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from vrooli.core.ports.database import Database
from vrooli.execution.runs.views import unknown_run

_COLUMNS = "SELECT seq, run, extract(epoch FROM at)::float8, kind, data::text FROM run_events"
_AFTER = f"{_COLUMNS} WHERE root = $1 AND seq > $2 ORDER BY seq LIMIT $3"
_LATEST = f"{_COLUMNS} WHERE root = $1 ORDER BY seq DESC LIMIT $2"
_SEQS = "SELECT root, seq FROM run_trees WHERE root = ANY ($1::text[])"
_ACTIVE = """
SELECT root, seq FROM run_trees WHERE root IN (
    SELECT root FROM runs WHERE status IN ('pending', 'running', 'waiting', 'paused')
    UNION ALL
    SELECT root FROM runs WHERE created_at >= now() - make_interval(secs => $1)
)
"""
_FIRST_SINCE = """
SELECT coalesce(
    (SELECT 0 FROM runs WHERE id = $1 AND created_at >= to_timestamp($2)),
    (SELECT min(seq) - 1 FROM run_events WHERE root = $1 AND at >= to_timestamp($2)),
    (SELECT seq FROM run_trees WHERE root = $1),
    0
)
"""
_PLACE = "SELECT root, status FROM runs WHERE id = $1"

MARGIN = 15.0
"""Seconds that a statement may take: what is created in one is seen only at its end."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a tree.

    Attributes:
        seq: its number there, from 1.
        run: where in the tree.
        at: unix seconds.
        kind: what, like `step.completed`.
        text: all of it as JSON, and what belongs to the kind: made once for all that are told.
    """

    seq: int
    run: str
    at: float
    kind: str
    text: str

    def ends(self, run: str) -> bool:
        """Whether it is the end of `run`."""
        return self.run == run and self.kind in _ENDS


ENDED = ("completed", "failed", "cancelled")
"""Statuses of a run that change no more by themselves."""

_ENDS = tuple(f"run.{status}" for status in ENDED)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run stands.

    Attributes:
        root: first run of its tree.
        status: of the run itself.
    """

    root: str
    status: str

    @property
    def ended(self) -> bool:
        """Whether nothing more happens in it by itself."""
        return self.status in ENDED


class EventStore:
    """Reads table `run_events`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def place(self, run: str) -> Place:
        """Where it stands.

        Raises:
            UnknownName: there is no such run.
        """
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_PLACE, run)
        if row is None:
            raise unknown_run(run)
        return Place(row[0], row[1])

    async def after(self, root: str, seq: int, limit: int) -> list[Event]:
        """What follows number `seq`, at most so many."""
        async with self._database.connection() as connection:
            return [_event(row) for row in await connection.fetch(_AFTER, root, seq, limit)]

    async def latest(self, root: str, limit: int) -> list[Event]:
        """The last ones, in their order."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_LATEST, root, limit)
        return [_event(row) for row in reversed(rows)]

    async def seqs(self, roots: Collection[str]) -> dict[str, int]:
        """The number of the last event of each of these trees."""
        async with self._database.connection() as connection:
            return {row[0]: row[1] for row in await connection.fetch(_SEQS, list(roots))}

    async def active(self, seconds: float) -> tuple[float, dict[str, int]]:
        """The time of the database in unix seconds, and the number of the last event of each tree
        in which something goes on, or that began in the last `seconds`.
        """
        async with self._database.connection() as connection:
            now = await connection.fetchval("SELECT extract(epoch FROM now())::float8")
            return now, {row[0]: row[1] for row in await connection.fetch(_ACTIVE, seconds)}

    async def first_since(self, root: str, since: float) -> int:
        """The number after which a tree goes on for those who follow it since that time."""
        async with self._database.connection() as connection:
            return int(await connection.fetchval(_FIRST_SINCE, root, since - MARGIN))


def _event(row: Any) -> Event:
    seq, run, at, kind, data = row[0], row[1], row[2], row[3], json.loads(row[4])
    told = {"seq": seq, "run": run, "at": at, "kind": kind, **data}
    return Event(seq, run, at, kind, json.dumps(told, ensure_ascii=False, separators=(",", ":")))
