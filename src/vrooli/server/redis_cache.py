"""A cache in Redis, shared by all servers on one database."""

from contextlib import suppress

from vrooli.core.errors import VrooliError
from vrooli.server.redis_link import RedisLink
from vrooli.server.redis_news import Name


class RedisCache:
    """See `caching.Cache`. While Redis is away nothing is kept, and nobody waits for it."""

    def __init__(self, link: RedisLink, database: Name, build: str) -> None:
        self._link, self._database, self._build = link, database, build

    async def get(self, key: str) -> bytes | None:
        """See the port."""
        found: bytes | None = None
        with suppress(VrooliError):
            name = await self._name(key)
            found = await self._link.ask(lambda redis: redis.get(name))
        return found

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """See the port."""
        with suppress(VrooliError):
            name, ms = await self._name(key), max(1, int(1000 * seconds))
            await self._link.ask(lambda redis: redis.set(name, value, px=ms))

    async def _name(self, key: str) -> str:
        """Other builds may make other answers, and other databases hold other things."""
        return f"vrooli:{await self._database()}:answer:{self._build}:{key}"
