"""Runs wait for what others send, and each signal is taken by one step."""

import asyncio
from typing import Any

import pytest

from tests.support.control import Process, ask, working
from tests.support.waiting import eventually
from vrooli.core.errors import Refused
from vrooli.execution.postgres_signals import (
    _TAKE,
    LARGEST,
    MOST,
    NewSignal,
    NotAwaited,
    PostgresSignals,
)
from vrooli.execution.signals import Awaited, Signal

PAID = {"step": "paid", "wait": {"signal": "paid"}}


async def send(one: Process, run: str, data: Any = None, name: str = "paid", **more: Any) -> str:
    return await one.work.signalling.send(NewSignal(run, name, data, "bob", **more))


async def test_a_run_waits_in_nobody_s_place_and_goes_on_at_once(one: Process) -> None:
    run = await one.start(PAID, output="${steps.paid}")
    await one.until(run, "waiting")
    assert one.work.engine.room == one.work.engine.parts.slots
    reason = await one.work.reasons.of(run)
    assert (reason.code, reason.step, reason.moving) == ("signal", "paid", False)
    assert reason.command == f"vrooli run signal {run} paid"
    with pytest.raises(NotAwaited, match=r"waits for `payd` \(there is `paid`\)") as refused:
        await send(one, run, name="payd")
    assert f"`vrooli run signal {run} paid`" in refused.value.next_step
    assert (await one.run(run))["kept_signals"] == {}
    warning = await send(one, run, name="payd", keep=True)
    assert warning == "no step of the routine waits for `payd` (there is `paid`); it is kept"
    assert (await one.run(run))["kept_signals"] == {"payd": 1}
    reason = await one.work.reasons.of(run)
    assert reason.kept == {"payd": 1}
    assert await send(one, run, {"invoice": 4711}) == ""
    found = await one.until(run, "completed")
    assert found["kept_signals"] == {"payd": 1}, "what nobody took is told"
    assert {**found["output"], "at": ""} == {
        "signal": "paid",
        "data": {"invoice": 4711},
        "by": "bob",
        "at": "",
    }
    kinds = await one.kinds(run)
    assert kinds.count("signal.sent") == 2


async def test_where_a_name_is_computed_it_may_be_any(one: Process) -> None:
    step = {"step": "any", "wait": {"signal": "${inputs.name}"}}
    run = await one.start(step, inputs={"name": "paid"}, output="${steps.any.data.id}")
    await one.until(run, "waiting")
    assert await send(one, run, name="other") == ""
    reason = await one.work.reasons.of(run)
    assert reason.command == f"vrooli run signal {run} paid --data '{{\"id\": JSON}}'"
    await send(one, run)
    failure = (await one.until(run, "failed"))["failure"]
    assert failure["where"] == "output"
    null = "`steps.any.data` is null, and has no `id`"
    assert failure["reason"].startswith(null)
    assert f"it failed: output: {null}" in (await one.work.reasons.of(run)).says


async def test_those_that_come_early_are_kept_and_taken_in_order(one: Process) -> None:
    parts = [{"step": name, "wait": {"signal": "paid"}} for name in ("first", "second")]
    both = "${[steps.first.data, steps.second.data]}"
    one.web.shut["slow"] = asyncio.Event()
    run = await one.start(ask("slow"), *parts, output=both)
    for number in (1, 2, 3):
        await send(one, run, number)
    one.web.shut["slow"].set()
    assert (await one.until(run, "completed"))["output"] == [1, 2]


async def test_one_that_is_sent_again_is_there_once(one: Process) -> None:
    """Also when both come at once, and when the run has ended by then."""
    run = await one.start(ask("slow"), PAID, output="${steps.paid.data}")
    await asyncio.gather(*(send(one, run, 1, key="k") for _ in range(4)))
    await one.until(run, "completed")
    await send(one, run, 1, key="k")
    assert (await one.kinds(run)).count("signal.sent") == 1
    with pytest.raises(Refused, match="completed"):
        await send(one, run, 1, key="other")


