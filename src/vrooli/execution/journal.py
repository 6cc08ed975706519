"""The journal of a run in PostgreSQL."""

import json
from dataclasses import replace

from vrooli.core.ports.database import Database
from vrooli.execution.artifacts import Artifacts
from vrooli.execution.batcher import Batcher
from vrooli.flow.entries import Entry, Finished, Told
from vrooli.flow.journal import Written
from vrooli.flow.stored import Stored, stored

_READ = """
SELECT path, attempt, type, status, arguments::text, output::text, failure::text,
       extract(epoch FROM coalesce(ended_at, begun_at))::float8, n
FROM steps WHERE run = $1
UNION ALL
SELECT path, attempt, '', 'again', NULL, NULL, NULL, extract(epoch FROM at)::float8, n
FROM retries WHERE run = $1
ORDER BY n
"""


class PostgresJournal:
    """See `flow.journal.Journal`.

    Args:
        database: where it is.
        batcher: what writes it.
        run: whose it is.
        fence: that of its owner.
        fresh: nobody has written it yet, so that it need not be read at first.
    """

    def __init__(
        self, database: Database, batcher: Batcher, run: str, fence: int, *, fresh: bool = False
    ) -> None:
        self._database, self._batcher = database, batcher
        self._artifacts = Artifacts(database)
        self._run, self._fence, self._fresh = run, fence, fresh

    async def read(self) -> list[Told]:
        """See the port."""
        if self._fresh:
            self._fresh = False
            return []
        async with self._database.connection() as connection:
            rows = await connection.fetch(_READ, self._run)
        found = [Stored(*row[:8]) for row in rows]
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
