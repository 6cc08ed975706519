"""Runs that go from process to process: how soon one begins elsewhere, how many begin in a second,
and what becomes of a hundred whose worker is killed.
"""

import asyncio
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench._arguments import parser
from bench._figures import machine, ms, percentile, say
from bench._process import rss
from tests.support.postgres import running_postgres
from tests.support.waiting import eventually
from tests.support.work import WorkDatabase
from vrooli.execution.routines import RoutineStore
from vrooli.execution.runs.engine import LEASE
from vrooli.execution.runs.store import NewRun
from vrooli.execution.work import work as put_together
from vrooli.host.clock import SystemClock
from vrooli.main.migrate import migrate
from vrooli.main.step_tools import step_tools

STARTS, BURST, IN_FLIGHT = 100, 2000, 100

_STARTED = """
SELECT extract(epoch FROM r.started_at - r.created_at)::float8,
       extract(epoch FROM min(s.ended_at) - r.created_at)::float8
FROM runs r JOIN steps s ON s.run = r.id WHERE r.id = ANY($1) GROUP BY r.id
"""


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    say(machine())
    with running_postgres() as postgres, tempfile.TemporaryDirectory() as folder:
        dsn = postgres.create_database("dispatch")
        migrate(dsn)
        asyncio.run(_measure(dsn, Path(folder)))


async def _measure(dsn: str, folder: Path) -> None:
    work = WorkDatabase(dsn)
    one = await _routine(work, [{"step": "a", "value": {}}])
    over = list(range(300))
    do = [{"step": "s", "wait": {"seconds": 0.1}}, {"step": "v", "value": {"n": "${item}"}}]
    long = await _routine(work, [{"map": "m", "over": over, "at_most": 1, "do": do}])
    with ExitStack() as stack:
        first = stack.enter_context(_worker(dsn, folder / "a"))
        await _begun(work, one, 1)
        await _starts(work, one)
        await _at_once(work)
        await _burst(work, one)
        say(f"  RSS of the worker after that: {rss(first.pid):.1f} MiB")
        stack.enter_context(await _killed(work, long, first, dsn, folder / "b"))
    await work.close()


async def _routine(work: WorkDatabase, do: list[Any]) -> str:
    name = f"r{secrets.token_hex(4)}"
    version, _ = await RoutineStore(work.database).put({"name": name, "do": do})
    return version


async def _begun(work: WorkDatabase, version: str, count: int) -> list[str]:
    """New runs that nobody has, when all of them have a step behind them."""
    runs = [secrets.token_hex(6) for _ in range(count)]
    left = iter(runs)

    async def some() -> None:
        for run in left:
            await work.store.create(NewRun(run, "bench", version, {}, "bench"), None, 0.0)

    await asyncio.gather(*(some() for _ in range(8)))
    await _until(work, "SELECT count(DISTINCT run) FROM steps WHERE run = ANY($1)", runs)
    return runs


async def _until(work: WorkDatabase, query: str, runs: list[str], *more: Any) -> None:
    """Until it counts all of them."""

    async def look() -> bool:
        return await work.fetch(query, runs, *more) == [(len(runs),)]

    await eventually(look, query, pause=0.01)


async def _starts(work: WorkDatabase, version: str) -> None:
    runs = []
    for _ in range(STARTS):
        runs += await _begun(work, version, 1)
        await asyncio.sleep(0.05)
    times = await work.fetch(_STARTED, runs)
    say(f"  a run that nobody has -> claimed by a worker: {ms([row[0] for row in times])}")
    say(f"  the same -> its first step is done: {ms([row[1] for row in times])}")


async def _at_once(work: WorkDatabase) -> None:
    """Of a process that has room for what it is asked to start."""
    clock = SystemClock()
    made = put_together(work.database, secrets.token_hex(4), clock, step_tools(clock, (), Path()))
    await made.routines.put({"name": "once", "do": [{"step": "a", "value": {}}]})
    runs = []
    for _ in range(STARTS):
        runs.append(await made.runs.start("once", {}, "bench", None))
        await made.engine.let_go_of(runs[-1])
    times = await work.fetch(_STARTED, runs)
    say(f"  a run that its own server takes -> first step done: {ms([row[1] for row in times])}")


async def _burst(work: WorkDatabase, version: str) -> None:
    began = time.perf_counter()
    runs = await _begun(work, version, BURST)
    took = time.perf_counter() - began
    waited = percentile([row[0] for row in await work.fetch(_STARTED, runs)], 0.5)
    say(f"  {BURST} runs at once, one worker of 100 slots: {BURST / took:,.0f} runs/s")
    say(f"  the median of them waited {waited:.2f} s")


@contextmanager
def _worker(dsn: str, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`vrooli worker`."""
    folder.mkdir()
    env = {"DATABASE_URL": dsn, "VROOLI_DATA": str(folder)}
    with (folder / "log").open("wb") as log:
        command = [sys.executable, "-m", "vrooli", "worker"]
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def _killed(
    work: WorkDatabase, version: str, first: "subprocess.Popen[bytes]", dsn: str, folder: Path
) -> ExitStack:
    """kill -9 of a worker with many runs in flight, another one alive."""
    runs = await _begun(work, version, IN_FLIGHT)
    stack = ExitStack()
    stack.enter_context(_worker(dsn, folder))
    await asyncio.sleep(3.0)  # it is up, and has nothing to do
    first.kill()
    killed = time.time()
    query = "SELECT count(*) FROM runs WHERE id = ANY($1) AND fence > 1"
    await _until(work, query, runs)
    moving = (
        "SELECT count(DISTINCT run) FROM steps WHERE run = ANY($1) AND status = 'completed'"
        " AND ended_at > to_timestamp($2)"
    )
    taken = time.time()
    await _until(work, moving, runs, taken)
    took = time.time() - killed
    after = f"all taken over after {taken - killed:.1f} s"
    say(f"  kill -9 with {IN_FLIGHT} runs in flight: {after},")
    say(f"    all moving after {took:.1f} s (lease {LEASE:g} s)")
    ends = "SELECT root FROM run_events WHERE root = ANY($1) AND kind = 'step.completed'"
    twice = f"SELECT count(*) FROM ({ends} GROUP BY root, data->>'path' HAVING count(*) > 1) t"
    say(f"  completed steps that were done again: {(await work.fetch(twice, runs))[0][0]}")
    return stack


if __name__ == "__main__":
    main()
