"""What a person decides about an attempt of unknown effect counts, and its run goes on."""

import asyncio
import secrets
from typing import Any

import pytest

from tests.support.engines import World, engine
from tests.support.until import until
from tests.support.waiting import eventually
from tests.support.work import WorkDatabase
from vrooli.core.errors import Refused, UnknownName
from vrooli.execution.runs.effects import Decision, Effects
from vrooli.execution.runs.views import RunViews
from vrooli.execution.step_type import StepFailed


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def effects(work: WorkDatabase) -> Effects:
    return Effects(work.database, RunViews(work.database))


async def driven(work: WorkDatabase, world: World, run: str, status: str) -> None:
    """An engine works until the run stands so."""
    task = asyncio.create_task(engine(work, world).run())

    async def there() -> bool:
        return await work.status(run) == status

    try:
        await eventually(there, f"{run} is {status}")
    finally:
        task.cancel()
        await asyncio.wait([task])


async def broken(work: WorkDatabase, world: World) -> str:
    """A run whose worker died in the middle of `c`."""
    run = secrets.token_hex(6)
    await work.create(run)
    world.shut["c"] = asyncio.Event()
    dead = asyncio.create_task(engine(work, world).run())
    await until(lambda: world.inside == {(run, "c")})
    dead.cancel()
    await asyncio.wait([dead])
    del world.shut["c"]
    await driven(work, world, run, "failed")
    return run


def said(choice: Any, output: Any = None, path: str = "c") -> Decision:
    return Decision(path, choice, output, "ann", "the invoice is there")


async def outputs(work: WorkDatabase, run: str) -> list[tuple[str, Any]]:
    steps, _ = await RunViews(work.database).steps(run, 0, 100)
    return [(one["path"], one["output"]) for one in steps if one["status"] == "completed"]


async def test_done_counts_with_its_output_and_is_not_repeated(
    work: WorkDatabase, world: World, effects: Effects
) -> None:
    run = await broken(work, world)
    (one,) = [found for found in await effects.undecided(0, 200) if found["run"] == run]
    assert (one["path"], one["attempt"], one["routine"]) == ("c", 1, "test")
    assert one["arguments"] == {}
    assert (await effects.decide(run, said("done", {"invoice": 7})))["status"] == "pending"
    await driven(work, world, run, "completed")
    assert ("c", {"invoice": 7}) in await outputs(work, run)
    assert world.effects[run, "c", 1] == 1
    assert not world.twice()
    told = await effects.of_run(run, 10)
    assert told["undecided"] == []
    (decided,) = told["decided"]
    assert (decided["decision"], decided["by"], decided["why"], decided["path"]) == (
        *("done", "ann", "the invoice is there", "c"),
    )


async def test_again_executes_it_once_more_and_nothing_else(
    work: WorkDatabase, world: World, effects: Effects
) -> None:
    run = await broken(work, world)
    await effects.decide(run, said("again"))
    await driven(work, world, run, "completed")
    assert world.twice() == [(run, "c", 1)]
    assert [path for path, _ in await outputs(work, run)] == ["a", "b", "c", "d", "e"]
    seqs = await work.fetch("SELECT seq, kind FROM run_events WHERE root = $1 ORDER BY seq", run)
    assert [seq for seq, _ in seqs] == list(range(1, len(seqs) + 1))
    kinds = [kind for _, kind in seqs]
    assert kinds.index("run.failed") < kinds.index("effect.decided") < kinds.index("run.completed")


async def test_of_two_who_decide_at_once_one_is_refused(
    work: WorkDatabase, world: World, effects: Effects
) -> None:
    run = await broken(work, world)
    answers = await asyncio.gather(
        *(effects.decide(run, said(choice)) for choice in ("done", "again", "done", "again")),
        return_exceptions=True,
    )
    assert [type(one) for one in answers].count(Refused) == 3
    assert len((await effects.of_run(run, 10))["decided"]) == 1


async def test_what_is_not_to_be_decided_is_refused_and_changes_nothing(
    work: WorkDatabase, world: World, effects: Effects
) -> None:
    run = await broken(work, world)
    with pytest.raises(Refused, match="waits for no decision"):
        await effects.decide(run, said("done", path="a"))
    with pytest.raises(UnknownName):
        await effects.decide("nosuch", said("done"))
    with pytest.raises(StepFailed):
        await effects.decide(run, said("done", "\0"))
    assert await work.status(run) == "failed"
    await work.store.cancel(run, "somebody")
    assert len((await effects.of_run(run, 10))["undecided"]) == 1


async def test_what_a_later_attempt_has_settled_waits_for_nobody(
    work: WorkDatabase, world: World, effects: Effects
) -> None:
    run = await broken(work, world)
    await work.execute(
        "INSERT INTO steps (run, path, attempt, type, status, output, ended_at)"
        " VALUES ($1, 'c', 2, 'do', 'completed', '{}', now())",
        run,
    )
    assert (await effects.of_run(run, 10))["undecided"] == []
    assert run not in [one["run"] for one in await effects.undecided(0, 200)]
    with pytest.raises(Refused):
        await effects.decide(run, said("done"))
