"""Processes that work on trees of runs: real steps, a real PostgreSQL."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from tests.support.control import let_go
from tests.support.steps import tools
from tests.support.waiting import eventually
from vrooli.client.work import ENDED
from vrooli.core.ports.http import Answer, Request
from vrooli.execution.work import Work, work
from vrooli.host.clock import SystemClock
from vrooli.host.memory.http import MemoryHttp
from vrooli.server.database import Database


@dataclass
class Place:
    """What one process has."""

    database: Database
    work: Work
    task: "asyncio.Task[None] | None" = None

    async def put(self, *do: Any, name: str | None = None, **more: Any) -> str:
        """A routine; its name."""
        name = name or f"r-{secrets.token_hex(4)}"
        await self.work.routines.put({"name": name, "do": list(do), **more})
        return name

    async def start(self, routine: str, **more: Any) -> str:
        """A run; its id."""
        return await self.work.runs.start(routine, more.pop("inputs", {}), "somebody", None, **more)

    async def end(self, run: str) -> dict[str, Any]:
        """The run when it has ended."""

        async def look() -> dict[str, Any] | None:
            found = await self.work.runs.views.get(run)
            return found if found["status"] in ENDED else None

        found: dict[str, Any] = await eventually(look, f"the end of {run}")
        return found

    async def fetch(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """All rows."""
        async with self.database.connection() as connection:
            return [tuple(row) for row in await connection.fetch(statement, *values)]

    async def below(self, run: str, count: int) -> list[str]:
        """Ids of the runs that it started, when there are at least so many."""

        async def look() -> list[str] | None:
            rows = await self.fetch("SELECT id FROM runs WHERE parent = $1 ORDER BY id", run)
            return [row[0] for row in rows] if len(rows) >= count else None

        found: list[str] = await eventually(look, f"{count} runs below {run}")
        return found

    async def kill(self) -> None:
        """As kill -9 does: nothing is handed on."""
        for run in list(self.work.engine._held):
            self.work.engine.drop(run)
        await self.close()

    async def close(self) -> None:
        """Stop working."""
        if self.task is not None:
            self.task.cancel()
            await asyncio.wait([self.task])
        await let_go(self.work, self.database)


async def _never(request: Request) -> Answer:
    await asyncio.Event().wait()
    return Answer(200, {}, b"")


@asynccontextmanager
async def place(dsn: str, slots: int = 100, **own: Any) -> AsyncIterator[Place]:
    """One that works, with these tools of its own."""
    database, clock = Database(dsn), SystemClock()
    given = tools(**{"clock": clock, "http": MemoryHttp(_never), **own})
    made = work(database, secrets.token_hex(4), clock, given)
    made.engine.parts = replace(made.engine.parts, slots=slots)
    one = Place(database, made, asyncio.create_task(made.engine.run()))
    try:
        yield one
    finally:
        await one.close()


def sub(step: str, routine: str, **inputs: Any) -> dict[str, Any]:
    """A step that runs another routine."""
    return {"step": step, "routine": {"name": routine, "inputs": inputs}}


def goes_on(step: str) -> dict[str, Any]:
    """A step that is under way for as long as it is let."""
    return {"step": step, "http": {"url": "http://web/never"}, "timeout": 3600}


def names(count: int, prefix: str = "s") -> Iterator[str]:
    """Of steps."""
    return (f"{prefix}{number}" for number in range(count))
