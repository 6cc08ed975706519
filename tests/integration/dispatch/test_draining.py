"""An orderly end: nothing is stranded, and no step becomes unknown because of a restart alone."""

import asyncio

import pytest

from tests.support.engines import World, engine
from tests.support.until import until
from tests.support.waiting import eventually
from tests.support.work import WorkDatabase


async def ended(work: WorkDatabase, status: str) -> None:
    async def look() -> bool:
        return await work.fetch("SELECT DISTINCT status FROM runs") == [(status,)]

    await eventually(look, f"all are {status}")


async def test_a_step_that_must_not_be_repeated_ends_and_another_goes_on_behind_it(
    work: WorkDatabase, other: WorkDatabase, world: World
) -> None:
    world.shut["a"] = asyncio.Event()
    for run in ("x", "y"):
        await work.create(run)
    leaving, staying = engine(work, world), engine(other, world)
    await leaving.sweep()
    await until(lambda: len(world.inside) == 2)
    draining = asyncio.create_task(leaving.drain(60.0))
    await until(lambda: leaving.room == 0)
    await work.create("z")
    await leaving.sweep()
    await staying.sweep()
    await until(lambda: ("z", "a") in world.inside)
    assert len(world.inside) == 3, "it took nothing more, and kept what it had"
    world.shut["a"].set()
    await draining
    await staying.sweep()
    await ended(work, "completed")
    assert not world.twice()
    assert len(world.effects) == 6


async def test_what_does_not_end_in_time_is_cut_off_and_said(
    work: WorkDatabase, other: WorkDatabase, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.shut["a"] = asyncio.Event()
    await work.create("x")
    leaving = engine(work, world)
    running = asyncio.create_task(leaving.run())
    await until(lambda: world.inside == {("x", "a")})
    await leaving.drain(0.01)
    assert "run x is cut off after 0.01 s, in step a" in caplog.text
    running.cancel()
    await asyncio.wait([running])
    assert not world.inside
    await engine(other, world).sweep()
    await ended(work, "failed")
    assert await work.fetch("SELECT failure->>'kind' FROM runs") == [("unknown-effect",)]


async def test_what_was_claimed_while_a_drain_began_is_given_back(
    work: WorkDatabase, other: WorkDatabase, world: World
) -> None:
    await work.create("x")
    leaving = engine(work, world)
    claims = await work.store.claim(leaving.parts.owner, 60.0, 1)
    await leaving.drain(1.0)
    await leaving.begin(claims)
    await engine(other, world).sweep()
    await ended(work, "completed")
