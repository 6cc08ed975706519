"""What is told of a program beside a service that fails, or hangs."""

import asyncio
from pathlib import Path
from typing import cast

import pytest

from vrooli.core.errors import Refused, StartFailed
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


async def test_a_server_that_takes_a_question_and_never_answers_is_told_of_and_given_up(
    tmp_path: Path,
) -> None:
    clock = MemoryClock()
    keeper = MemoryKeeper(clock)
    tools = ProbeTools(cast(Place, None), cast(Streams, None), keeper, clock)
    running, told = Running("db", tmp_path / "log", tools), list[str]()
    launch = await running.begun(LaunchSpec("db.restore", ("postgres",), "/", {}, ""))
    asked = list[str]()

    async def hangs() -> None:
        asked.append("begun")
        try:
            await asyncio.Event().wait()
        finally:
            asked.append("ended")

    up = asyncio.create_task(running.until_up(launch, hangs, 0, 100.0, told.append))
    for _ in range(103):
        await clock.advance(1.0)
    pid = launch.identity.pid
    assert [line.partition(":")[0] for line in told] == [
        f"process {pid} says nothing for 30 s",
        f"process {pid} says nothing for 60 s",
    ]
    with pytest.raises(StartFailed, match="the server does not answer"):
        await up
    assert asked == ["begun", "ended"]


async def test_one_that_is_killed_while_it_is_asked_is_waited_for_no_more(tmp_path: Path) -> None:
    clock = MemoryClock()
    keeper = MemoryKeeper(clock)
    tools = ProbeTools(cast(Place, None), cast(Streams, None), keeper, clock)
    running = Running("db", tmp_path / "log", tools)
    launch = await running.begun(LaunchSpec("db.restore", ("postgres",), "/", {}, ""))
    up = asyncio.create_task(running.until_up(launch, asyncio.Event().wait, 0))
    await clock.advance(1.0)
    keeper.end(launch.launch_id, signal=9)
    await clock.advance(1.0)
    with pytest.raises(Refused, match="was killed before it answered"):
        await up
