"""Hears what PostgreSQL tells on some channels (NOTIFY): one connection for the whole process."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import asyncpg
import structlog

from vrooli.server.database import FOREIGN, translate

NAME = "vrooli-listen"
"""Under which PostgreSQL lists the connection."""

CONNECT_SECONDS = 5.0
PING_SECONDS = 10.0
"""A peer that is gone without a word is noticed after two of them."""

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0
"""Seconds between two tries to connect."""

Heard = Callable[[str], None]
"""Takes what is told. Empty: anything may have been, and nobody here has heard it."""


class Listening:
    """While it is not connected, whoever would hear looks by the clock; nothing else is lost.

    Args:
        dsn: of the database.
        heard: by the name of a channel, who takes each payload, and an empty one after each
            connecting.

    Attributes:
        connected: it hears.
    """

    def __init__(self, dsn: str, heard: Mapping[str, Heard]) -> None:
        self._dsn, self._heard = dsn, dict(heard)
        self._log = structlog.get_logger("vrooli.server.listening")
        self._pause, self._said = FIRST_PAUSE, ""
        self.connected = False

    async def run(self) -> None:
        """For ever: 1. connect; 2. hand on each payload; 3. when the connection ends, begin
        anew.
        """
        while True:
            try:
                await self._to_its_end()
            except FOREIGN as error:
                self._say(translate(error).what)
            except Exception as error:  # noqa: BLE001 -- a driver's defect must not make us deaf for ever
                self._say(repr(error))
            finally:
                self.connected = False
            await asyncio.sleep(self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)

    async def _to_its_end(self) -> None:
        connection = await asyncpg.connect(
            self._dsn,
            timeout=CONNECT_SECONDS,
            command_timeout=PING_SECONDS,
            server_settings={"application_name": NAME},
        )
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        try:
            for channel, heard in self._heard.items():
                await connection.add_listener(channel, partial(_hand_on, heard))
            self._pause = FIRST_PAUSE
            self._say("")
            self.connected = True
            for heard in self._heard.values():
                heard("")  # what was told before, nobody here has heard
            while not await _within(ended, PING_SECONDS):
                await connection.execute("SELECT 1")
        finally:
            connection.terminate()

    def _say(self, trouble: str) -> None:
        """An outage is told once, and so is its end."""
        if trouble and trouble != self._said:
            self._log.warning("PostgreSQL tells nothing, looking by the clock", reason=trouble)
        elif self._said and not trouble:
            self._log.info("PostgreSQL tells again")
        self._said = trouble


def _hand_on(heard: Heard, connection: Any, pid: int, channel: str, payload: str) -> None:
    heard(payload)


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Whether it is set within so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
