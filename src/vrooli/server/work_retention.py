"""How long what the work leaves behind is kept: runs with their steps and events, the files that
steps wrote, large outputs; and the job that really removes them.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import structlog

from vrooli.core.errors import VrooliError
from vrooli.core.ports.workspaces import Workspaces
from vrooli.server.database import Database
from vrooli.server.retention import INTERVAL_SECONDS, PAUSE_SECONDS, again_and_again

MOST_TREES = 50
MOST_EVENTS = 20_000
"""Trees that go with one statement, and events of theirs: about as many steps go with them. At
least one tree goes, however large it is.
"""

DELETE_SECONDS = 120.0
"""For one statement: a single run may have a million steps."""

FIRST_SECONDS = 60.0
"""Before the first sweep: the tables may have to be made."""

FOLDERS = 1000
"""Folders of runs that are compared with the table at once."""

GRACE = timedelta(hours=1)
"""How long a large output stays when nobody refers to it: who has just stored it is about to."""

LOCK_KEY = 0x76726F6F_776F726B
"""Advisory lock ("vroo" "work"): one server deletes, the others pass."""

_DELETE = """
WITH due AS (
    SELECT t.root, t.seq, r.ended_at FROM runs r JOIN run_trees t ON t.root = r.id
    WHERE r.status = $1 AND r.ended_at < now() - $2::interval
        AND NOT EXISTS (
            SELECT FROM runs m WHERE m.root = t.root
            AND (m.status NOT IN ('completed', 'failed', 'cancelled')
                 OR m.ended_at >= now() - $2::interval))
    ORDER BY r.ended_at LIMIT $3
), picked AS (
    SELECT root FROM (
        SELECT root, sum(seq) OVER (ORDER BY ended_at, root) - seq AS before FROM due
    ) AS counted WHERE before < $4
), used AS (
    UPDATE artifacts SET used_at = now() WHERE sha256 IN (
        SELECT u.sha256 FROM picked JOIN runs r USING (root) JOIN artifact_uses u ON u.run = r.id)
), gone AS (
    DELETE FROM runs r USING picked
    WHERE r.root = picked.root AND r.status IN ('completed', 'failed', 'cancelled') RETURNING r.id
), trees AS (
    DELETE FROM run_trees t USING picked WHERE t.root = picked.root
)
SELECT count(*) FROM gone
"""
# A run that is taken up again meanwhile is not deleted; its tree then cannot be either, so that the
# whole statement fails, and the next sweep finds what is due then. Steps and events go with the
# rows that they belong to. Large outputs stay for their grace: a copy of a run that is being made
# may refer to them in a moment.

_ORPHANS = """
DELETE FROM artifacts WHERE sha256 IN (
    SELECT a.sha256 FROM artifacts a
    WHERE a.used_at < now() - $1::interval
        AND NOT EXISTS (SELECT FROM artifact_uses u WHERE u.sha256 = a.sha256)
    LIMIT $2)
    AND used_at < now() - $1::interval
