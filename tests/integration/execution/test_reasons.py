"""The facts behind `why`, from real rows."""

import asyncio
import secrets
from typing import Any

import pytest

from tests.support.engines import World, engine
from tests.support.flow import TYPES
from tests.support.until import until
from tests.support.work import VERSION, WorkDatabase
from vrooli.core.errors import UnknownName
from vrooli.execution.batcher import Batcher
from vrooli.execution.journal import PostgresJournal
from vrooli.execution.runs import reasons as module
from vrooli.execution.runs.child_store import ChildStore, NewChild
from vrooli.execution.runs.children import child_id
from vrooli.execution.runs.reasons import Reasons
from vrooli.execution.runs.store import NewRun
from vrooli.execution.runs.transitions import Transitions
from vrooli.flow.budget import Limits, OverBudget, place_of
from vrooli.flow.entries import Begun, Failure, Finished
from vrooli.flow.model import Routine
from vrooli.flow.reading import read
from vrooli.host.clock import SystemClock

KINDS = (*TYPES, "wait")


def reasons(work: WorkDatabase, kinds: tuple[str, ...] = KINDS) -> Reasons:
    def routine(version: str, data: Any) -> Routine:
        return read(data, kinds, lambda name, arguments: [])

    def journal(run: str) -> PostgresJournal:
        return PostgresJournal(work.database, Batcher(work.database), run, 0)

    return Reasons(work.database, journal, routine, SystemClock())


async def claimed(work: WorkDatabase, *do: Any) -> tuple[str, PostgresJournal]:
    run = secrets.token_hex(6)
    await work.create(run, await work.define({"name": "test", "do": list(do)}))
    batcher = Batcher(work.database)
    return run, PostgresJournal(work.database, batcher, run, await work.claim(run))


async def test_a_step_that_is_under_way(work: WorkDatabase) -> None:
    world = World(shut={"b": asyncio.Event()})
    run = secrets.token_hex(6)
    await work.create(run)
    task = asyncio.create_task(engine(work, world).run())
    await until(lambda: world.inside == {(run, "b")})
    said = await reasons(work).of(run)
    assert (said.code, said.step, said.moving) == ("step", "b", True)
    assert (await reasons(work).of(run, "a")).code == "ended"
    assert (await reasons(work).of(run, "e")).code == "not-reached"
    task.cancel()
    await asyncio.wait([task])
    await work.execute("UPDATE runs SET lease_until = '-infinity' WHERE id = $1", run)
    assert (await reasons(work).of(run)).code == "no-worker"


async def test_a_pause_between_two_attempts(work: WorkDatabase) -> None:
    retry = {"most": 3, "first": 600, "longest": 600}
    run, journal = await claimed(work, {"step": "a", "do": {}, "retry": retry})
    failure = Failure("unreachable", "nobody answers", retryable=True)
    await journal.write(Finished("a", 1, "do", None, failure, 1000.0))
    said = await reasons(work).of(run)
    assert (said.code, said.since, said.until) == ("retry", 1000.0, 1600.0)


async def test_a_wait_tells_when_it_is_over(work: WorkDatabase) -> None:
    run, journal = await claimed(work, {"step": "a", "wait": {"seconds": 90}})
    await journal.write(Begun("a", 1, "wait", {"seconds": 90}, 1000.0))
    said = await reasons(work).of(run)
    assert (said.code, said.since, said.until) == ("wait", 1000.0, 1090.0)


async def test_of_a_long_run_what_was_written_at_its_beginning_is_told(
    work: WorkDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, journal = await claimed(work, {"step": "a", "wait": {"seconds": 90}})
    await journal.write(Begun("a", 1, "wait", {"seconds": 90}, 1000.0))
    monkeypatch.setattr(module, "MOST_EVENTS", 0)
    said = await reasons(work).of(run)
    assert (said.code, said.step, said.until) == ("wait", "a", 1090.0)


async def test_a_routine_that_this_server_cannot_read(work: WorkDatabase) -> None:
    run, _ = await claimed(work, {"step": "a", "wait": {"seconds": 90}})
    assert (await reasons(work, TYPES).of(run)).code == "definition"


async def test_who_paused_it_and_at_which_limit(work: WorkDatabase) -> None:
    run, above = secrets.token_hex(6), secrets.token_hex(6)
    limit = Limits(steps=4, tokens=50, on_limit="pause")
    await work.store.create(NewRun(above, "test", VERSION, {}, "ann", limits=limit), "us", 600.0)
    own = NewChild(run, above, "a", "test", VERSION, {}, Limits(tokens=100))
    await ChildStore(work.database).create(own, "us", 600.0)
    over = OverBudget("the budget has no room", where=place_of("tokens"))
    pause = "UPDATE budgets SET on_limit = 'pause' WHERE run = $1"
    await work.execute(pause, run)
    await work.store.over_budget(run, 1, over)
    said = await reasons(work).of(run)
    assert (said.code, said.moving) == ("budget", False)
    assert said.command == f"vrooli run budget {above} tokens=50", "that with the least room"
    assert "the budget has no room" in said.says
    await work.execute("UPDATE runs SET status = 'waiting', owner = NULL WHERE id = $1", above)
    assert await Transitions(work.database).pause(above, "ann")
    said = await reasons(work).of(above)
    assert (said.code, said.says) == ("paused", "ann paused it")
    assert said.command == f"vrooli run resume {above}"
    await work.store.cancel(above, "ann")


async def test_a_queue_that_nobody_serves(work: WorkDatabase) -> None:
    busy, run = secrets.token_hex(6), secrets.token_hex(6)
    await work.claim(busy)
    await work.create(run, queue="gpu")
    await work.execute("UPDATE run_events SET at = at - interval '1 hour' WHERE root = $1", run)
    said = await reasons(work).of(run)
    assert (said.code, said.command) == ("no-worker", "vrooli worker --queues gpu")


async def test_a_step_that_waits_for_its_run_has_the_reason_of_that_one(work: WorkDatabase) -> None:
    run, journal = await claimed(work, {"step": "a", "routine": {"name": "test"}})
    await journal.write(Begun("a", 1, "routine", {}, 1000.0))
    kinds = (*KINDS, "routine")
    child = child_id(run, "a", 1)
    said = await reasons(work, kinds).of(run)
    assert (said.code, said.command) == ("below", f"vrooli run why {child}")
    new = NewChild(child, run, "a", "test", VERSION, {})
    await ChildStore(work.database).create(new, None, 0.0)
    assert await Transitions(work.database).pause(child, "ann")
    said = await reasons(work, kinds).of(run)
    assert (said.code, said.step, said.command) == ("paused", "a", f"vrooli run resume {child}")
    await work.store.cancel(run, "ann")


async def test_what_is_not_there(work: WorkDatabase) -> None:
    with pytest.raises(UnknownName):
        await reasons(work).of("nosuch")
