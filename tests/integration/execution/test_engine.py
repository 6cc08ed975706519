"""Engines share the runs, and take over from each other."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.support.engines import World, engine
from tests.support.postgres import Postgres
from tests.support.until import until
from tests.support.waiting import eventually
from tests.support.work import VERSION, WorkDatabase
from vrooli.execution.runs.engine import LEASE, Engine


@pytest.fixture
def world() -> World:
    return World()


@asynccontextmanager
async def working(one: Engine) -> AsyncIterator[Engine]:
    """While it runs."""
    task = asyncio.create_task(one.run())
    try:
        yield one
    finally:
        await kill(task)


async def kill(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


async def new(work: WorkDatabase, count: int, version: str = VERSION) -> list[str]:
    runs = [secrets.token_hex(6) for _ in range(count)]
    for run in runs:
        await work.create(run, version)
    return runs


def one_step(name: str, kind: str = "do") -> dict[str, Any]:
    return {"name": "test", "do": [{"step": name, kind: {}}]}


async def all_are(work: WorkDatabase, runs: list[str], status: str) -> None:
    async def look() -> bool:
        query = "SELECT id FROM runs WHERE status = $2 AND id = ANY($1)"
        return len(await work.fetch(query, runs, status)) == len(runs)

    await eventually(look, f"all are {status}")


async def test_runs_are_found_and_done(work: WorkDatabase, world: World) -> None:
    runs = await new(work, 20)
    async with working(engine(work, world)):
        await all_are(work, runs, "completed")
    assert len(world.effects) == 100
    assert not world.twice()


async def test_two_share_the_work_and_do_nothing_twice(
    work: WorkDatabase, other: WorkDatabase, world: World
) -> None:
    runs = await new(work, 60)
    async with working(engine(work, world, 10)), working(engine(other, world, 10)):
        await all_are(work, runs, "completed")
    assert not world.twice()


async def test_no_more_runs_than_slots(work: WorkDatabase, world: World) -> None:
    world.shut["a"] = asyncio.Event()
    runs = await new(work, 5)
    one = engine(work, world, slots=3)
    await one.sweep()
    await one.sweep()
    assert one.room == 0
    await until(lambda: len(world.inside) == 3)
    world.shut["a"].set()
    async with working(one):
        await all_are(work, runs, "completed")


async def test_what_somebody_has_is_not_taken_before_its_lease_ends(
    work: WorkDatabase, other: WorkDatabase, world: World
) -> None:
    world.shut["b"] = asyncio.Event()
    await new(work, 3)
    mine, theirs = engine(work, world), engine(other, world)
    await mine.sweep()
    await until(lambda: len(world.inside) == 3)
    await theirs.sweep()
    assert theirs.room == theirs.parts.slots
    await mine.renew()
    query = "SELECT extract(epoch FROM min(lease_until) - now())::float8 FROM runs WHERE owner = $1"
    ((left,),) = await work.fetch(query, mine.parts.owner)
    assert 0 < left <= LEASE
    for run in [run for run, _ in world.inside]:
        mine.drop(run)
    await until(lambda: not world.inside)


async def test_another_goes_on_where_a_dead_one_was(
    work: WorkDatabase, other: WorkDatabase, world: World
) -> None:
    """Nothing that ended is done again; what was under way, and must not be, is told."""
    world.shut["c"] = asyncio.Event()
    runs = await new(work, 10)
    dead = asyncio.create_task(engine(work, world).run())
    await until(lambda: world.inside == {(run, "c") for run in runs})
    await kill(dead)
    del world.shut["c"]
    async with working(engine(other, world)):
        await work.expire()
        await all_are(work, runs, "failed")
    assert not world.twice()
    assert {path for _, path, _ in world.effects} == {"a", "b", "c"}
    rows = await work.fetch("SELECT DISTINCT failure->>'kind' FROM runs WHERE id = ANY($1)", runs)
    assert rows == [("unknown-effect",)]


async def test_who_ends_in_order_hands_its_runs_on_at_once(
    work: WorkDatabase, other: WorkDatabase, world: World
) -> None:
    world.shut["a"] = asyncio.Event()
    repeatable = await work.define(one_step("a", "ask"))
    runs = await new(work, 5, repeatable)
    ending = asyncio.create_task(engine(work, world).run())
    await until(lambda: len(world.inside) == 5)
    await kill(ending)
    next_one = engine(other, world)
    await next_one.sweep()
    assert next_one.room == next_one.parts.slots - 5
    world.shut["a"].set()
    await all_are(work, runs, "completed")


async def test_a_cancelled_run_is_dropped_at_the_next_renewal(
    work: WorkDatabase, world: World
) -> None:
    world.shut["a"] = asyncio.Event()
    (run,) = await new(work, 1)
    one = engine(work, world)
    await one.sweep()
    await until(lambda: bool(world.inside))
    assert await work.store.cancel(run, "somebody")
    assert not await work.store.cancel(run, "somebody")
    await one.renew()
    await until(lambda: not world.inside)
    assert one.room == one.parts.slots
    assert await work.status(run) == "cancelled"


async def test_who_lost_a_run_cannot_end_it(work: WorkDatabase, world: World) -> None:
    world.shut["e"] = asyncio.Event()
    (run,) = await new(work, 1)
    one = engine(work, world)
    await one.sweep()
    await until(lambda: world.inside == {(run, "e")})
    await work.claim(run)
    world.shut["e"].set()
    await until(lambda: one.room == one.parts.slots)
    assert await work.status(run) == "running"


async def test_one_that_was_away_for_longer_than_its_lease_keeps_what_it_has(
    work: WorkDatabase, world: World
) -> None:
    """It is alive: its own next sweep must not take its runs from it."""
    world.shut["c"] = asyncio.Event()
    runs = await new(work, 10)
    one = engine(work, world)
    await one.sweep()
    await until(lambda: len(world.inside) == 10)
    await work.expire()
    await one.sweep()
    world.shut["c"].set()
    await all_are(work, runs, "completed")
    assert not world.twice()


async def test_a_run_that_is_claimed_again_is_driven_once(work: WorkDatabase, world: World) -> None:
    world.shut["a"] = asyncio.Event()
    (run,) = await new(work, 1, await work.define(one_step("a", "ask")))
    one = engine(work, world)
    await one.sweep()
    await until(lambda: bool(world.inside))
    await work.expire()
    (claim,) = await work.store.claim(one.parts.owner, LEASE, 1, others=True)
    one.take(claim)
    await until(lambda: world.effects[run, "a", 1] == 2)
    assert [task.get_name() for task in asyncio.all_tasks()].count(f"run {run}") == 1
    world.shut["a"].set()
    await all_are(work, [run], "completed")


async def test_after_an_outage_who_lives_has_the_time_to_renew(
    work: WorkDatabase, other: WorkDatabase, world: World
) -> None:
    """Another engine that saw the outage too takes what is new, and nothing from its owner."""
    world.shut["c"] = asyncio.Event()
    held = await new(work, 5)
    mine, theirs = engine(work, world), engine(other, world)
    await mine.sweep()
    await until(lambda: len(world.inside) == 5)
    other.database.away = True
    async with working(theirs):
        await until(lambda: other.database.refused > 0)
        await work.expire()
        fresh = await new(work, 5, await work.define(one_step("x")))
        other.database.away = False
        await all_are(work, fresh, "completed")
        world.shut["c"].set()
        await all_are(work, held, "completed")
    assert not world.twice()
    rows = await work.fetch("SELECT DISTINCT fence FROM runs WHERE id = ANY($1)", held)
    assert rows == [(1,)]


async def test_answers_that_get_lost_cost_no_run_its_owner(
    work: WorkDatabase, world: World
) -> None:
    world.shut["a"] = asyncio.Event()
    runs = await new(work, 20)
    one = engine(work, world)
    await one.sweep()
    await until(lambda: len(world.inside) == 20)
    work.database.losing = 3
    world.shut["a"].set()
    async with working(one):
        await until(lambda: work.database.refused > 10)
        work.database.losing = 0
        await all_are(work, runs, "completed")
    assert not world.twice()
    claimed = await work.fetch("SELECT max(fence) FROM runs WHERE id = ANY($1)", runs)
    assert claimed == [(1,)]


async def test_a_defect_that_one_run_meets_leaves_the_others_alone(
    work: WorkDatabase, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    (bad,) = await new(work, 1, await work.define({"name": "test", "do": "nothing"}))
    (worse,) = await new(
        work, 1, await work.define({"name": "test", "do": [{"step": "x", "do": {}}]})
    )
    runs = await new(work, 3)
    world.outputs["x"] = ValueError
    async with working(engine(work, world)):
        await all_are(work, runs, "completed")
    assert (await work.status(bad), await work.status(worse)) == ("pending", "running")
    assert f"run {bad} is left to other builds" in caplog.text
    assert f"run {worse} is let go" in caplog.text


async def test_an_outage_in_the_middle_loses_nothing_and_repeats_nothing(
    own_cluster: Postgres, world: World
) -> None:
    """kill -9 of PostgreSQL while twenty runs are on their way."""
    work = WorkDatabase(own_cluster.dsn_of("work"))
    world.shut["c"] = asyncio.Event()
    runs = await new(work, 20)
    async with working(engine(work, world)):
        await until(lambda: len([one for one in world.inside if one[1] == "c"]) == 20)
        await asyncio.to_thread(own_cluster.kill)
        world.shut["c"].set()
        await until(lambda: not world.inside)
        await asyncio.to_thread(own_cluster.start)
        await all_are(work, runs, "completed")
    assert not world.twice()
    query = "SELECT count(*), count(DISTINCT run) FROM steps WHERE status = 'completed'"
    assert await work.fetch(query) == [(100, 20)]
    await work.close()
