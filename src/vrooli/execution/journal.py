"""The journal of a run in PostgreSQL."""

from dataclasses import replace

from vrooli.core.ports.database import Database
from vrooli.execution.artifacts import Artifacts, reference_in
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

# Before the end of the attempt itself: no crash in between may hide it from those who look.
_NOTE = """
INSERT INTO unknown_effects (run, path, attempt) SELECT $1, $2, $3
WHERE EXISTS (SELECT FROM runs WHERE id = $1) ON CONFLICT DO NOTHING
"""
UNKNOWN = "unknown-effect"


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
        self, database: Database, batcher: Batcher, run: str, fence: int, fresh: bool = False
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
        return [(await self._whole(Stored(*row[:8]))).entry() for row in rows]

    async def write(self, entry: Entry) -> Written:
        """See the port."""
        row = stored(entry)
        if row.output is not None:
            row = replace(row, output=await self._artifacts.instead(self._run, row.output))
        elif isinstance(entry, Finished) and entry.failure and entry.failure.kind == UNKNOWN:
            async with self._database.connection() as connection:
                await connection.execute(_NOTE, self._run, row.path, row.attempt)
        return await self._batcher.write(self._run, self._fence, entry, row)

    async def _whole(self, one: Stored) -> Stored:
        if reference_in(one.output) is None:
            return one
        return replace(one, output=await self._artifacts.behind(self._run, one.output))
