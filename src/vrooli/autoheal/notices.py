"""Port `vrooli.notify.store.Store` on the spool: a table of its own in the watchdog's SQLite."""

import json
import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any

from vrooli.autoheal.history import History
from vrooli.notify.store import Document

_COLUMNS = "kind, id, live, at, data"
_PUT = (
    f"INSERT INTO notices({_COLUMNS}) VALUES (?, ?, ?, ?, ?) ON CONFLICT(kind, id)"
    " DO UPDATE SET live = excluded.live, at = excluded.at, data = excluded.data"
)


class SpoolStore:
    """See the port. When a damaged spool was set aside, all that is unfinished is written anew."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._live: dict[tuple[str, str], Document] = {}
        self._generation = history.generation

    async def live(self) -> Sequence[Document]:
        """See the port."""
        query = f"SELECT {_COLUMNS} FROM notices WHERE live ORDER BY seq"
        found = await self._select(query, ())
        self._live = {(one.kind, one.id): one for one in found}
        self._generation = self._history.generation
        return found

    async def find(self, kind: str, id: str) -> Document | None:
        """See the port."""
        query = f"SELECT {_COLUMNS} FROM notices WHERE kind = ? AND id = ?"
        found = await self._select(query, (kind, id))
        return found[0] if found else None

    async def recent(self, kind: str, limit: int) -> Sequence[Document]:
        """See the port."""
        query = f"SELECT {_COLUMNS} FROM notices WHERE kind = ? ORDER BY seq DESC LIMIT ?"
        return await self._select(query, (kind, limit))

    async def write(self, documents: Sequence[Document]) -> None:
        """See the port."""
        rows = [_row(one) for one in documents]
        if self._history.generation != self._generation:
            rows = [*map(_row, self._live.values()), *rows]
            self._generation = self._history.generation
        for one in documents:
            if one.live:
                self._live[one.kind, one.id] = one
            else:
                self._live.pop((one.kind, one.id), None)
        await self._history.change(partial(_put, rows))

    async def purge(self, before: float) -> int:
        """See the port."""
        return await self._history.run(partial(_purge, before))

    async def _select(self, query: str, values: tuple[Any, ...]) -> list[Document]:
        def work(connection: sqlite3.Connection) -> list[Document]:
            return [_document(row) for row in connection.execute(query, values)]

        return await self._history.read(work)


def _row(document: Document) -> tuple[str, str, int, float, str]:
    return (document.kind, document.id, document.live, document.at, json.dumps(document.data))


def _document(row: tuple[str, str, int, float, str]) -> Document:
    kind, key, live, at, data = row
    return Document(kind, key, bool(live), at, json.loads(data))


def _put(rows: Sequence[tuple[Any, ...]], connection: sqlite3.Connection) -> None:
    connection.executemany(_PUT, rows)


def _purge(before: float, connection: sqlite3.Connection) -> int:
    return connection.execute("DELETE FROM notices WHERE NOT live AND at < ?", (before,)).rowcount
