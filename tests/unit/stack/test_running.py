"""What is told of a program beside a service that fails, or hangs."""

import asyncio
from pathlib import Path
from typing import cast

import pytest

from vrooli.core.errors import StartFailed
from vrooli.core.launch import LaunchSpec
from vrooli.core.ports.streams import Streams
from vrooli.host.memory.clock import MemoryClock
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.stack.kind import Place, ProbeTools
from vrooli.stack.running import Running


@pytest.mark.parametrize(
    ("log", "next_step"),
    [
        # A file system on which nothing is ever free.
        (Path("/proc/postgres.log"), "make room where /proc/postgres.log is"),
        (Path("/missing/postgres.log"), "the whole output is in /missing/postgres.log"),
    ],
)
def test_where_the_disk_is_full_nobody_is_sent_to_an_empty_log(log: Path, next_step: str) -> None:
    running = Running("postgres", log, cast(ProbeTools, None))
    told = running.failed("could not fetch it: it exited with code 120", running.mark())
    assert told.next_step.startswith(next_step)


async def test_who_waits_for_one_that_hangs_hears_of_it_and_how_to_end_it(tmp_path: Path) -> None:
    clock = MemoryClock()
    keeper = MemoryKeeper(clock)
    tools = ProbeTools(cast(Place, None), cast(Streams, None), keeper, clock)
    spec = LaunchSpec("db.restore", ("fetch",), "/", {}, str(tmp_path / "log"))
    told: list[str] = []
    work = asyncio.create_task(
        Running("db", tmp_path / "log", tools).run("fetch it", spec, told.append, details=True)
    )
    for _ in range(100):
        await clock.advance(1.0)
    (launch,) = await keeper.launches()
    pid = launch.identity.pid
    assert [line.partition(":")[0] for line in told] == [
        "fetch it",
        f"process {pid} says nothing for 30 s",
        f"process {pid} says nothing for 60 s",
    ]
    assert f"`kill -9 {pid}` ends this" in told[-1]
    keeper.end(launch.launch_id, signal=9)
    await clock.advance(1.0)
    with pytest.raises(StartFailed, match="could not fetch it: it was killed by signal 9"):
        await work
