"""Old rows really go, by kind, in batches, from one server at a time."""

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest

from tests.support.waiting import eventually
from vrooli.main.migrate import migrate
from vrooli.server.database import Database
from vrooli.server.retention import LOCK_KEY, HistoryRetention

_INSERT = """
INSERT INTO history (host, boot, seq, at, kind, subject, received_at)
SELECT 'h', $1, n, now() - $2 * interval '1 day', $3, 's', now() - $4 * interval '1 day'
FROM generate_series(1, $5) AS n
"""


@pytest.fixture
async def database(dsn: str) -> AsyncIterator[Database]:
    """A migrated database."""
    database = Database(dsn)
    yield database
    await database.close()


async def insert(database: Database, boot: str, days: float, kind: str, received: float) -> None:
    """25 rows of a kind, so and so many days old."""
    async with database.connection() as connection:
        await connection.execute(_INSERT, boot, days, kind, received, 25)


async def kept(database: Database) -> set[str]:
    """Which groups have rows."""
    async with database.connection() as connection:
        rows = await connection.fetch("SELECT boot, count(*) AS n FROM history GROUP BY boot")
    assert {row["n"] for row in rows} <= {25}
    return {row["boot"] for row in rows}


async def test_results_stay_30_days_the_rest_a_year(database: Database) -> None:
    groups = {
        "result-29": (29, "result", 29),
        "result-31": (31, "result", 31),
        "result-future-new": (-4000, "result", 1),
        "result-future-old": (-4000, "result", 31),
        "heal-364": (364, "heal", 364),
        "heal-366": (366, "heal", 366),
        "transition-31": (31, "transition", 31),
        "transition-366": (366, "transition", 366),
        "event-364": (364, "event", 364),
        "event-366": (366, "event", 366),
    }
    for boot, (days, kind, received) in groups.items():
        await insert(database, boot, days, kind, received)
    assert await HistoryRetention(database, batch=10).sweep() == 5 * 25
    assert await kept(database) == {
        *("result-29", "result-future-new", "heal-364", "transition-31", "event-364")
    }


async def test_while_another_server_deletes_this_one_passes(database: Database, dsn: str) -> None:
    await insert(database, "old", 31, "result", 31)
    other = await asyncpg.connect(dsn)
    try:
        await other.execute("SELECT pg_advisory_lock($1)", LOCK_KEY)
        assert await HistoryRetention(database).sweep() == 0
    finally:
        await other.close()
    await eventually(HistoryRetention(database).sweep, "the lock of the closed connection is free")
    assert await kept(database) == set()


async def test_the_job_sweeps_again_and_again_and_outlives_failures(empty_dsn: str) -> None:
    database = Database(empty_dsn)
    job = asyncio.create_task(HistoryRetention(database, interval=0.05).run())
    try:
        await asyncio.sleep(0.2)  # sweeps that fail: there is no table yet
        assert not job.done()
        await asyncio.to_thread(migrate, empty_dsn)
        for round_number in range(2):
            await insert(database, f"old-{round_number}", 31, "result", 31)
            await eventually(lambda: none_left(database), "the old rows are gone")
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
        await database.close()


async def none_left(database: Database) -> bool:
    """Whether all rows are gone."""
    return not await kept(database)