async def test_branches_take_one_each(one: Process) -> None:
    branches = [[{"step": f"s{n}", "wait": {"signal": "paid"}}] for n in range(5)]
    all_of_them = "${[steps.s0, steps.s1, steps.s2, steps.s3, steps.s4].map(s, s.data)}"
    run = await one.start({"parallel": branches}, output=all_of_them)
    await one.until(run, "waiting")
    for number in range(5):
        await send(one, run, number)
    found = await one.until(run, "completed")
    assert sorted(found["output"]) == list(range(5))


async def test_another_goes_on_after_a_crash(one: Process, second: Process) -> None:
    run = await one.start(ask("before"), PAID, ask("after"))
    await one.until(run, "waiting")
    await one.close()
    await send(second, run)
    async with working(second):
        await second.until(run, "completed")
    assert (one.web.asked, second.web.asked) == ({"before": 1}, {"after": 1})


async def test_what_was_taken_before_a_crash_is_taken_again_by_the_same(one: Process) -> None:
    """As when the process is lost between taking it and writing down that the step has ended."""
    run = await one.start(PAID, output="${steps.paid.data}")
    await one.until(run, "waiting")
    async with one.database.connection() as connection:
        await connection.execute(
            "INSERT INTO signals (run, name, data, sent_by, path, attempt)"
            " VALUES ($1, 'paid', '\"mine\"', 'ann', 'paid', 1)",
            run,
        )
    await send(one, run, "another")
    assert (await one.until(run, "completed"))["output"] == "mine"


async def test_a_step_that_asks_twice_at_once_takes_one(one: Process) -> None:
    """As when its first question came through, and the answer did not."""
    run = await one.start({"step": "other", "wait": {"signal": "other"}})
    await one.until(run, "waiting")
    for number in (1, 2):
        await send(one, run, number, keep=True)
    signals = PostgresSignals(one.database)
    awaited = Awaited(run, "paid", 1, "paid")
    async with one.database.connection() as connection:
        async with connection.transaction():
            await connection.fetchrow(_TAKE, run, "paid", 1, "paid")
            second = asyncio.create_task(signals.take(awaited))
            await until_one_waits(one)
        found = await second
        assert isinstance(found, Signal)
        assert found.data == 1
        taken = "SELECT count(*) FROM signals WHERE run = $1 AND path IS NOT NULL"
        assert await connection.fetchval(taken, run) == 1


async def until_one_waits(one: Process) -> None:
    """For a lock that another connection holds."""
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"

    async def look() -> bool:
        async with one.database.connection() as connection:
            return bool(await connection.fetchval(query))

    await eventually(look, "somebody waits for a lock")


async def test_where_its_time_is_over_first_there_is_none(one: Process) -> None:
    late = {"signal": "paid", "until": "2020-01-01T00:00:00Z"}
    said = "${steps.paid.signal == null ? 'late' : string(steps.paid.data.n)}"
    do = ({"step": "paid", "wait": late}, {"step": "note", "value": {"text": said}})
    run = await one.start(*do, output="${[steps.paid, steps.note.text]}")
    found = await one.until(run, "completed")
    nothing = {"signal": None, "data": None, "by": None, "at": "2020-01-01T00:00:00+00:00"}
    assert found["output"] == [nothing, "late"]


async def test_what_nobody_can_take_is_refused(one: Process) -> None:
    run = await one.start(PAID)
    await one.until(run, "waiting")
    with pytest.raises(Refused, match="at most"):
        await send(one, run, "x" * LARGEST)
    async with one.database.connection() as connection:
        await connection.execute(
            "INSERT INTO signals (run, name, data, sent_by)"
            " SELECT $1, 'other', 'null', 'ann' FROM generate_series(1, $2)",
            run,
            MOST,
        )
    with pytest.raises(Refused, match="wait for steps of the run already"):
        await send(one, run)
    await one.work.runs.cancel(run, "bob")
    for name in ("paid", "payd"):
        with pytest.raises(Refused, match="cancelled"):
            await send(one, run, name=name)
