"""Redis, which may be away, frozen or full at any time. Nobody needs it; nobody waits for it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import structlog
from redis import exceptions as errors
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.maint_notifications import MaintNotificationsConfig

from vrooli.core.errors import (
    AccessDenied,
    DeadlineExceeded,
    ProtocolError,
    Unreachable,
    VrooliError,
)

QUICK = 0.5
"""Seconds for an answer: who gets none in time goes another way."""

PAUSE = 1.0
"""Seconds between two looks whether it is there."""

MOST_LOOKS = 32
"""In a row that must succeed after it went away again and again."""

STEADY = 60
"""Looks in a row after which its past is forgotten."""

MOST_CONNECTIONS = 10

_AWAY = (errors.ConnectionError, errors.TimeoutError, OSError, TimeoutError)
"""With these nothing else would come through either; a refused command says less."""

T = TypeVar("T")


class RedisLink:
    """The connections of one process.

    Attributes:
        up: it answered when it was last asked.
    """

    def __init__(self, url: str) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=MOST_CONNECTIONS,
            timeout=QUICK,
            # Ours is around each command. With its own the driver waits by `asyncio.wait_for`,
            # which before Python 3.12 may lose a cancellation: our tasks would never end.
            socket_timeout=None,
            socket_connect_timeout=None,
            protocol=2,  # which a Redis of any age speaks
            retry=Retry(NoBackoff(), 0),  # who asks has another way, and takes it at once
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
            client_name="vrooli",
        )
        self._redis = Redis.from_pool(pool)
        self._log = structlog.get_logger("vrooli.server.redis")
        self._back = asyncio.Event()
        self._good, self._needed, self._said = 0, 1, ""

    @property
    def up(self) -> bool:
        """See above."""
        return self._back.is_set()

    async def ask(self, what: Callable[[Any], Awaitable[T]], seconds: float = QUICK) -> T:
        """Its answer to `what`, which calls redis-py's client.

        Raises:
            VrooliError: there is none, at once while it is known to be away.
        """
        if not self.up:
            raise Unreachable("Redis is away")
        return await self._ask(what, seconds)

    async def ping(self) -> None:
        """Return when it answers; raises as `ask` does."""
        await self._ask(lambda redis: redis.ping(), QUICK)

    async def back(self) -> None:
        """Wait until it is there."""
        await self._back.wait()

    async def run(self) -> None:
        """For ever: look whether it is there. The more often it went, the longer must it have
        answered before it is used again: what changes every second is worse than being away.
        """
        while True:
            try:
                await self.ping()
            except VrooliError:
                pass  # said already
            except Exception:  # noqa: BLE001 -- without these looks, it would stay away for ever
                self._log.exception("Redis is looked for again")
            else:
                self._answered()
            await asyncio.sleep(PAUSE)

    async def close(self) -> None:
        """Let go of its connections."""
        try:
            async with asyncio.timeout(QUICK):
                await self._redis.aclose()
        except _AWAY:
            pass  # nobody is there to hear it

    async def _ask(self, what: Callable[[Any], Awaitable[T]], seconds: float) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await what(self._redis)
        except (*_AWAY, errors.RedisError, ValueError) as error:
            known = translated(error)
            if isinstance(error, _AWAY):
                self._gone(known.what)
            raise known from error

    def _answered(self) -> None:
        self._good += 1
        if self._good >= STEADY:
            self._needed = 1
        if not self.up and self._good >= self._needed:
            if self._said:
                self._log.info("Redis is back")
            self._said = ""
            self._back.set()

    def _gone(self, why: str) -> None:
        if self.up:
            self._needed = min(2 * self._needed, MOST_LOOKS)
        self._good = 0
        self._back.clear()
        if why != self._said:
            self._log.warning("Redis is away: live views and answers may be slower", reason=why)
        self._said = why


def translated(error: Exception) -> VrooliError:
    """Foreign error to ours, in our own words: a driver's may hold addresses."""
    if isinstance(error, TimeoutError | errors.TimeoutError):
        return DeadlineExceeded("Redis did not answer in time")
    if isinstance(error, errors.AuthenticationError | errors.AuthorizationError):
        return AccessDenied("Redis rejected our password", next_step="check REDIS_URL")
    if isinstance(error, errors.BusyLoadingError):
        return Unreachable("Redis reads its data from disk")
    if isinstance(error, errors.OutOfMemoryError):
        return Unreachable("Redis is full")
    if isinstance(error, errors.ResponseError):
        return VrooliError("Redis refused a command", next_step="see its log, and check REDIS_URL")
    if isinstance(error, errors.InvalidResponse | ValueError):
        return ProtocolError("the answer is not that of a Redis", next_step="check REDIS_URL")
    return Unreachable("Redis cannot be reached")
