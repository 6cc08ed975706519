"""The journal of a run in PostgreSQL."""

import json
from dataclasses import replace

from vrooli.core.ports.database import Database
from vrooli.execution.artifacts import Artifacts
from vrooli.execution.batcher import Batcher
from vrooli.flow.entries import Entry, Finished
from vrooli.flow.journal import Written
from vrooli.flow.stored import Stored, stored

_READ = """
SELECT path, attempt, type, status, arguments::text, output::text, failure::text,
       extract(epoch FROM coalesce(ended_at, begun_at))::float8
FROM steps WHERE run = $1 ORDER BY n
"""


class PostgresJournal:
    """See `flow.journal.Journal`."""

    def __init__(self, database: Database, batcher: Batcher, run: str, fence: int) -> None:
        self._database, self._batcher = database, batcher
        self._artifacts = Artifacts(database)
        self._run, self._fence = run, fence

    async def read(self) -> list[Entry]:
        """See the port."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_READ, self._run)
        found = [Stored(*row) for row in rows]
        return [(await self._whole(one)).entry() for one in found]

    async def write(self, entry: Entry) -> Written:
        """See the port."""
        return await self._batcher.write(self._run, self._fence, await self._small(entry))

    async def _whole(self, one: Stored) -> Stored:
        return replace(one, output=await self._artifacts.behind(one.output))

    async def _small(self, entry: Entry) -> Entry:
        """With a reference in the place of a large output: a batch must stay small."""
        if not isinstance(entry, Finished) or isinstance(entry.output, int | float | None):
            return entry
        text = stored(entry).output
        if text is None or (instead := await self._artifacts.instead(text)) is text:
            return entry
        return replace(entry, output=json.loads(instead))
