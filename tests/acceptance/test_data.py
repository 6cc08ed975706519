"""Nothing acknowledged is lost: PostgreSQL killed while it writes, history through outages."""

import asyncio
import os
import signal

import asyncpg
import pytest

from tests.support.history_copy import connect, until_copied
from tests.support.stack import LiveStack, gone

CONNECTION_LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


@pytest.fixture
def database(stack: LiveStack) -> LiveStack:
    """PostgreSQL and the server, up."""
    stack.with_postgres_and_server()
    stack.write()
    stack.up()
    return stack


async def test_every_acknowledged_row_survives_a_kill_in_the_middle_of_writing(
    database: LiveStack,
) -> None:
    acknowledged: list[int] = []
    enough = asyncio.Event()
    writer = asyncio.create_task(_write(database, acknowledged, enough))
    await asyncio.to_thread(_grown, database, acknowledged, 200)
    database.kill("postgres")
    before = len(acknowledged)
    await asyncio.to_thread(database.until_healed, "postgres")
    await asyncio.to_thread(_grown, database, acknowledged, before + 50)
    enough.set()
    await writer
    connection = await connect(database)
    rows = await connection.fetch("SELECT number FROM kept ORDER BY number")
    await connection.close()
    assert set(acknowledged) <= {row["number"] for row in rows}
    assert database.outcomes("postgres") == ["healed"]
    assert database.heals("server") == []


async def test_a_killed_or_stopped_backend_is_no_reason_to_restart_anything(
    database: LiveStack,
) -> None:
    before = database.pids("postgres", "server", "autoheal")
    stopped, killed = await connect(database), await connect(database)
    pids = [await c.fetchval("SELECT pg_backend_pid()") for c in (stopped, killed)]
    os.kill(pids[0], signal.SIGSTOP)
    await asyncio.sleep(3)
    assert await asyncio.to_thread(database.outcomes, "postgres") == []
    os.kill(pids[0], signal.SIGCONT)
    os.kill(pids[1], signal.SIGKILL)  # PostgreSQL restarts its own children after that
    await asyncio.to_thread(database.until, lambda: gone(pids[1]), "it is gone")
    await asyncio.to_thread(database.until_ok)
    await asyncio.sleep(2)
    await asyncio.to_thread(database.until_ok)
    for connection in (stopped, killed):
        connection.terminate()
    assert database.pids("postgres", "server", "autoheal") == before
    assert database.heals() == []


async def test_history_has_no_gap_and_no_duplicate_after_an_outage(database: LiveStack) -> None:
    database.add("web")
    database.write()
    database.up()
    assert database.run("stop", "postgres").returncode == 0
    database.kill("web")
    database.until(lambda: "healed" in database.outcomes("web"), "web is back")
    database.kill("autoheal")
    database.until(lambda: "healed" in database.outcomes("autoheal"), "the watchdog is back")
    assert database.run("start", "postgres", "server").returncode == 0
    database.kill("server")
    database.until_healed("server")
    database.until(lambda: _unshipped(database) < 50, "the backlog is shipped")
    await until_copied(database)


def _unshipped(stack: LiveStack) -> float:
    seen = stack.seen()
    return float("inf") if seen is None else float(seen["watchdog"]["unshipped"])


def _grown(stack: LiveStack, acknowledged: list[int], size: int) -> None:
    stack.until(lambda: len(acknowledged) > size, f"{size} rows")


async def _write(stack: LiveStack, acknowledged: list[int], enough: asyncio.Event) -> None:
    """Insert numbers, one transaction each, through every loss of the connection."""
    connection = await connect(stack)
    await connection.execute("CREATE TABLE kept (number bigint)")
    number = 0
    while not enough.is_set():
        number += 1
        try:
            if connection is None:
                connection = await connect(stack)
            await connection.execute("INSERT INTO kept VALUES ($1)", number, timeout=5)
            acknowledged.append(number)
        except CONNECTION_LOST:
            connection = None
            await asyncio.sleep(0.05)
    await connection.close()
