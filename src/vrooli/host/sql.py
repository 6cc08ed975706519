"""Port `Sql` by asyncpg: a connection for each statement."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from vrooli.core.errors import AccessDenied, CutOff, TooLarge, Unreachable, UsageError, VrooliError
from vrooli.core.ports.sql import Rows, Statement, StatementRefused
from vrooli.host.sql_values import TEXTS, plain

CONNECT_SECONDS = 10.0
CLOSE_SECONDS = 0.5
"""Whoever was cancelled does not wait for a peer that is frozen."""

_CHUNK = 100
"""Rows that are fetched at once, so that a table of gigabytes is not read before it is refused."""

_AWAY = ("08", "53", "57P", "58")
"""SQLSTATE: connection, resources, operator intervention but for a cancelled statement, system
(PostgreSQL manual, appendix A)."""
_LATER = ("40", "55P03", "57014")
"""In the way of another transaction; a lock that is held; the statement took too long."""

_FOREIGN = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


class AsyncpgSql:
    """Without state."""

    async def ask(self, dsn: str, statement: Statement) -> Rows:
        """See the port."""
        async with _connected(dsn, statement) as connection:
            transaction = connection.transaction(readonly=not statement.write)
            try:
                await transaction.start()
                # From its first query on nothing can make a transaction writable.
                await connection.execute("SELECT 1")
                rows = await _executed(connection, statement)
            except _FOREIGN as error:
                raise _translated(error) from error
            try:
                await transaction.commit()
            except _FOREIGN as error:
                raise _not_committed(error, statement.write) from error
            return rows


@asynccontextmanager
async def _connected(dsn: str, statement: Statement) -> AsyncIterator[Any]:
    connection = await _connect(dsn, statement)
    try:
        for kind, (encoder, decoder) in TEXTS.items():
            await connection.set_type_codec(
                kind, schema="pg_catalog", encoder=encoder, decoder=decoder, format="text"
            )
        yield connection
    except _FOREIGN as error:
        raise _translated(error) from error
    finally:
        # Politely: that is how a statement that is still being worked on is cancelled over there.
        with suppress(TimeoutError, *_FOREIGN):
            await connection.close(timeout=CLOSE_SECONDS)
        connection.terminate()


async def _connect(dsn: str, statement: Statement) -> Any:
    if not dsn.startswith(("postgresql://", "postgres://")):
        raise UsageError(
            "the secret holds no address of a database: postgresql://...",
            next_step="put such an address into the secret",
        )
    settings = {
        "application_name": "vrooli-step",
        "default_transaction_read_only": "off" if statement.write else "on",
        "statement_timeout": str(round(statement.seconds * 1000)),
        # `sql_values` reads what these write.
        "DateStyle": "ISO",
        "IntervalStyle": "iso_8601",
        "TimeZone": "UTC",
    }
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            return await asyncpg.connect(
                dsn, server_settings=settings, statement_cache_size=0, command_timeout=None
            )
    except TimeoutError as error:
        raise Unreachable("PostgreSQL does not answer") from error
    except _FOREIGN as error:
        raise _translated(error) from error
    except ValueError:
        # Without its cause, whose text holds a part of the address.
        raise UsageError(
            "the address of the database cannot be read",
            next_step="write it as postgresql://USER:PASSWORD@HOST:PORT/NAME",
        ) from None


async def _executed(connection: Any, statement: Statement) -> Rows:
    prepared = await connection.prepare(statement.text)
    if (count := len(prepared.get_parameters())) != len(statement.parameters):
        raise UsageError(
            f"it takes {count} parameters, and gets {len(statement.parameters)}",
            next_step="give one value for each of $1, $2, ...",
        )
    columns = tuple(attribute.name for attribute in prepared.get_attributes())
    if not columns:
        await prepared.fetch(*statement.parameters)
        status = prepared.get_statusmsg()
        if status.startswith("COPY"):
            raise UsageError(
                "what COPY reads or writes goes nowhere here; use SELECT or INSERT",
                next_step="write the rows by INSERT, or read them by SELECT",
            )
        return Rows((), (), affected=_affected(status))
    cursor = await prepared.cursor(*statement.parameters)
    rows: list[list[Any]] = []
    size = 0
    while chunk := await cursor.fetch(min(_CHUNK, statement.most + 1 - len(rows))):
        rows += [[plain(value) for value in record] for record in chunk]
        size += sum(len(json.dumps(row)) for row in rows[-len(chunk) :])
        if size > statement.largest:
            raise TooLarge(f"the rows have more than {statement.largest} bytes")
        if len(rows) > statement.most:
            return Rows(columns, rows[: statement.most], truncated=True)
    return Rows(columns, rows)


def _affected(status: str) -> int:
    """The count at the end of `INSERT 0 5`; 0 where there is none."""
    last = status.split()[-1:] or [""]
    return int(last[0]) if last[0].isdigit() else 0


def _not_committed(error: Exception, write: bool) -> VrooliError:
    # One who ends our session may do so when the change is durable and only its copy is awaited.
    away = not isinstance(error, asyncpg.PostgresError) or str(error.sqlstate).startswith(_AWAY)
    if write and away:
        return CutOff("the connection broke while the change was being made durable")
    return _translated(error)


def _translated(error: Exception) -> VrooliError:
    for kinds, made in _WORDS:
        if isinstance(error, kinds):
            return made()
    if isinstance(error, asyncpg.DataError) and "message" not in error.as_dict():
        return UsageError(
            f"a parameter does not fit: {str(error)[:300]}",
            next_step="cast it in the query, like $1::int",
        )  # says the driver
    state = str(getattr(error, "sqlstate", "") or "")
    if isinstance(error, asyncpg.PostgresError) and not state.startswith(_AWAY):
        said = str(error.as_dict().get("message") or error)
        return StatementRefused(said[:500], state, retryable=state.startswith(_LATER))
    if isinstance(error, asyncpg.PostgresError):
        return Unreachable(f"PostgreSQL cannot serve this now (SQLSTATE {state})")
    return Unreachable("PostgreSQL cannot be reached, or the connection broke")


_WORDS: tuple[tuple[type[Exception], Callable[[], VrooliError]], ...] = (
    (
        asyncpg.ClientConfigurationError,
        lambda: UsageError(
            "the address cannot be used",
            next_step="write it as postgresql://USER:PASSWORD@HOST:PORT/NAME",
        ),
    ),
    (
        asyncpg.UnsupportedClientFeatureError,
        lambda: UsageError(
            "a value has a type that cannot be read here; use to_jsonb() or ::text",
            next_step="convert that column in the query",
        ),
    ),
    (
        asyncpg.InvalidAuthorizationSpecificationError,
        lambda: AccessDenied(
            "PostgreSQL does not accept the user or the password",
            next_step="correct user and password in the address",
        ),
    ),
    (
        asyncpg.InvalidCatalogNameError,
        lambda: UsageError(
            "PostgreSQL has no database of that name",
            next_step="make it, or correct the name in the address",
        ),
    ),
)
