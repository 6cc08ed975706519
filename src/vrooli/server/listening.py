"""Hears what PostgreSQL tells on a channel (NOTIFY), on a connection of its own."""

import asyncio
from collections.abc import Callable

import asyncpg
import structlog

from vrooli.core.errors import DeadlineExceeded, VrooliError
from vrooli.server.database import CONNECT_SECONDS, translate

PAUSE = 2.0
"""Seconds between two tries to connect."""

ALIVE = 15.0
"""Seconds between two looks whether the peer is still there: a connection that broke without a
word is silent for ever."""


async def listen(dsn: str, channel: str, heard: Callable[[str], None]) -> None:
    """For ever: 1. connect; 2. hand on each payload; 3. when the connection ends, begin anew.

    Args:
        dsn: of the database.
        channel: its name.
        heard: takes each payload, and an empty one after each connecting: something may have been
            missed.
    """
    log, said = structlog.get_logger("vrooli.server.listening"), ""
    while True:
        try:
            await _listen(dsn, channel, heard)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            known: VrooliError = translate(error)
            if isinstance(error, TimeoutError):
                known = DeadlineExceeded("PostgreSQL did not answer in time")
            if known.what != said:  # an outage is told once
                log.warning("not woken up, looking by the clock", reason=known.what)
            said = known.what
        else:
            said = ""
        await asyncio.sleep(PAUSE)


async def _listen(dsn: str, channel: str, heard: Callable[[str], None]) -> None:
    """Until the connection ends."""
    connection = await asyncpg.connect(
        dsn,
        timeout=CONNECT_SECONDS,
        command_timeout=CONNECT_SECONDS,
        server_settings={"application_name": "vrooli-listener"},
    )
    try:
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        await connection.add_listener(channel, lambda *told: heard(str(told[3])))
        heard("")
        while not ended.is_set():
            try:
                async with asyncio.timeout(ALIVE):
                    await ended.wait()
            except TimeoutError:
                await connection.fetchval("SELECT 1")
    finally:
        connection.terminate()
