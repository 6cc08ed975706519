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
_PLACE = "SELECT root, status FROM runs WHERE id = $1"


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


def _event(row: Any) -> Event:
    seq, run, at, kind, data = row[0], row[1], row[2], row[3], json.loads(row[4])
    told = {"seq": seq, "run": run, "at": at, "kind": kind, **data}
    return Event(seq, run, at, kind, json.dumps(told, ensure_ascii=False, separators=(",", ":")))
