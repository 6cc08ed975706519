"""Runs and their steps as clients see them."""

import json
from dataclasses import dataclass
from typing import Any

from vrooli.core.errors import UnknownName
from vrooli.core.ports.database import Database

_RUN = """
SELECT id, root, routine, version, status, owner, inputs::text, output::text, failure::text,
       created_by, extract(epoch FROM created_at)::float8, extract(epoch FROM started_at)::float8,
       extract(epoch FROM ended_at)::float8
FROM runs
"""

_STEPS = """
SELECT path, attempt, type, status, arguments::text, output::text, failure::text,
       extract(epoch FROM begun_at)::float8, extract(epoch FROM ended_at)::float8, n
FROM steps WHERE run = $1 AND n > $2 ORDER BY n LIMIT $3
"""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs to list, newest first.

    Attributes:
        status: one of them; empty means any.
        routine: likewise.
        before: time (unix seconds) and id of the last run of the page before; None for the first.
        limit: runs of a page.
    """

    status: str = ""
    routine: str = ""
    before: tuple[float, str] | None = None
    limit: int = 50


class RunViews:
    """Reads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, run: str) -> dict[str, Any]:
        """One run; `UnknownName` when there is none."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(f"{_RUN} WHERE id = $1", run)
        if row is None:
            raise unknown_run(run)
        return _run(row)

    async def page(self, query: RunFilter) -> list[dict[str, Any]]:
        """At most `query.limit` of them."""
        where, values = ["true"], list[Any]()
        for column in ("status", "routine"):
            if value := getattr(query, column):
                values.append(value)
                where.append(f"{column} = ${len(values)}")
        if query.before:
            values += query.before
            n = len(values)
            where.append(f"(created_at, id) < (to_timestamp(${n - 1}::float8), ${n})")
        values.append(query.limit)
        order = f"ORDER BY created_at DESC, id DESC LIMIT ${len(values)}"
        async with self._database.connection() as connection:
            rows = await connection.fetch(f"{_RUN} WHERE {' AND '.join(where)} {order}", *values)
        return [_run(row) for row in rows]

    async def steps(self, run: str, after: int, limit: int) -> list[dict[str, Any]]:
        """The journal, in its order, from the entry after number `after` on."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_STEPS, run, after, limit)
        if not rows:
            await self.get(run)
        return [_step(row) for row in rows]


def unknown_run(run: str) -> UnknownName:
    """There is none of that id."""
    return UnknownName(f"there is no run `{run}`", run, next_step="look at the list of runs")


def _run(row: Any) -> dict[str, Any]:
    return {
        "id": row[0],
        "root": row[1],
        "routine": row[2],
        "version": row[3],
        "status": row[4],
        "owner": row[5],
        "inputs": json.loads(row[6]),
        "output": _maybe(row[7]),
        "failure": _maybe(row[8]),
        "created_by": row[9],
        "created_at": row[10],
        "started_at": row[11],
        "ended_at": row[12],
    }


def _step(row: Any) -> dict[str, Any]:
    return {
        "path": row[0],
        "attempt": row[1],
        "type": row[2],
        "status": row[3],
        "arguments": _maybe(row[4]),
        "output": _maybe(row[5]),
        "failure": _maybe(row[6]),
        "begun_at": row[7],
        "ended_at": row[8],
        "n": row[9],
    }


def _maybe(text: str | None) -> Any:
    return None if text is None else json.loads(text)
