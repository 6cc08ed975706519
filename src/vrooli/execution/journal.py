"""The journal of a run in PostgreSQL."""

import json
from typing import Any

from vrooli.core.ports.database import Database
from vrooli.execution.batcher import Batcher
from vrooli.flow.entries import Begun, Entry, Failure, Finished
from vrooli.flow.journal import Written

_READ = """
SELECT path, attempt, type, status, arguments::text, output::text, failure::text,
       extract(epoch FROM coalesce(ended_at, begun_at))::float8
FROM steps WHERE run = $1 ORDER BY n
"""


class PostgresJournal:
    """See `flow.journal.Journal`."""

    def __init__(self, database: Database, batcher: Batcher, run: str, fence: int) -> None:
        self._database, self._batcher = database, batcher
        self._run, self._fence = run, fence

    async def read(self) -> list[Entry]:
        """See the port."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_READ, self._run)
        return [_entry(*row) for row in rows]

    async def write(self, entry: Entry) -> Written:
        """See the port."""
        return await self._batcher.write(self._run, self._fence, entry)


def _entry(path: str, attempt: int, kind: str, status: str, *rest: Any) -> Entry:
    arguments, output, failure, at = rest
    if status == "begun":
        return Begun(path, attempt, kind, json.loads(arguments), at)
    if status == "failed":
        return Finished(path, attempt, kind, None, Failure(**json.loads(failure)), at)
    return Finished(path, attempt, kind, json.loads(output), None, at)
