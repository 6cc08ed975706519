"""Hears by LISTEN what other processes tell about runs; looks itself for what nobody told."""

import asyncio
import logging
from typing import Any

import asyncpg

from vrooli.core.errors import VrooliError
from vrooli.execution.live import texts
from vrooli.execution.live.live import Live
from vrooli.execution.live.news import CHANNEL, understood
from vrooli.server.database import FOREIGN, translate

NAME = "vrooli-listen"
"""Under which PostgreSQL lists the connection."""

CONNECT_SECONDS = 5.0
PING_SECONDS = 10.0
"""A peer that is gone without a word is noticed after two of them."""

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
SURE, UNSURE = 2.0, 0.25
"""Seconds between two looks while the connection stands, and while it does not."""

_log = logging.getLogger(__name__)


class NewsListening:
    """One connection for the whole process. Its loss slows live views down, and nothing else."""

    def __init__(self, dsn: str, owner: str, live: Live) -> None:
        self._dsn, self._owner, self._live = dsn, owner, live
        self._connected = False

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._look())

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(SURE if self._connected else UNSURE)
            try:
                await self._live.look()
            except VrooliError:
                pass  # whoever waits learns it when PostgreSQL is back
            except Exception:  # noqa: BLE001 -- without this look, what is lost on the way stays lost
                _log.exception("live views go on")

    async def _listen(self) -> None:
        pause, said = FIRST_PAUSE, ""
        while True:
            try:
                await self._to_its_end()
                pause, said = FIRST_PAUSE, ""
            except FOREIGN as error:
                trouble = translate(error).what
                if trouble != said:  # an outage is told once
                    _log.warning("news of other processes come late: %s", trouble)
                said = trouble
            except Exception:  # noqa: BLE001 -- a driver's defect must not make live views slow for ever
                _log.exception("news of other processes come late")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _to_its_end(self) -> None:
        """Connect, and listen for as long as the connection stands."""
        connection = await asyncpg.connect(
            self._dsn,
            timeout=CONNECT_SECONDS,
            command_timeout=PING_SECONDS,
            server_settings={"application_name": NAME},
        )
        ended = asyncio.Event()
        connection.add_termination_listener(lambda _: ended.set())
        try:
            await connection.add_listener(CHANNEL, self._heard)
            await connection.add_listener(texts.CHANNEL, self._said)
            self._connected = True
            self._live.heard_of_any()  # what was told before, nobody here has heard
            while not await _within(ended, PING_SECONDS):
                await connection.execute("SELECT 1")
        finally:
            self._connected = False
            connection.terminate()

    def _heard(self, connection: Any, pid: int, channel: str, notice: str) -> None:
        owner, roots = understood(notice)
        if roots is None:
            self._live.heard_of_any()
        elif owner != self._owner:  # its own readers were told at once
            self._live.heard(tuple(roots))

    def _said(self, connection: Any, pid: int, channel: str, notice: str) -> None:
        owner, root, text = texts.understood(notice)
        if owner != self._owner:  # likewise
            self._live.said(root, text)


async def _within(event: asyncio.Event, seconds: float) -> bool:
    """Whether it is set within so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            return await event.wait()
    except TimeoutError:
        return False
