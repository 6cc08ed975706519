"""What a rescue makes in the database that serves: it goes again where the rescue does not come to
its end, or is told.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from vrooli.core.errors import VrooliError
from vrooli.stack.postgres.cluster import SUPERUSER
from vrooli.stack.postgres.rescue.tables import Table
from vrooli.stack.postgres.upgrade.ask import Asker, quoted
from vrooli.stack.wire import postgres
from vrooli.stack.wire.dsn import Dsn

_PATIENCE = 20.0
"""Seconds until it is given up, and told."""

_PAUSE = 0.05

_AT_WORK = """
SELECT to_json(count(pg_terminate_backend(pid))) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND (application_name = '{schema}' OR pid IN (
    SELECT l.pid FROM pg_locks l JOIN pg_namespace n ON n.nspname = '{schema}'
    JOIN pg_class c ON c.relnamespace = n.oid AND c.oid = l.relation
    JOIN pg_database d ON d.oid = l.database AND d.datname = current_database()))"""
"""Whoever loads it, and whoever works on it: a server goes on with what nobody waits for."""


class Made:
    """The schema that a rescue brings.

    Args:
        service: whose.
    """

    def __init__(self, service: str) -> None:
        self._service = service
        self._table: Table | None = None

    def begin(self, table: Table) -> None:
        """From now on its schema may be there, and is ours."""
        self._table = table

    @property
    def left(self) -> str:
        """What is left and how it is removed, once nothing goes on; empty when nothing is."""
        if self._table is None:
            return ""
        schema = quoted(self._table.schema)
        return (
            f"the schema {schema} is left in {self._table.database} of {self._service}: "
            f"`DROP SCHEMA {schema} CASCADE` there removes it"
        )

    @asynccontextmanager
    async def kept(self, live: Asker) -> AsyncIterator[None]:
        """At the end of this it stays; where this is broken off, it goes."""
        try:
            yield
        except BaseException:  # also one that is cancelled
            with suppress(VrooliError, TimeoutError):
                async with asyncio.timeout(_PATIENCE):
                    await self._undo(live)
            raise
        self._table = None

    async def _undo(self, live: Asker) -> None:
        if self._table is None:
            return
        schema, database = self._table.schema, self._table.database
        at_work = _AT_WORK.format(schema=schema)
        while await live.json(at_work, database):  # noqa: ASYNC110 -- no event tells its end
            await asyncio.sleep(_PAUSE)
        target = Dsn(live.address, SUPERUSER, live.password, database)
        drop = f"DROP SCHEMA IF EXISTS {quoted(schema)} CASCADE"
        await postgres.query(live.streams, target, drop)
        self._table = None
