"""The work's tables in a real PostgreSQL, and runs in them."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tests.support.postgres import Postgres
from tests.support.waiting import eventually
from vrooli.core.errors import Unreachable
from vrooli.execution.runs.store import NewRun, RunStore
from vrooli.execution.runs.transitions import Transitions
from vrooli.main.migrate import migrate
from vrooli.server.database import STATEMENT_SECONDS, Database

VERSION = "v1"
MODEL = "tables"
"""The database of a cluster that others are copies of. Nobody else connects to it."""


def prepare(dsn: str, definition: Any = None) -> None:
    """Make the tables, and a routine."""
    migrate(dsn)
    asyncio.run(_store(dsn, definition))


def prepared(cluster: Postgres, definition: Any = None) -> str:
    """A new database with the tables, and a routine; its DSN."""
    dsn = with_tables(cluster)
    asyncio.run(_store(dsn, definition))
    return dsn


def with_tables(cluster: Postgres, tablespace: str = "pg_default") -> str:
    """A new database with the tables; its DSN. They are made once for all of a cluster: a copy
    costs less, and a server on it starts no process that makes them. What PUBLIC may do to a
    database is not copied.
    """
    if not cluster.has_database(MODEL):
        migrate(cluster.create_database(MODEL))
    return cluster.new_database(MODEL, tablespace)


async def _store(dsn: str, definition: Any) -> None:
    work = WorkDatabase(dsn)
    await work.define(definition, VERSION)
    await work.close()


class Unsteady(Database):
    """Fails as PostgreSQL does that is away, when the test says.

    Attributes:
        away: nobody answers.
        losing: of so many statements, the answer of one gets lost although it was done.
        refused: how often somebody was told so.
    """

    away = False
    losing = 0
    refused = 0
    _lent = 0

    @asynccontextmanager
    async def connection(self, seconds: float = STATEMENT_SECONDS) -> AsyncIterator[Any]:
        """Lend one, or not."""
        self._lent += 1
        lost = self.losing and self._lent % self.losing == 0
        if not self.away:
            async with super().connection(seconds) as connection:
                yield connection
        if self.away or lost:
            self.refused += 1
            raise Unreachable("PostgreSQL cannot be reached")


@dataclass
class WorkDatabase:
    """A database with one routine, and a pool of its own: as one process sees it."""

    dsn: str

    def __post_init__(self) -> None:
        self.database = Unsteady(self.dsn)
        self.store = RunStore(self.database)

    async def close(self) -> None:
        """Let go of its connections."""
        await self.database.close()

    async def execute(self, statement: str, *values: Any) -> None:
        """Run it."""
        async with self.database.connection() as connection:
            await connection.execute(statement, *values)

    async def fetch(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows."""
        async with self.database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(statement, *values)]

    async def define(self, definition: Any, version: str | None = None) -> str:
        """A routine; its version."""
        version = version or secrets.token_hex(8)
        statement = "INSERT INTO routine_versions (hash, name, definition) VALUES ($1, 'test', $2)"
        await self.execute(statement, version, json.dumps(definition))
        return version

    async def create(
        self,
        run: str,
        version: str = VERSION,
        *,
        by: str = "somebody",
        queue: str = "default",
        priority: int = 0,
    ) -> None:
        """A new run, which nobody has."""
        new = NewRun(run, "test", version, {}, by, None, queue=queue, priority=priority)
        await self.store.create(new, None, 0.0)

    async def child(self, run: str, root: str) -> None:
        """A run of a tree that there is, as `create` makes its first one."""
        await self.execute(
            "INSERT INTO runs (id, root, routine, version, inputs, status, lease_until, created_by)"
            " VALUES ($1, $2, 'test', $3, '{}', 'pending', now(), 'somebody')",
            *(run, root, VERSION),
        )

    async def status(self, run: str) -> str:
        """Where it stands."""
        ((status,),) = await self.fetch("SELECT status FROM runs WHERE id = $1", run)
        return str(status)

    async def expire(self) -> None:
        """All leases end now, as if nobody had said anything for so long."""
        await self.execute("UPDATE runs SET lease_until = '-infinity' WHERE status = 'running'")

    async def claim(self, run: str) -> int:
        """Make it ours, whoever has it and for however long, if need be a new one: its fence."""
        if not await self.fetch("SELECT FROM runs WHERE id = $1", run):
            await self.create(run)

        async def take() -> int | None:
            # Who is passed over because a write holds its row is taken by one of the next sweeps.
            await self.execute("UPDATE runs SET lease_until = '-infinity' WHERE id = $1", run)
            claims = await self.store.claim(secrets.token_hex(4), 60.0, 1)
            return next((claim.fence for claim in claims if claim.run == run), None)

        fence: int = await eventually(take, f"a claim of {run}")
        return fence

    async def end(self, run: str) -> None:
        """It ends."""
        ((fence,),) = await self.fetch("SELECT fence FROM runs WHERE id = $1", run)
        assert await self.store.end(run, fence, "completed", None, None)

    async def again(self, run: str, given_up: Mapping[str, int]) -> None:
        """It goes on after its end, which must have been a failure."""
        await self.execute("UPDATE runs SET status = 'failed' WHERE id = $1", run)
        transitions = Transitions(self.database)
        fence = await transitions.fence(run)
        assert await transitions.retry(run, fence or 0, "somebody", given_up)
