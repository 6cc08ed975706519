"""Runs within runs, on a real PostgreSQL."""

import asyncio
import secrets
from contextlib import suppress
from typing import Any

import pytest

from tests.support.live import told_in
from tests.support.trees import Place, goes_on, place, sub
from tests.support.waiting import eventually
from vrooli.core.errors import Refused
from vrooli.execution.runs.children import child_id
from vrooli.execution.subruns import DEEPEST


async def test_its_output_is_that_of_the_run(here: Place) -> None:
    inner = await here.put(
        {"step": "n", "value": {"n": "${inputs.n}"}}, output="${steps.n.n}", inputs={}
    )
    outer = await here.put(sub("a", inner, n=3), sub("b", inner, n="${steps.a}"))
    run = await here.start(outer)
    found = await here.end(run)
    assert (found["status"], found["output"]) == ("completed", 3)
    rows = await here.fetch(
        "SELECT id, root, parent_path, ancestors, created_by FROM runs WHERE parent = $1"
        " ORDER BY parent_path",
        run,
    )
    ids = [child_id(run, path, 1) for path in ("a", "b")]
    paths = zip(ids, "ab", strict=True)
    assert rows == [(one, run, path, [run], "somebody") for one, path in paths]


async def test_the_events_of_a_tree_are_one_sequence(here: Place) -> None:
    inner = await here.put({"step": "x", "value": {}})
    run = await here.start(await here.put({"parallel": [[sub("a", inner)], [sub("b", inner)]]}))
    await here.end(run)
    events = await told_in(here.work.live, run)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert len({event["run"] for event in events}) == 3
    assert await told_in(here.work.live, child_id(run, "a", 1)) == events


async def test_its_failure_is_that_of_the_run(here: Place) -> None:
    inner = await here.put({"step": "x", "tool": {"name": "read_file", "arguments": {"path": "n"}}})
    run = await here.start(await here.put(sub("a", inner)))
    found = await here.end(run)
    child = await here.end(child_id(run, "a", 1))
    assert found["status"] == child["status"] == "failed"
    assert found["failure"] == child["failure"]
    assert child["failure"]["kind"] != "defect"


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [({"name": "nosuch"}, "no-routine"), ({"name": "strict", "inputs": {"n": "x"}}, "inputs")],
)
async def test_what_cannot_be_is_a_failure_of_the_step(
    here: Place, arguments: Any, kind: str
) -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    await here.put({"step": "x", "value": {}}, name="strict", inputs=schema)
    run = await here.start(await here.put({"step": "a", "routine": arguments}))
    assert (await here.end(run))["failure"]["kind"] == kind
    assert await here.fetch("SELECT id FROM runs WHERE parent = $1", run) == []


async def test_each_attempt_makes_a_run_of_its_own(here: Place) -> None:
    """And takes the version that is the newest then."""
    inner = await here.put(goes_on("x"), name=f"v-{secrets.token_hex(4)}")
    again = {**sub("a", inner), "retry": {"most": 2, "first": 0}}
    run = await here.start(await here.put({"try": [again], "rescue": [sub("b", inner)]}))
    (first,) = await here.below(run, 1)
    await here.put({"step": "x", "value": {"n": 2}}, name=inner)
    await here.work.runs.cancel(first, "somebody")
    found = await here.end(run)
    assert (found["status"], found["output"]) == ("completed", {"n": 2})


async def test_a_recursion_without_an_end_is_refused(here: Place) -> None:
    name = f"r-{secrets.token_hex(4)}"
    run = await here.start(await here.put(sub("again", name), name=name))
    assert (await here.end(run))["failure"]["kind"] == "too-deep"
    rows = await here.fetch("SELECT count(*) FROM runs WHERE root = $1", run)
    assert rows == [(DEEPEST + 1,)]


async def test_parents_that_wait_leave_their_slots_to_their_children(dsn: str) -> None:
    """200 that wait for 200, in a process that has room for four."""
    async with place(dsn, slots=4) as one:
        inner = await one.put({"step": "x", "value": {"n": 1}})
        outer = await one.put(sub("a", inner))
        runs = [await one.start(outer) for _ in range(200)]

        async def sweep() -> None:
            while True:  # as if it were time for it again and again
                await one.work.engine.sweep()
                await asyncio.sleep(0.01)

        sweeping = asyncio.create_task(sweep())

        async def all_done() -> bool:
            query = "SELECT count(*) FROM runs WHERE root = ANY($1) AND status = 'completed'"
            return await one.fetch(query, runs) == [(400,)]

        await eventually(all_done, "all 200 and their children")
        sweeping.cancel()


