"""Cancel a tree of 21 runs, driven by two processes' engines, each leaf in 60 s of Python: how long
from the request until no run is driven and no process of theirs is left.
"""

import asyncio
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from bench._arguments import parser
from bench._figures import machine, percentile, say
from tests.support.postgres import running_postgres
from vrooli.execution.work import Work, work
from vrooli.host.clock import SystemClock
from vrooli.main.step_tools import step_tools
from vrooli.server.database import Database

ROUNDS, WIDE = 5, 4
LEAVES = WIDE * WIDE
CODE = "import time\n\ndef main(inputs):\n    time.sleep(60)\n"


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    say(f"a tree of {1 + WIDE + LEAVES} runs in 60 s steps, median of {ROUNDS}\n{machine()}")
    with running_postgres() as postgres:
        dsn = postgres.create_database("cancel")
        command = [sys.executable, "-m", "vrooli.main.migrate"]
        subprocess.run(command, check=True, capture_output=True, env={"DATABASE_URL": dsn})
        took = asyncio.run(_measure(dsn))
    ended, gone = ([one[n] for one in took] for n in (0, 1))
    say(f"  the request is answered, all are cancelled: p50 {1000 * percentile(ended, 0.5):.0f} ms")
    say(f"  the last process is gone: p50 {percentile(gone, 0.5):.2f} s, worst {max(gone):.2f} s")


async def _measure(dsn: str) -> list[tuple[float, float]]:
    clock = SystemClock()
    databases = [Database(dsn), Database(dsn)]
    with tempfile.TemporaryDirectory() as folder:
        tools = step_tools(clock, (), Path(folder))
        made = [work(database, secrets.token_hex(4), clock, tools) for database in databases]
        for one in made:
            one.engine.parts = replace(one.engine.parts, slots=LEAVES // 2 + 2)
        engines = [asyncio.create_task(one.engine.run()) for one in made]
        try:
            await _put(made[0])
            return [await _round(made) for _ in range(ROUNDS)]
        finally:
            for task in engines:
                task.cancel()
            await asyncio.gather(*engines, return_exceptions=True)
            for database in databases:
                await database.close()


async def _put(made: Work) -> None:
    await made.routines.put({"name": "leaf", "do": [{"step": "x", "python": {"code": CODE}}]})
    for name, below in (("middle", "leaf"), ("root", "middle")):
        do: list[Any] = [{"step": "a", "routine": {"name": below}}]
        each = {"map": "each", "over": list(range(WIDE)), "do": do}
        await made.routines.put({"name": name, "do": [each]})


async def _round(made: list[Work]) -> tuple[float, float]:
    before = _processes()
    run = await made[0].runs.start("root", {}, "bench", None)
    await _until(lambda: len(_processes() - before) >= LEAVES and all(map(_busy, made)))
    began = time.perf_counter()
    await made[0].runs.cancel(run, "bench")
    ended = time.perf_counter() - began
    await _until(lambda: not _processes() - before and not any(map(_busy, made)))
    return ended, time.perf_counter() - began


async def _until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 -- processes tell nobody
        await asyncio.sleep(0.01)


def _busy(made: Work) -> bool:
    return made.engine.room < made.engine.parts.slots


def _processes() -> set[int]:
    """Of steps; PostgreSQL makes and ends its own as it likes."""
    below = psutil.Process().children(recursive=True)
    return {one.pid for one in below if not _is_postgres(one)}


def _is_postgres(one: psutil.Process) -> bool:
    try:
        return one.name() == "postgres"
    except psutil.NoSuchProcess:
        return True


if __name__ == "__main__":
    main()
