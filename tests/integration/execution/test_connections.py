"""What one user of a connection leaves behind does not reach the next one."""

import asyncio

import pytest

from tests.support.postgres import Postgres
from vrooli.server.database import Database


async def test_an_open_transaction_ends_with_the_loan(cluster: Postgres) -> None:
    """Also when its user was cancelled in the middle, and although no session is reset."""
    database = Database(cluster.create_database("loans"))
    try:
        async with database.connection() as connection:
            await connection.execute("CREATE TABLE t (n int)")
            first = connection.get_server_pid()
        async with database.connection() as connection:
            assert connection.get_server_pid() == first
            await connection.execute("BEGIN")
            await connection.execute("INSERT INTO t VALUES (1)")

        inside = asyncio.Event()

        async def cancelled() -> None:
            async with database.connection() as connection:
                await connection.execute("BEGIN")
                await connection.execute("INSERT INTO t VALUES (2)")
                inside.set()
                await connection.execute("SELECT pg_sleep(60)")

        task = asyncio.create_task(cancelled())
        await inside.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with database.connection() as connection:
            assert await connection.fetchval("SELECT count(*) FROM t") == 0
            idle = """SELECT count(*) FROM pg_stat_activity
                      WHERE datname = current_database() AND state LIKE 'idle in transaction%'"""
            assert await connection.fetchval(idle) == 0
    finally:
        await database.close()
