"""Runs of routines at their times, on a real PostgreSQL, by as many servers as there are."""

import asyncio
from typing import Any

import pytest

from tests.support.steps import tools
from tests.support.work import WorkDatabase
from vrooli.core.errors import Refused, UnknownName
from vrooli.execution.due import Missed, Times
from vrooli.execution.runs.inputs import BadInputs
from vrooli.execution.schedules import Plan
from vrooli.execution.work import Share, Work
from vrooli.execution.work import work as put_together
from vrooli.host.memory.clock import MemoryClock

ROUTINE = {
    "name": "report",
    "inputs": {"type": "object", "required": ["days"]},
    "do": [{"step": "a", "value": {}}],
}


def server(place: WorkDatabase, owner: str = "me") -> Work:
    """As one process has it; it starts runs, and works on none."""
    return put_together(place.database, owner, MemoryClock(), tools(), Share(slots=0))


@pytest.fixture
async def one(work: WorkDatabase) -> Work:
    made = server(work)
    await made.routines.put(ROUTINE)
    return made


def plan(**more: Any) -> Plan:
    """Hourly, for somebody."""
    missed: Missed = "once"
    given: dict[str, Any] = {
        "name": "hourly",
        "routine": "report",
        "inputs": {"days": 1},
        "times": Times("0 * * * *", "UTC"),
        "missed": missed,
        "priority": 5,
        "enabled": True,
        "by": "ann",
        **more,
    }
    return Plan(**given)


async def passed(work: WorkDatabase, hours: int) -> None:
    """As if nobody had looked for so long."""
    await work.execute(
        "UPDATE schedules SET last_due = date_trunc('hour', now()) - make_interval(hours => $1),"
        " next_due = date_trunc('hour', now()) - make_interval(hours => $1 - 1)",
        hours,
    )


async def runs(work: WorkDatabase) -> list[tuple[Any, ...]]:
    query = "SELECT created_by, priority, routine, inputs->>'days' FROM runs"
    return await work.fetch(query)


async def test_a_due_time_gets_one_run_however_many_servers_there_are(
    work: WorkDatabase, other: WorkDatabase, one: Work
) -> None:
    await one.planning.add(plan())
    await passed(work, 1)
    servers = [one, *(server(place, f"s{n}") for n, place in enumerate((other, work, other)))]
    await asyncio.gather(*(each.scheduler.look() for each in servers))
    assert await runs(work) == [("ann", 5, "report", "1")]
    (shown,) = await one.planning.store.all()
    ((run,),) = await work.fetch("SELECT id FROM runs")
    assert (shown.last_run, shown.last_error) == (run, None)
    assert shown.next_due == shown.last_due + 3600
    await one.scheduler.look()
    assert len(await runs(work)) == 1


async def test_who_dies_between_the_run_and_the_record_is_followed_without_a_second_run(
    work: WorkDatabase, one: Work
) -> None:
    await one.planning.add(plan())
    await passed(work, 1)
    before = "SELECT last_due, next_due FROM schedules"
    ((last, coming),) = await work.fetch(before)
    await one.scheduler.look()
    await work.execute("UPDATE schedules SET last_due = $1, next_due = $2", last, coming)
    await one.scheduler.look()
    assert len(await runs(work)) == 1


async def test_what_was_missed_is_caught_up_once(work: WorkDatabase, one: Work) -> None:
    await one.planning.add(plan())
    await passed(work, 50)
    await one.scheduler.look()
    await one.scheduler.look()
    assert len(await runs(work)) == 1


async def test_a_disabled_one_starts_nothing_and_catches_nothing_up(
    work: WorkDatabase, one: Work
) -> None:
    await one.planning.add(plan())
    disabled = await one.planning.switch("hourly", enabled=False)
    assert disabled.to_json()["next_due"] is None
    await passed(work, 50)
    await one.scheduler.look()
    enabled = await one.planning.switch("hourly", enabled=True)
    assert enabled.next_due is not None
    await one.scheduler.look()
    assert await runs(work) == []


async def test_what_cannot_start_is_told_and_does_not_stop_the_others(
    work: WorkDatabase, one: Work
) -> None:
    await one.planning.add(plan(name="bad"))
    await one.planning.add(plan(name="good"))
    await passed(work, 1)
    await work.execute("UPDATE schedules SET routine = 'gone' WHERE name = 'bad'")
    await one.scheduler.look()
    bad, good = await one.planning.store.all()
    assert "gone" in (bad.last_error or "")
    assert good.last_error is None
    assert bad.next_due == good.next_due
    assert len(await runs(work)) == 1


async def test_one_that_cannot_be_reckoned_here_does_not_stop_the_others(
    work: WorkDatabase, one: Work
) -> None:
    for name in ("bad", "good"):
        await one.planning.add(plan(name=name))
    await passed(work, 1)
    await work.execute("UPDATE schedules SET timezone = 'Mars/Base' WHERE name = 'bad'")
    await one.scheduler.look()
    bad, good = await one.planning.store.all()
    assert "Mars/Base" in (bad.last_error or "")
    assert (bad.last_run, good.last_error) == (None, None)
    assert len(await runs(work)) == 1
    await work.execute("UPDATE schedules SET timezone = 'UTC', next_due = now()")
    await one.scheduler.look()
    assert len(await runs(work)) == 2, "its time is caught up as soon as it can be"


async def test_what_makes_no_sense_is_refused(work: WorkDatabase, one: Work) -> None:
    await one.planning.add(plan())
    with pytest.raises(Refused, match="of that name"):
        await one.planning.add(plan())
    with pytest.raises(BadInputs):
        await one.planning.add(plan(name="b", inputs={}))
    with pytest.raises(UnknownName):
        await one.planning.add(plan(name="b", routine="nosuch"))
    with pytest.raises(UnknownName):
        await one.planning.switch("nosuch", enabled=True)
    assert (await one.planning.store.remove("hourly")).plan == plan()
    assert await one.planning.store.all() == []
