"""A run that is free moves because somebody is told, not because a clock goes round: the clocks of
these engines stand still.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.support.engines import World, engine
from tests.support.flow import step
from tests.support.until import until
from tests.support.waiting import eventually
from tests.support.work import WorkDatabase
from vrooli.execution.runs.engine import Engine
from vrooli.execution.runs.sharing import CHANNEL
from vrooli.execution.runs.store import Serves
from vrooli.host.memory.clock import MemoryClock
from vrooli.server import listening
from vrooli.server.listening import Listening


@asynccontextmanager
async def woken(dsn: str, one: Engine) -> AsyncIterator[None]:
    """While it works, and hears; it has looked once before."""
    heard = asyncio.Event()

    def hear(queue: str) -> None:
        one.woken(queue)
        heard.set()

    jobs = (one.run(), Listening(dsn, {CHANNEL: hear}).run())
    tasks = [asyncio.create_task(job) for job in jobs]
    await heard.wait()
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def completed(work: WorkDatabase, *runs: str) -> None:
    async def look() -> bool:
        query = "SELECT count(*) FROM runs WHERE status = 'completed' AND id = ANY($1)"
        return await work.fetch(query, list(runs)) == [(len(runs),)]

    await eventually(look, "all are completed")


async def test_a_new_run_wakes_who_serves_its_queue(
    dsn: str, work: WorkDatabase, other: WorkDatabase, world: World
) -> None:
    gpu = engine(other, world, serves=Serves(("gpu",)), clock=MemoryClock())
    async with woken(dsn, gpu):
        await work.create("a")
        await work.create("b", queue="gpu")
        await completed(work, "b")
        assert await work.status("a") == "pending"


async def test_what_waited_for_room_begins_as_soon_as_there_is_some(
    dsn: str, work: WorkDatabase, world: World
) -> None:
    runs = [f"r{number}" for number in range(30)]
    async with woken(dsn, engine(work, world, slots=2, clock=MemoryClock())):
        for run in runs:
            await work.create(run)
        await completed(work, *runs)
    assert not world.twice()


async def test_what_one_hands_over_moves_in_another_at_once(
    dsn: str, work: WorkDatabase, other: WorkDatabase, world: World
) -> None:
    world.shut["a"] = asyncio.Event()
    version = await work.define({"name": "test", "do": [{"step": "a", "ask": {}}, step("b")]})
    runs = [f"r{number}" for number in range(5)]
    leaving = engine(work, world, clock=MemoryClock())
    async with woken(dsn, leaving):
        for run in runs:
            await work.create(run, version)
        await until(lambda: len(world.inside) == 5)
        async with woken(dsn, engine(other, world, clock=MemoryClock())):
            world.shut.clear()
            await leaving.drain(60.0)
            await completed(work, *runs)
    assert world.effects["r0", "a", 1] == 2
    assert world.effects["r0", "b", 1] == 1


async def test_who_was_cut_off_hears_again_and_looks_for_what_was_missed(
    dsn: str, work: WorkDatabase, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "FIRST_PAUSE", 0.01)
    listeners = "FROM pg_stat_activity WHERE application_name = 'vrooli-listen'"
    async with woken(dsn, engine(work, world, clock=MemoryClock())):
        for run in ("a", "b"):
            await work.execute(f"SELECT pg_terminate_backend(pid) {listeners}")
            await work.create(run)
            await completed(work, run)


async def test_a_renewal_wakes_nobody(dsn: str, work: WorkDatabase) -> None:
    told: list[str] = []
    listener = asyncio.create_task(Listening(dsn, {CHANNEL: told.append}).run())
    await until(lambda: told == [""])
    await work.create("a")
    (claim,) = await work.store.claim("me", 60.0, 1)
    assert await work.store.renew([("a", claim.fence)], 60.0) == {"a"}
    await work.create("b", queue="last")
    await until(lambda: told[-1] == "last")
    assert told == ["", "default", "last"]
    listener.cancel()
    await asyncio.wait([listener])
