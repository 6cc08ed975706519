"""PostgreSQL for the server: a pool that needs nobody at start and survives hours without
PostgreSQL.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from vrooli.core.errors import (
    AccessDenied,
    DeadlineExceeded,
    Unreachable,
    UsageError,
    VrooliError,
)

CONNECT_SECONDS = 5.0
STATEMENT_SECONDS = 10.0
"""The largest batch takes a second; callers must hear of a frozen PostgreSQL before giving up."""
CLOSE_SECONDS = 2.0
MAX_CONNECTIONS = 10

_DISK_FULL = "53100"
_AWAY_CLASSES = ("08", "53", "57", "58", "40")
"""SQLSTATE classes that pass by themselves: connection, resources, operator intervention (57P03 =
starting), system, rollback. PostgreSQL manual, appendix A.
"""
_AWAY_STATES = ("25006", "42P01", "55P03")
"""A standby that was promoted elsewhere, a table whose migration has not run yet, and a lock that
was not to be had in time.
"""

_CHARACTER_STATES = ("22021", "22P05")
"""No character of the encoding, or none of the database."""

FOREIGN = (
    OSError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what a connection may say that broke in the middle of something
)
"""What the driver raises."""


class Database:
    """A lazily filled pool. Every foreign error leaves as a `VrooliError` that says whether a retry
    can help.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._pool: Any = None

    @asynccontextmanager
    async def connection(self, seconds: float = STATEMENT_SECONDS) -> AsyncIterator[Any]:
        """Lend an asyncpg connection for at most `seconds`, waiting for a free one included."""
        try:
            async with asyncio.timeout(seconds):
                pool = await self._open_pool()
                # The timeout also bounds the release of a connection whose peer has frozen.
                async with pool.acquire(timeout=CONNECT_SECONDS) as connection:
                    yield connection
        except TimeoutError as error:
            raise DeadlineExceeded(
                "PostgreSQL did not answer in time", next_step="look at the service `postgres`"
            ) from error
        except FOREIGN as error:
            raise translate(error) from error

    async def close(self) -> None:
        """Let go of all connections: politely for `CLOSE_SECONDS`, then hard."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        with suppress(TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await pool.close()
                return
        pool.terminate()

    def pool_use(self) -> dict[str, int]:
        """How many connections are lent and idle, and how many there may be at the most."""
        idle = self._pool.get_idle_size() if self._pool is not None else 0
        size = self._pool.get_size() if self._pool is not None else 0
        return {"used": size - idle, "idle": idle, "most": MAX_CONNECTIONS}

    async def _open_pool(self) -> Any:
        if self._pool is None:
            # min_size=0: nothing is connected until somebody asks, so a start without PostgreSQL is
            # no error.
            self._pool = await asyncpg.create_pool(
                self._dsn,
                min_size=0,
                max_size=MAX_CONNECTIONS,
                timeout=CONNECT_SECONDS,
                command_timeout=STATEMENT_SECONDS,
                reset=_as_it_is,
                server_settings={"application_name": "vrooli-server"},
            )
        return self._pool


async def _as_it_is(connection: Any) -> None:
    """Between two users of a connection. The pool's own statement would cost as much as writing a
    step does; nobody here changes a session, and an open transaction is rolled back all the same.
    """


def translate(error: Exception) -> VrooliError:
    """Foreign error to ours. The text is made of our own words: drivers quote addresses, names and
    statements.
    """
    if isinstance(error, asyncpg.ClientConfigurationError):
        return VrooliError("DATABASE_URL cannot be used", next_step="check DATABASE_URL")
    if isinstance(error, asyncpg.InvalidAuthorizationSpecificationError):
        return AccessDenied(
            "PostgreSQL rejected our user or password", next_step="check DATABASE_URL"
        )
    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return VrooliError(
            "PostgreSQL has no database of that name", next_step="check DATABASE_URL"
        )
    if isinstance(error, asyncpg.CannotConnectNowError):
        return Unreachable("PostgreSQL is starting up", next_step="wait")
    if isinstance(error, asyncpg.PostgresError):
        return _translate_state(error)
    if isinstance(error, ValueError):  # a value that the driver cannot send
        return VrooliError("a value does not fit its column", next_step="see the server's log")
    return Unreachable("PostgreSQL cannot be reached", next_step="look at the service `postgres`")


def _translate_state(error: Any) -> VrooliError:
    state = str(error.sqlstate or "")
    if state == _DISK_FULL:
        return Unreachable(
            f"PostgreSQL has no room left on its disk (SQLSTATE {state})",
            next_step="make room where its data lies (`vrooli status` says which disk is full), "
            "then look at `vrooli logs postgres`",
        )
    if state.startswith(_AWAY_CLASSES) or state in _AWAY_STATES:
        return Unreachable(
            f"PostgreSQL cannot serve this now (SQLSTATE {state})",
            next_step="look at the service `postgres`",
        )
    if state in _CHARACTER_STATES:
        return UsageError(
            "a text holds a character that cannot be stored: NUL, or half of one",
            next_step="leave that character out",
        )
    return VrooliError(
        f"PostgreSQL refused the statement (SQLSTATE {state})",
        next_step="see the server's log",
    )
