"""Runs in flight in processes of their own while something that these use goes away and comes
back.
"""

import asyncio
import contextlib
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.live import live_client
from tests.support.server import Server, server_process
from tests.support.tiny_server import Asked, reply, serving
from tests.support.waiting import eventually
from tests.support.work import WorkDatabase
from tests.support.workers import worker_process
from vrooli.execution.routines import RoutineStore
from vrooli.execution.runs.store import NewRun

LONG = 900.0
"""Seconds after which it is given up."""

_MOVED = """
SELECT count(*) FROM runs r WHERE id = ANY($1) AND (status = 'completed' OR EXISTS (
    SELECT FROM steps s WHERE s.run = r.id AND status = 'completed' AND ended_at > to_timestamp($2)
))
"""
_STATUSES = "SELECT status, count(*) FROM runs WHERE id = ANY($1) GROUP BY status"
_TWICE = """
SELECT count(*) FROM (
    SELECT FROM run_events WHERE root = ANY($1) AND kind = 'step.completed'
    GROUP BY root, data->>'path' HAVING count(*) > 1
) twice
"""


@dataclass(frozen=True)
class Plan:
    """How much of it.

    Attributes:
        runs: in flight.
        steps: of each, one after the other.
        each: seconds that a step takes.
        away: seconds of the outage.
    """

    runs: int
    steps: int
    each: float
    away: float


@dataclass(frozen=True)
class Outcome:
    """What became of them.

    Attributes:
        statuses: how many runs stand where.
        executed: steps, by those whom they asked.
        repeated: of these, more than once.
        completed_twice: steps, by the journal.
        misheard: runs of which a reader missed an event or heard one twice.
        moving: seconds from the return until every run has moved on.
        finished: seconds from the return until the last one has ended.
    """

    statuses: dict[str, int]
    executed: int
    repeated: int
    completed_twice: int
    misheard: int
    moving: float
    finished: float


@dataclass
class Place:
    """Two workers, a server that only shows, and whom the steps ask.

    Attributes:
        notes: the side file: a line for each step that was executed.
    """

    dsn: str
    folder: Path
    server: Server
    work: WorkDatabase

    @property
    def notes(self) -> Path:
        return self.folder / "executed"


@asynccontextmanager
async def place(dsn: str, folder: Path, **env: str) -> AsyncIterator[Place]:
    """It, with tables."""
    work = WorkDatabase(dsn)
    with contextlib.ExitStack() as stack:
        (folder / "home").mkdir()
        server = server_process(folder / "home", dsn, VROOLI_SLOTS="0", **env)
        shown = stack.enter_context(server)
        await asyncio.to_thread(shown.wait, "/health")
        for name in ("a", "b"):
            stack.enter_context(worker_process(folder / name, dsn, **env))
        yield Place(dsn, folder, shown, work)
        await work.close()


async def outage(
    place: Place, plan: Plan, away: Callable[[], object], back: Callable[[], object]
) -> Outcome:
    """1. Begin the runs; all are under way. 2. `away`. 3. `back`, after the time. 4. See them all
    end.
    """
    place.notes.write_text("", encoding="ascii")

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        with place.notes.open("a", encoding="ascii") as notes:
            notes.write(asked.path + "\n")
        await asyncio.sleep(plan.each)
        await reply(writer, 200, {})

    async with serving(answer) as address:
        runs = await _begin(place.work, plan, f"http://{address}")
        reader = asyncio.create_task(_read(place.server, runs))
        await asyncio.to_thread(away)
        await asyncio.sleep(plan.away)
        await asyncio.to_thread(back)
        returned = time.time()
        await _count(place.work, _MOVED, runs, returned)
        moving = time.time() - returned
        ended = "SELECT count(*) FROM runs WHERE id = ANY($1) AND ended_at IS NOT NULL"
        await _count(place.work, ended, runs)
        finished = time.time() - returned
        heard = await reader
    executed = Counter(place.notes.read_text(encoding="ascii").split())
    return Outcome(
        statuses=dict(await place.work.fetch(_STATUSES, runs)),
        executed=len(executed),
        repeated=sum(count > 1 for count in executed.values()),
        completed_twice=(await place.work.fetch(_TWICE, runs))[0][0],
        misheard=sum(numbers != list(range(1, len(numbers) + 1)) for numbers in heard.values()),
        moving=moving,
        finished=finished,
    )


async def _begin(work: WorkDatabase, plan: Plan, address: str) -> list[str]:
    """Runs, of each of which a step is done."""
    get = {"step": "get", "http": {"url": f"{address}/${{inputs.run}}/${{item}}"}}
    each = {"map": "each", "over": list(range(plan.steps)), "at_most": 1, "do": [get]}
    name = f"r{secrets.token_hex(4)}"
    routine = {"name": name, "inputs": {"type": "object"}, "do": [each]}
    version, _ = await RoutineStore(work.database).put(routine)
    runs = [secrets.token_hex(8) for _ in range(plan.runs)]
    for run in runs:
        new = NewRun(run, name, version, {"run": run}, "somebody")
        await work.store.create(new, None, 0.0)
    await _count(work, _MOVED, runs, 0.0)
    return runs


async def _count(work: WorkDatabase, query: str, runs: list[str], *more: float) -> None:
    """Until it counts all of them."""

    async def look() -> bool:
        return await work.fetch(query, runs, *more) == [(len(runs),)]

    await eventually(look, query, LONG, pause=0.02)


async def _read(server: Server, runs: list[str]) -> dict[str, list[int]]:
    """The numbers of the events of each, as a reader hears them by a WebSocket."""
    told: dict[str, list[int]] = {run: [] for run in runs}
    left = set(runs)
    async with aclosing(live_client(server, LONG).follow(dict.fromkeys(runs, 0))) as events:
        async for run, event in events:
            told[run].append(event["seq"])
            if str(event["kind"]).startswith("run.") and event["kind"] != "run.created":
                left.discard(run)
                if not left:
                    break
    return told
