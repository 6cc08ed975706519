"""A run in a long wait takes nobody's place, and goes on at its time, once, whoever is there."""

import asyncio
from typing import Any

from tests.support.control import Process, approval, ask, working
from tests.support.waiting import eventually
from vrooli.execution.runs.store import RunStore

DAY = 86_400.0
LONG = {"step": "long", "wait": {"seconds": DAY}}


async def fetch(one: Process, statement: str, *values: Any) -> list[Any]:
    async with one.database.connection() as connection:
        return list(await connection.fetch(statement, *values))


async def a_day_passes(one: Process, *runs: str) -> None:
    """As far as what they are in can tell."""
    begun = "UPDATE steps SET begun_at = begun_at - interval '1 day' WHERE run = ANY ($1)"
    await fetch(one, begun, runs)
    due = "UPDATE runs SET lease_until = lease_until - interval '1 day' WHERE id = ANY ($1)"
    await fetch(one, due, runs)


async def test_many_wait_and_none_takes_a_place(one: Process) -> None:
    """Far more than there are places, and nobody sleeps for them."""
    runs = [await one.start(LONG) for _ in range(130)]
    for run in runs:
        await one.until(run, "waiting")
    assert one.work.engine.room == one.work.engine.parts.slots
    rows = await fetch(
        one,
        "SELECT DISTINCT owner, round(extract(epoch FROM lease_until - created_at) / 60)"
        " FROM runs WHERE id = ANY ($1)",
        runs,
    )
    assert [tuple(row) for row in rows] == [(None, DAY / 60)]
    await a_day_passes(one, *runs)
    await one.work.engine.parts.transitions.due()
    rows = await fetch(one, "SELECT DISTINCT status FROM runs WHERE id = ANY ($1)", runs)
    assert [row[0] for row in rows] == ["pending"], "all of them in one sweep"


async def test_after_a_crash_another_goes_on_at_the_time_and_once(
    one: Process, second: Process, work_dsn: str
) -> None:
    """Both look, as often as they like; the steps around the wait are done once."""
    runs = [await one.start(ask("before"), LONG, ask("after")) for _ in range(5)]
    for run in runs:
        await one.until(run, "waiting")
    await one.close()
    third = Process(work_dsn)
    async with working(second), working(third):
        await a_day_passes(second, *runs)
        for run in runs:
            await second.until(run, "completed")
    assert second.web.asked + third.web.asked == {"after": 5}
    assert one.web.asked == {"before": 5}
    await third.close()
    kinds = ["run.created", "run.waiting", "run.pending", "run.completed"]
    assert await second.kinds(runs[0]) == kinds


async def test_what_runs_beside_it_goes_on(one: Process) -> None:
    one.web.shut["slow"] = asyncio.Event()
    run = await one.start({"parallel": [[LONG, ask("last")], [ask("a"), ask("slow"), ask("b")]]})
    await eventually(lambda: _true("slow" in one.web.inside), "the step beside it")
    assert (await one.run(run))["status"] == "running"
    one.web.shut["slow"].set()
    await one.until(run, "waiting")
    assert one.web.asked == {"a": 1, "slow": 1, "b": 1}
    await a_day_passes(one, run)
    await one.work.engine.sweep()
    await one.until(run, "completed")
    assert one.web.asked["last"] == 1


async def _true(what: bool) -> bool:
    return what


async def test_a_decision_before_it_or_beside_it_changes_nothing(one: Process) -> None:
    """The wait looks at none; the question beside it hears its own."""
    run = await one.start(approval("first"), {"parallel": [[LONG], [approval("beside"), ask("a")]]})
    await one.decide(await one.asked(run))
    await one.decide(await one.asked(run))
    await eventually(lambda: _true(one.web.asked["a"] == 1), "the branch with the question")
    await one.until(run, "waiting")
    await one.work.runs.cancel(run, "ann")


async def test_the_time_of_its_budget_ends_it_all_the_same(one: Process) -> None:
    run = await one.start(LONG, budget={"time": 600})
    await one.until(run, "waiting")
    ((left,),) = await fetch(
        one, "SELECT extract(epoch FROM lease_until - now())::float8 FROM runs WHERE id = $1", run
    )
    assert 0 < left <= 600
    await fetch(one, "UPDATE runs SET deadline = now(), lease_until = now() WHERE id = $1", run)
    await one.work.engine.sweep()
    found = await one.until(run, "failed")
    assert found["failure"]["kind"] == "budget"
    assert not await RunStore(one.database).cancel(run, "ann")


async def test_more_and_less_time_counts_while_it_waits(one: Process) -> None:
    run = await one.start(LONG, budget={"time": 600})
    await one.until(run, "waiting")
    for seconds in (60, 100_000):
        await one.work.budgets.change(run, {"time": seconds}, "ann")
        ((due, deadline),) = await fetch(
            one,
            "SELECT extract(epoch FROM lease_until - created_at)::float8,"
            " extract(epoch FROM deadline - created_at)::float8 FROM runs WHERE id = $1",
            run,
        )
        assert (due, deadline) == (60, seconds), "it looks early, and waits on"
    await one.work.runs.cancel(run, "ann")
