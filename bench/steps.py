"""Durable steps that do nothing: what a step costs, alone and with 16 runs at once.

The peers are installed into `.cache/bench-steps`, in the versions below.
"""

import asyncio
import json
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import asyncpg

from bench._arguments import parser
from bench._figures import machine, percentile, say
from bench._step_peers import CONCURRENT, STEPS
from tests.support.postgres import Postgres, running_postgres
from vrooli.execution.work import Work, work
from vrooli.host.clock import SystemClock
from vrooli.main.step_tools import step_tools
from vrooli.server.database import Database

RUNS, LONG, ROUNDS = 300, 200, 3
PEERS = ("dbos==3.4.0", "langgraph==1.2.24", "langgraph-checkpoint-postgres==3.2.0")
DRIVER = "psycopg[binary,pool]==3.3.9"
PYTHON = Path(__file__).parents[1] / ".cache" / "bench-steps" / "bin" / "python"


def main() -> None:
    """Measure and print."""
    parser(__doc__).parse_args()
    say(f"{STEPS}-step runs, {CONCURRENT} at once, median of {ROUNDS} rounds\n{machine()}")
    with running_postgres() as postgres:
        report(compare(postgres))


def compare(postgres: Postgres) -> dict[str, dict[str, float]]:
    """The medians of each, ours and the peers', all on this PostgreSQL."""
    _install_peers()
    found: dict[str, list[dict[str, float]]] = {"ours": [], "dbos": [], "langgraph": []}
    raw = asyncio.run(_raw(postgres.create_database("raw")))
    for _ in range(ROUNDS):  # by turns, so that a busy minute hits all of them
        found["ours"].append(asyncio.run(_ours(_migrated(postgres))))
        for peer in ("dbos", "langgraph"):
            found[peer].append(_peer(postgres, peer))
    medians = {
        name: {key: _median(rounds, key) for key in rounds[0]} for name, rounds in found.items()
    }
    return {"raw": {"alone": raw}, **medians}


def report(medians: dict[str, dict[str, float]]) -> None:
    """Print them, and how many times faster ours is."""
    raw, ours = medians.pop("raw"), medians["ours"]
    say(f"  raw INSERT and COMMIT, one connection: p50 {1000 * raw['alone']:.3f} ms")
    for name, figures in medians.items():
        alone = f"one step after the other {1000 * figures['alone']:.2f} ms a step"
        say(f"  {name:<10} {figures['rate']:8,.0f} steps/s; {alone}")
    say(f"  ours       a run of one step, from request to end: p50 {1000 * ours['start']:.1f} ms")
    say(f"  ours       one tree, 16 branches at once: {ours['tree']:,.0f} steps/s")
    for peer in ("dbos", "langgraph"):
        ratio, tree = (ours[key] / medians[peer]["rate"] for key in ("rate", "tree"))
        say(f"  ratio: ours / {peer}: 16 trees {ratio:.1f} x, one tree {tree:.1f} x")


def _median(rounds: list[dict[str, float]], key: str) -> float:
    return percentile([one[key] for one in rounds], 0.5)


def _install_peers() -> None:
    if not PYTHON.exists():
        subprocess.run([sys.executable, "-m", "venv", str(PYTHON.parents[1])], check=True)
        subprocess.run([PYTHON, "-m", "pip", "install", "--quiet", *PEERS, DRIVER], check=True)


def _peer(postgres: Postgres, name: str) -> dict[str, float]:
    dsn = postgres.create_database(f"p{secrets.token_hex(4)}")
    program = Path(__file__).with_name("_step_peers.py")
    command = [str(PYTHON), str(program), name, dsn, str(RUNS)]
    ended = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return figures


def _migrated(postgres: Postgres) -> str:
    dsn = postgres.create_database(f"o{secrets.token_hex(4)}")
    command = [sys.executable, "-m", "vrooli.main.migrate"]
    subprocess.run(command, check=True, capture_output=True, env={"DATABASE_URL": dsn})
    return dsn


async def _raw(dsn: str) -> float:
    """Seconds of one durable row."""
    connection = await asyncpg.connect(dsn)
    await connection.execute("CREATE TABLE t (n int, data text)")
    insert = await connection.prepare("INSERT INTO t VALUES ($1, 'nothing')")
    took = []
    for number in range(500):
        began = time.perf_counter()
        await insert.fetch(number)
        took.append(time.perf_counter() - began)
    await connection.close()
    return percentile(took, 0.5)


def _routine(name: str, do: list[Any]) -> dict[str, Any]:
    return {"name": name, "do": do}


def _steps(count: int, prefix: str = "s") -> list[Any]:
    return [{"step": f"{prefix}{n}", "value": {"n": n}} for n in range(count)]


async def _ours(dsn: str) -> dict[str, float]:
    database, clock = Database(dsn), SystemClock()
    made = work(database, secrets.token_hex(4), clock, step_tools(clock, (), Path()))
    engine = asyncio.create_task(made.engine.run())
    try:
        await made.routines.put(_routine("ten", _steps(STEPS)))
        await made.routines.put(_routine("one", _steps(1)))
        await made.routines.put(_routine("long", _steps(LONG)))
        branches = [_steps(STEPS * RUNS // CONCURRENT // 4, f"b{n}x") for n in range(CONCURRENT)]
        await made.routines.put(_routine("tree", [{"parallel": branches}]))
        await _run(made, "ten")
        started = [await _run(made, "one") for _ in range(20)]
        alone = await _run(made, "long") / LONG
        took = await _together(made, RUNS)
        tree = await _run(made, "tree")
        steps = sum(map(len, branches))
        return {
            "rate": RUNS * STEPS / took,
            "alone": alone,
            "start": percentile(started, 0.5),
            "tree": steps / tree,
        }
    finally:
        engine.cancel()
        await asyncio.gather(engine, return_exceptions=True)
        await database.close()


async def _run(made: Work, routine: str) -> float:
    """Seconds from the request to the end."""
    began = time.perf_counter()
    run = await made.runs.start(routine, {}, "bench", None)
    await made.engine.let_go_of(run)
    return time.perf_counter() - began


async def _together(made: Work, count: int) -> float:
    left = iter(range(count))

    async def one_after_the_other() -> None:
        for _ in left:
            await _run(made, "ten")

    began = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(CONCURRENT)))
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