"""

_GONE = """
SELECT f.id FROM unnest($1::text[]) AS f(id)
WHERE NOT EXISTS (SELECT FROM runs r WHERE r.id = f.id)
"""


@dataclass(frozen=True, slots=True)
class KeepRuns:
    """How long runs are kept after their end; None for ever.

    Attributes:
        completed: those that did what they should.
        failed: those that did not.
        cancelled: those that somebody ended.
    """

    completed: timedelta | None = timedelta(days=30)
    failed: timedelta | None = timedelta(days=90)
    cancelled: timedelta | None = timedelta(days=30)

    def ages(self) -> list[tuple[str, timedelta]]:
        """By status, without those that are kept for ever."""
        found = {"completed": self.completed, "failed": self.failed, "cancelled": self.cancelled}
        return [(status, age) for status, age in found.items() if age is not None]


@dataclass(frozen=True, slots=True)
class Swept:
    """What one sweep removed, and what it could not.

    Attributes:
        runs: with their steps and events.
        folders: of files of runs that are gone.
        artifacts: that nobody referred to.
        failures: what failed and why, one line each.
    """

    runs: int
    folders: int
    artifacts: int
    failures: tuple[str, ...]


class WorkRetention:
    """Removes what is too old, in batches. Rows go by one server at a time; each removes the files
    on its own machine.
    """

    def __init__(
        self,
        database: Database,
        workspaces: Workspaces,
        keep: KeepRuns,
        interval: float = INTERVAL_SECONDS,
        grace: timedelta = GRACE,
    ) -> None:
        self._database, self._workspaces, self._keep = database, workspaces, keep
        self._interval, self._grace = interval, grace
        self._log = structlog.get_logger("vrooli.server.retention")

    async def run(self) -> None:
        """For ever: sweep, say what went and what failed, sleep `interval` seconds."""
        await asyncio.sleep(min(self._interval, FIRST_SECONDS))

        async def sweep() -> None:
            swept = await self.sweep()
            if swept.runs or swept.folders or swept.artifacts:
                counts = {"runs": swept.runs, "folders": swept.folders, "outputs": swept.artifacts}
                self._log.info("old runs removed", **counts)
            for reason in swept.failures:
                self._log.warning("not removed, trying again later", reason=reason)

        await again_and_again(sweep, self._interval, self._log)

    async def sweep(self) -> Swept:
        """Remove everything that is due: 1. runs, 2. folders whose run is gone, 3. large outputs
        that nobody refers to. What fails keeps nothing else from going.
        """
        failures: list[str] = []
        runs = 0
        for status, age in self._keep.ages():
            runs += await self._part(f"{status} runs", partial(self._runs, status, age), failures)
        folders = await self._part("files", partial(self._folders, failures), failures)
        artifacts = await self._part("large outputs", self._artifacts, failures)
        return Swept(runs, folders, artifacts, tuple(failures))

    async def _part(
        self, name: str, work: Callable[[], Awaitable[int]], failures: list[str]
    ) -> int:
        try:
            return await work()
        except VrooliError as error:
            failures.append(f"{name}: {error.what}")
            return 0

    async def _runs(self, status: str, age: timedelta) -> int:
        values = (status, age, MOST_TREES, MOST_EVENTS)

        async def delete(connection: Any) -> int:
            return int(await connection.fetchval(_DELETE, *values, timeout=DELETE_SECONDS))

        return await self._in_batches(delete)

    async def _artifacts(self) -> int:
        async def delete(connection: Any) -> int:
            tag = await connection.execute(_ORPHANS, self._grace, MOST_TREES)
            return int(tag.rsplit(" ", 1)[1])

        return await self._in_batches(delete)

    async def _in_batches(self, delete: Callable[[Any], Awaitable[int]]) -> int:
        total = 0
        while True:
            async with (
                self._database.connection(DELETE_SECONDS) as connection,
                connection.transaction(),
            ):
                # It lives as long as the transaction: a server that dies never keeps it.
                lock = "SELECT pg_try_advisory_xact_lock($1)"
                count = await delete(connection) if await connection.fetchval(lock, LOCK_KEY) else 0
            if not count:
                return total
            total += count
            await asyncio.sleep(PAUSE_SECONDS)  # let the work in between

    async def _folders(self, failures: list[str]) -> int:
        """Those that nobody has touched for as long as the shortest-lived run is kept: a server
        that was pointed at another database for a while must not take all files for orphans.
        """
        ages = [age for _, age in self._keep.ages()]
        if not ages:
            return 0
        since = time.time() - min(ages).total_seconds()
        old, removed = await self._workspaces.untouched(since), 0
        for first in range(0, len(old), FOLDERS):
            for run in await self._gone(old[first : first + FOLDERS]):
                try:
                    await self._workspaces.remove(run)
                    removed += 1
                except VrooliError as error:
                    failures.append(f"files of run {run}: {error.what}")
        return removed

    async def _gone(self, runs: list[str]) -> list[str]:
        async with self._database.connection() as connection:
            return [row[0] for row in await connection.fetch(_GONE, runs)]
