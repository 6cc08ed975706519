"""The work of one process on a real PostgreSQL, whose requests end when the test says."""

import asyncio
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.live import told_in
from tests.support.steps import tools
from tests.support.waiting import eventually
from vrooli.core.ports.http import Answer, Request
from vrooli.execution.approvals.store import Decision
from vrooli.execution.approvals.views import ApprovalFilter
from vrooli.execution.work import Work, work
from vrooli.host.clock import SystemClock
from vrooli.host.memory.http import MemoryHttp
from vrooli.server.database import Database


@dataclass
class Web:
    """What steps of type `http` ask.

    Attributes:
        asked: how often, by the last part of the address.
        shut: no answer until it is opened.
        broken: the answer is 404, which helps no retry.
        busy: the answer is 503.
        inside: under way.
    """

    asked: Counter[str] = field(default_factory=Counter)
    shut: dict[str, asyncio.Event] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)
    busy: set[str] = field(default_factory=set)
    inside: set[str] = field(default_factory=set)

    async def answer(self, request: Request) -> Answer:
        """When it is to come."""
        name = request.url.rpartition("/")[2]
        self.asked[name] += 1
        self.inside.add(name)
        try:
            if name in self.shut:
                await self.shut[name].wait()
        finally:
            self.inside.discard(name)
        status = 404 if name in self.broken else 503 if name in self.busy else 200
        return Answer(status, {}, name.encode())


def ask(name: str, method: str = "POST") -> dict[str, Any]:
    """A step that asks the web for its own name."""
    return {"step": name, "http": {"url": f"http://web/{name}", "method": method}}


def approval(name: str, what: Any = "it", **more: Any) -> dict[str, Any]:
    """A step that asks a person."""
    return {"step": name, "approval": {"message": "may it?", "what": what, **more}}


class Process:
    """As one process has it. The engine works only where `working` says so; what is started or
    woken by its API is driven anyway.
    """

    def __init__(self, dsn: str) -> None:
        self.web = Web()
        self.database = Database(dsn)
        given = tools(clock=SystemClock(), http=MemoryHttp(self.web.answer))
        self.work: Work = work(self.database, secrets.token_hex(4), SystemClock(), given)

    async def start(self, *do: Any, inputs: Any = None, **more: Any) -> str:
        """A run of a new routine."""
        name = f"r{secrets.token_hex(4)}"
        await self.work.routines.put({"name": name, "do": list(do), **more})
        return await self.work.runs.start(name, inputs or {}, "ann", None)

    async def run(self, run: str) -> dict[str, Any]:
        """How it stands."""
        return await self.work.runs.views.get(run)

    async def until(self, run: str, *statuses: str) -> dict[str, Any]:
        """Until it stands so."""

        async def look() -> bool:
            return (await self.run(run))["status"] in statuses

        await eventually(look, f"{run} is {statuses}")
        return await self.run(run)

    async def asked(self, run: str) -> dict[str, Any]:
        """The question for which it waits."""
        await self.until(run, "waiting")
        return await self.question(run)

    async def question(self, run: str) -> dict[str, Any]:
        """Its open question."""
        views = self.work.approvals.views

        async def look() -> Any:
            return await views.page(ApprovalFilter("pending", run))

        found = await eventually(look, "a question")
        return dict(found[0])

    async def decide(self, asked: dict[str, Any], approved: bool = True, **more: Any) -> Any:
        """As a person does."""
        said = {"hash": asked["hash"], "by": "bob", "reason": "", **more}
        return await self.work.approvals.decide(asked["id"], Decision(approved, **said))

    async def kinds(self, run: str) -> list[str]:
        """What happened to it, steps left out."""
        events = await told_in(self.work.live, run)
        assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
        return [event["kind"] for event in events if not event["kind"].startswith("step.")]

    async def close(self) -> None:
        """Let go, as kill -9 does: nothing is handed back."""
        for run in list(self.work.engine._held):
            self.work.engine.drop(run)
        await asyncio.sleep(0)
        await let_go(self.work, self.database)


async def let_go(work: Work, database: Database) -> None:
    """Of the database, once all is written and told that was on its way: what comes later would
    open it again.
    """
    await work.engine.parts.written()
    await work.news.close()
    await database.close()


@asynccontextmanager
async def working(process: Process) -> AsyncIterator[Process]:
    """While its engine works."""
    task = asyncio.create_task(process.work.engine.run())
    try:
        yield process
    finally:
        task.cancel()
        await asyncio.wait([task])
