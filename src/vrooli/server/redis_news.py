"""Carries notices to other processes by a stream of Redis, and hears theirs.

The stream says where to look, as NOTIFY does, and is never the truth: it is short, and whoever is
further behind than it reaches looks at everything that is followed here.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from vrooli.core.errors import VrooliError
from vrooli.execution.live.news import Carrier
from vrooli.server.listening import Heard
from vrooli.server.redis_link import RedisLink

KEPT = 1000
"""Notices in the stream, or some more: Redis cuts whole nodes off."""

PAGE = 200
"""Of one answer. A full one says that we are far behind."""

WAIT = 1.0
"""Seconds for which Redis waits for a notice."""

PATIENCE = WAIT + 2.0
"""Seconds after which a reader takes it for lost."""

PAUSE = 0.2
FIELD = b"n"

Name = Callable[[], Awaitable[str]]
"""Names the database, the same for all that use it and for nobody else."""


class RedisNews:
    """For one process.

    Attributes:
        connected: it hears.
    """

    def __init__(self, link: RedisLink, database: Name) -> None:
        self._link, self._database = link, database
        self.connected = False
        self._log = structlog.get_logger("vrooli.server.news")

    async def carry(self, notice: str) -> None:
        """See the port."""
        key, fields = await self._key(), {FIELD: notice}
        await self._link.ask(lambda redis: redis.xadd(key, fields, maxlen=KEPT, approximate=True))

    async def run(self, heard: Heard) -> None:
        """For ever: 1. wait for Redis; 2. hand on each notice; 3. when it is lost, begin anew.
        `heard` takes an empty one whenever some may have been missed.
        """
        while True:
            await self._link.back()
            try:
                await self._to_its_end(heard)
            except VrooliError:
                pass  # the link has said so, or PostgreSQL is away and nothing is told
            except Exception:  # noqa: BLE001 -- else nothing would be heard by it any more
                self._log.exception("news of runs are heard anew")
            finally:
                self.connected = False
            await asyncio.sleep(PAUSE)

    async def _to_its_end(self, heard: Heard) -> None:
        key = await self._key()
        while True:
            last = await self._newest(key)
            heard("")  # what was told before, nobody here has heard
            self.connected = True
            place: bytes | None = last
            while place is not None:
                place = await self._next(key, place, heard)

    async def _next(self, key: str, last: bytes, heard: Heard) -> bytes | None:
        """Hand on what follows `last`; where we are then, None when only the newest will do."""
        found = await self._link.ask(
            lambda redis: redis.xread({key: last}, count=PAGE, block=int(1000 * WAIT)), PATIENCE
        )
        entries = found[0][1] if found else []
        if len(entries) >= PAGE:
            return None
        if not entries:
            # Emptied, and the clock of Redis turned back: what comes would be before our place.
            return last if _place(await self._newest(key)) >= _place(last) else None
        for _, fields in entries:
            heard((fields or {}).get(FIELD, b"").decode(errors="replace"))
        return bytes(entries[-1][0])

    async def _newest(self, key: str) -> bytes:
        found = await self._link.ask(lambda redis: redis.xrevrange(key, count=1))
        return bytes(found[0][0]) if found else b"0-0"

    async def _key(self) -> str:
        return f"vrooli:{await self._database()}:news"


class FirstOf:
    """By `first` while it takes notices, else by `second`; who carried is counted."""

    def __init__(
        self, first: Carrier, second: Carrier, counted: Callable[[str], Any] = lambda way: None
    ) -> None:
        self._first, self._second, self._counted = first, second, counted
        self._said = ""
        self._log = structlog.get_logger("vrooli.server.news")

    async def carry(self, notice: str) -> None:
        """See the port."""
        try:
            await self._first.carry(notice)
        except VrooliError as error:
            self._say(error.what)
            await self._second.carry(notice)
            self._counted("postgres")
        else:
            self._say("")
            self._counted("redis")

    def _say(self, trouble: str) -> None:
        if trouble and not self._said:
            self._log.warning("news of runs go by PostgreSQL", reason=trouble)
        elif self._said and not trouble:
            self._log.info("news of runs go by Redis again")
        self._said = trouble


def _place(id_: bytes) -> tuple[int, int]:
    time, _, number = id_.partition(b"-")
    return int(time), int(number)
