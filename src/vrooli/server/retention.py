"""How long the PostgreSQL copy is kept, and the job that really deletes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from vrooli.core.errors import VrooliError
from vrooli.server.database import Database

BATCH_ROWS = 5000
"""Small enough that one delete holds its locks for milliseconds and never floods the WAL."""
PAUSE_SECONDS = 0.05
INTERVAL_SECONDS = 3600.0
LOCK_KEY = 0x76726F6F_72657465
"""Advisory lock ("vroo" "rete"): one server deletes, the others pass."""

_DELETE = """
DELETE FROM history WHERE ctid = ANY (ARRAY(
  SELECT ctid FROM history
  WHERE kind = $1
    AND (at < now() - $2::interval OR (at > now() AND received_at < now() - $2::interval))
  LIMIT $3))
"""
# The second arm catches rows of hosts whose clock ran ahead: they expire by the time we received
# them.


async def again_and_again(
    sweep: Callable[[], Awaitable[None]], interval: float, log: structlog.stdlib.BoundLogger
) -> None:
    """Sweep every `interval` seconds, for ever. One that fails is told and made again."""
    while True:
        try:
            await sweep()
        except VrooliError as error:
            log.warning("retention failed, trying again later", reason=error.what)
        await asyncio.sleep(interval)


@dataclass(frozen=True, slots=True)
class Retention:
    """Age at which rows of a kind go."""

    kind: str
    age: timedelta


RETENTIONS = (
    Retention("result", timedelta(days=30)),
    Retention("transition", timedelta(days=365)),
    Retention("heal", timedelta(days=365)),
    Retention("event", timedelta(days=365)),
)


class HistoryRetention:
    """Deletes what is too old, in batches, on one server at a time."""

    def __init__(
        self, database: Database, interval: float = INTERVAL_SECONDS, batch: int = BATCH_ROWS
    ) -> None:
        self._database = database
        self._interval = interval
        self._batch = batch
        self._log = structlog.get_logger("vrooli.server.retention")

    async def run(self) -> None:
        """For ever: 1. sweep, 2. say what went, 3. sleep `interval` seconds. A failed sweep is
        tried again next time.
        """

        async def sweep() -> None:
            if deleted := await self.sweep():
                self._log.info("old history deleted", rows=deleted)

        await again_and_again(sweep, self._interval, self._log)

    async def sweep(self) -> int:
        """Delete everything that is due; rows deleted, 0 when another server is at it."""
        deleted = 0
        for retention in RETENTIONS:
            while count := await self._delete_batch(retention):
                deleted += count
                await asyncio.sleep(PAUSE_SECONDS)  # let the queries of users in between
        return deleted

    async def _delete_batch(self, retention: Retention) -> int:
        # The lock lives as long as the transaction, so a server that dies in the middle never keeps
        # it.
        async with self._database.connection() as connection, connection.transaction():
            if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", LOCK_KEY):
                return 0
            tag: Any = await connection.execute(_DELETE, retention.kind, retention.age, self._batch)
            return int(tag.rsplit(" ", 1)[1])
