"""Engines in processes of their own, one of which dies, or only seems to."""

import secrets
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.waiting import eventually
from tests.support.work import WorkDatabase

ROOT = Path(__file__).parents[3]
RUNS, STEPS = 20, 30


@contextmanager
def engine_process(dsn: str, effects: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """One that works until killed."""
    command = [sys.executable, "-m", "tests.support.engine_process", dsn, str(effects)]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


@pytest.fixture
async def runs(work: WorkDatabase) -> list[str]:
    """Of many steps, none of which may be repeated unasked."""
    return await new(work, "do")


async def new(work: WorkDatabase, kind: str) -> list[str]:
    steps = [{"step": f"s{number}", kind: {}} for number in range(STEPS)]
    version = await work.define({"name": "test", "do": steps})
    runs = [secrets.token_hex(6) for _ in range(RUNS)]
    for run in runs:
        await work.create(run, version)
    return runs


def executions(effects: Path) -> Counter[tuple[str, str]]:
    lines = effects.read_text(encoding="ascii").splitlines() if effects.exists() else []
    return Counter((run, path) for _, run, path in map(str.split, lines))


async def ended(work: WorkDatabase, runs: list[str]) -> None:
    async def look() -> bool:
        query = "SELECT count(*) FROM runs WHERE ended_at IS NOT NULL AND id = ANY($1)"
        return await work.fetch(query, runs) == [(len(runs),)]

    await eventually(look, "all have ended", 120.0)


async def under_way(work: WorkDatabase, runs: list[str]) -> None:
    """Until each run has done something, and none has ended."""

    async def look() -> bool:
        query = "SELECT count(DISTINCT run) FROM steps WHERE status = 'completed' AND run = ANY($1)"
        return await work.fetch(query, runs) == [(len(runs),)]

    await eventually(look, "all are under way")


async def completed(work: WorkDatabase, runs: list[str]) -> set[tuple[str, str]]:
    query = "SELECT run, path FROM steps WHERE status = 'completed' AND run = ANY($1)"
    return {(str(row[0]), str(row[1])) for row in await work.fetch(query, runs)}


async def test_after_kill_9_another_goes_on_and_repeats_nothing_that_was_done(
    dsn: str, work: WorkDatabase, tmp_path: Path
) -> None:
    runs, effects = await new(work, "ask"), tmp_path / "effects"
    with engine_process(dsn, effects) as first:
        await under_way(work, runs)
        with engine_process(dsn, effects):
            first.kill()
            first.wait()
            done = await completed(work, runs)
            await ended(work, runs)
    times = executions(effects)
    assert not [key for key in done if times[key] > 1]
    assert len(times) == RUNS * STEPS
    statuses = await work.fetch("SELECT DISTINCT status FROM runs WHERE id = ANY($1)", runs)
    assert statuses == [("completed",)]


async def test_a_zombie_that_comes_back_writes_nothing(
    dsn: str, work: WorkDatabase, tmp_path: Path, runs: list[str]
) -> None:
    """SIGSTOP until its runs are another's, then SIGCONT while the other works on them."""
    effects = tmp_path / "effects"
    with engine_process(dsn, effects) as zombie:
        await under_way(work, runs)
        zombie.send_signal(signal.SIGSTOP)
        with engine_process(dsn, effects):

            async def taken() -> bool:
                query = "SELECT min(fence) FROM runs WHERE id = ANY($1)"
                return await work.fetch(query, runs) == [(2,)]

            await eventually(taken, "all are taken over")
            zombie.send_signal(signal.SIGCONT)
            await ended(work, runs)
    assert max(executions(effects).values()) == 1
    fences = await work.fetch("SELECT DISTINCT fence FROM runs WHERE id = ANY($1)", runs)
    assert fences == [(2,)], "it did not get them back"
    twice = (
        "SELECT root FROM run_events WHERE root = ANY($1) GROUP BY root HAVING max(seq) <> count(*)"
    )
    assert await work.fetch(twice, runs) == []
