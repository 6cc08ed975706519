"""The history when the disk refuses or the process is killed: nothing acknowledged is lost."""

import asyncio
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.support.clocks import TurnedClock
from tests.support.until import until
from vrooli.autoheal.history import History, Settings
from vrooli.autoheal.record import Kind, Record
from vrooli.autoheal.rollup import roll_up
from vrooli.core.errors import StorageError


def result(number: int) -> Record:
    return Record(Kind.RESULT, "disk", "ok", float(number), {"pad": "x" * 500})


@contextmanager
def full_disk(file: Path) -> Iterator[None]:
    """No file of this process may grow beyond what the spool has now: writes fail for real."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = max(each.stat().st_size for each in file.parent.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


async def fill(history: History) -> None:
    """Write until the disk takes no more."""
    for number in range(100_000):
        history.append(result(number))
        if number % 100 == 0:
            await asyncio.sleep(0)
        if history.health().error:
            return
    await until(lambda: bool(history.health().error))


async def test_full_disk_is_told_waited_for_and_nothing_acknowledged_is_lost(
    tmp_path: Path,
) -> None:
    path = tmp_path / "spool.db"
    history = History(path, "boot", TurnedClock(), Settings(limit=2000, commit_seconds=0.3))
    await history.start()
    kept = [await history.commit(result(number)) for number in range(50)]
    with full_disk(path):
        await fill(history)
        with pytest.raises(StorageError, match="not written yet") as caught:
            await history.commit(Record(Kind.HEAL, "web", "healed"))
        assert caught.value.retryable
        history.append(Record(Kind.TRANSITION, "web", "running"))
        for number in range(3000):
            history.append(result(number))
        health = history.health()
        assert "cannot write" in health.error
        assert health.dropped > 0
        # Two at most were taken out and not yet put back.
        assert health.backlog <= 2002 + 500
        assert set(kept) <= {entry.seq for entry in await history.records(limit=10_000)}
    await until(lambda: history.health().backlog == 0 and not history.health().error)
    assert await history.latest("heal", "web") is not None
    assert await history.latest("transition", "web") is not None
    numbers = [entry.seq for entry in await history.after(0, 10_000)]
    assert numbers == sorted(set(numbers))
    assert set(kept) <= set(numbers)
    await history.commit(result(0))
    events = await history.records("event", "spool")
    assert sum(event.data["dropped"] for event in events) == history.health().dropped
    assert await history.close()


async def test_unwritable_place_does_not_stop_the_watchdog(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    path = tmp_path / "file" / "spool.db"  # below a file there can be no folder, not even for root
    history = History(path, "boot", TurnedClock(), Settings(commit_seconds=0.1))
    await history.start()
    history.append(result(1))
    with pytest.raises(StorageError):
        await history.commit(result(2))
    with pytest.raises(StorageError):
        await history.records()
    assert "cannot open" in history.health().error
    assert history.health().backlog == 2
    (tmp_path / "file").unlink()
    (tmp_path / "file").mkdir()
    await until(lambda: history.health().backlog == 0)
    assert [entry.value for entry in await history.records()] == [2.0, 1.0]
    assert await history.close()


async def test_loop_never_waits_while_another_process_holds_the_file(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    history = History(path, "boot", TurnedClock(), Settings(commit_seconds=0.2))
    await history.start()
    await history.commit(result(0))
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        began = time.thread_time()
        for number in range(2000):
            history.append(result(number))
        with pytest.raises(StorageError):
            await history.commit(result(1))
        assert len(await history.records()) == 1  # readers go on
        assert time.thread_time() - began < 10
        other.execute("COMMIT")
    await until(lambda: history.health().backlog == 0)
    assert (await history.counts("result"))["disk"] == {"ok": 2002}
    assert await history.close()


WRITER = """
import asyncio, sys, time
from pathlib import Path
from vrooli.autoheal.history import History
from vrooli.autoheal.record import Kind, Record
from vrooli.autoheal.rollup import roll_up

class Clock:
    monotonic = staticmethod(time.monotonic)
    wall = staticmethod(time.time)
    sleep = staticmethod(asyncio.sleep)

async def commits(history, kind):
    while True:
        seq = await history.commit(Record(kind, "s", "ok", 1.0, {"pad": "x" * 300}))
        await history.put_state("last", seq)
        sys.stdout.write(f"{seq}\\n")
        sys.stdout.flush()

async def rollups(history):
    while True:
        await roll_up(history)
        await asyncio.sleep(0)

async def main():
    history = History(Path(sys.argv[1]), "boot", Clock())
    await history.start()
    await asyncio.gather(commits(history, Kind.RESULT), commits(history, Kind.HEAL),
                         rollups(history))

asyncio.run(main())
"""


def killed_after(path: Path, lines: int, grace: float) -> list[int]:
    """Run a writer, kill -9 it after it acknowledged `lines` rows; all that it acknowledged."""
    command = [sys.executable, "-c", WRITER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline() for _ in range(lines)]
        time.sleep(grace)
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.readlines()
    return [int(line) for line in acknowledged if line.endswith("\n")]


async def test_kill_9_loses_nothing_acknowledged_and_minutes_count_each_result_once(
    tmp_path: Path,
) -> None:
    path = tmp_path / "spool.db"
    chance = random.Random(7)
    acknowledged: list[int] = []
    for _ in range(6):
        acknowledged += await asyncio.to_thread(
            killed_after, path, chance.randrange(1, 60), chance.random() / 10
        )
    history = History(path, "boot", TurnedClock())
    await history.start()
    assert "damaged" not in str([event.data for event in await history.records("event")])
    entries: list[int] = []
    while batch := await history.after(entries[-1] if entries else 0, 5000):
        entries += [entry.seq for entry in batch]
    assert len(acknowledged) == len(set(acknowledged))
    assert set(acknowledged) <= set(entries)
    assert await history.get_state("last") >= acknowledged[-1] - 1
    await roll_up(history)
    results = (await history.counts("result"))["s"]["ok"]
    assert sum(minute.n for minute in await history.minutes("s")) == results
    assert await history.close()
