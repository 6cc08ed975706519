"""Asking a cluster as its superuser. Answers are JSON: one row of one column."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from vrooli.core.address import Address
from vrooli.core.errors import ProtocolError
from vrooli.core.ports.streams import Streams
from vrooli.stack.postgres.cluster import SUPERUSER
from vrooli.stack.wire import postgres
from vrooli.stack.wire.dsn import Dsn

MAINTENANCE = "postgres"
"""The database that every cluster has."""

_SAME_WORDS = "; ".join(
    (
        "SET search_path = pg_catalog",
        "SET extra_float_digits = 1",
        "SET timezone = 'UTC'",
        "SET datestyle = 'ISO, YMD'",
        "SET intervalstyle = 'postgres'",
        "SET bytea_output = 'hex'",
        "SET statement_timeout = 0",
        "SET default_transaction_read_only = on",
        "SET jit = off",  # its start takes longer than it saves
    )
)
"""So that the same value is the same text in both clusters, whatever their settings."""


@dataclass(frozen=True, slots=True)
class Asker:
    """A cluster that runs, and how one gets in."""

    streams: Streams
    address: Address
    password: str = field(default="", repr=False)

    async def json(self, statement: str, database: str = MAINTENANCE) -> Any:
        """The answer to a query, which reads only.

        Raises:
            PostgresError, AccessDenied, Unreachable, ProtocolError: as `wire.postgres`.
        """
        async with self.session(database) as ask:
            return await ask(statement)

    @asynccontextmanager
    async def session(
        self, database: str = MAINTENANCE
    ) -> AsyncIterator[Callable[[str], Awaitable[Any]]]:
        """What answers several queries as `json` does, in one session: to begin one takes both
        sides some milliseconds. All answers of one have no more than 1 MiB.
        """
        async with postgres.held(self.streams, self.target(database)) as run:
            for statement in (_SAME_WORDS, *self.first(database)):
                await run(statement)

            async def ask(query: str) -> Any:
                row = await run(query)
                if len(row.columns) != 1:
                    raise ProtocolError("the answer is not one value", where=str(self.address))
                return json.loads(row.columns[0] or "null")

            yield ask

    def target(self, database: str) -> Dsn:
        """Where a database is."""
        return Dsn(self.address, SUPERUSER, self.password, database)

    def first(self, database: str) -> tuple[str, ...]:
        """What is run in a session before the first query."""
        return ()


def quoted(name: str) -> str:
    """An identifier."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