async def test_what_is_made_at_once_takes_no_more_slots_than_there_are(dsn: str) -> None:
    async with place(dsn, slots=3) as one:
        leaf = await one.put(goes_on("x"))
        many = {"map": "each", "over": list(range(10)), "do": [sub("a", leaf)]}
        run = await one.start(await one.put(many))
        await one.below(run, 10)
        assert one.work.engine.room == 0
        await one.work.runs.cancel(run, "somebody")


async def test_a_tree_is_cancelled_as_one(here: Place) -> None:
    """A root, four runs below it, four below each of those."""
    leaf = await here.put(goes_on("x"))
    four = {"map": "each", "over": [1, 2, 3, 4], "as": "n"}
    middle = await here.put({**four, "do": [sub("a", leaf)]})
    run = await here.start(await here.put({**four, "do": [sub("a", middle)]}))
    for child in await here.below(run, 4):
        await here.below(child, 4)
    await here.work.runs.cancel(run, "somebody")
    query = "SELECT status, count(*), count(DISTINCT ended_at) FROM runs WHERE root = $1 GROUP BY 1"
    assert await here.fetch(query, run) == [("cancelled", 21, 1)]
    events = await told_in(here.work.live, run)
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert [event["kind"] for event in events[-21:]] == ["run.cancelled"] * 21
    assert events[-1]["run"] == run
    with suppress(Refused):
        await here.work.runs.cancel(run, "somebody")


async def test_one_that_is_cancelled_alone_fails_the_step_that_waits(here: Place) -> None:
    leaf = await here.put(goes_on("x"))
    run = await here.start(await here.put(sub("a", leaf)))
    (child,) = await here.below(run, 1)
    await here.work.runs.cancel(child, "somebody")
    assert (await here.end(run))["failure"]["kind"] == "cancelled"


async def test_nothing_goes_on_below_a_run_that_failed(here: Place) -> None:
    leaf = await here.put(goes_on("x"))
    middle = await here.put(sub("a", leaf))
    run = await here.start(await here.put(sub("a", middle)))
    (child,) = await here.below(run, 1)
    await here.below(child, 1)
    ((fence,),) = await here.fetch("SELECT fence FROM runs WHERE id = $1", run)
    store = here.work.runs._store
    assert not await store.end(run, fence + 1, "failed", None, {"kind": "x"})
    assert await store.end(run, fence, "failed", None, {"kind": "x"})
    rows = await here.fetch("SELECT status, count(*) FROM runs WHERE root = $1 GROUP BY 1", run)
    assert sorted(rows) == [("cancelled", 2), ("failed", 1)]


async def test_a_crash_makes_no_second_one(dsn: str) -> None:
    """The process that drives both dies; another goes on with the same run, of the same version."""
    async with place(dsn) as one, place(dsn) as other:
        short = {"step": "x", "wait": {"seconds": 0.2}}
        inner = await one.put(short, output="old", name=f"v-{secrets.token_hex(4)}")
        run = await one.start(await one.put(sub("a", inner)))
        (child,) = await one.below(run, 1)
        await one.kill()
        await other.put({"step": "y", "value": {}}, output="new", name=inner)
        expire = "UPDATE runs SET lease_until = '-infinity' WHERE root = $1 RETURNING id"
        assert len(await other.fetch(expire, run)) == 2
        found = await other.end(run)
        assert (found["status"], found["output"]) == ("completed", "old")
        assert await other.below(run, 1) == [child]


async def test_what_is_being_made_does_not_outlive_a_cancel(here: Place, dsn: str) -> None:
    """Runs are made below one while it is cancelled, by another process."""
    leaf = await here.put(goes_on("x"))
    many = {"map": "each", "over": "${inputs.over}", "as": "n", "at_most": 300}
    outer = await here.put({**many, "do": [sub("a", leaf)]}, inputs={})
    async with place(dsn) as other:
        for _ in range(3):
            run = await here.start(outer, inputs={"over": list(range(300))})
            await here.below(run, 1)
            await other.work.runs.cancel(run, "somebody")
            await here.work.engine.look()
            await here.work.engine.let_go_of(run)
            query = "SELECT DISTINCT status FROM runs WHERE root = $1"
            assert await other.fetch(query, run) == [("cancelled",)]
