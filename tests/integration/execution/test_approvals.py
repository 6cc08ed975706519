"""Runs wait for decisions of people, and go on when they are made."""

import asyncio
from typing import Any

import pytest

from tests.support.control import Process, approval, ask, working
from tests.support.until import until
from tests.support.waiting import eventually
from vrooli.core.errors import Refused, UnknownName
from vrooli.execution.approvals.store import Delegation
from vrooli.execution.approvals.views import ApprovalFilter
from vrooli.flow.approval import digest

WHAT = {"to": ["ann", "bé"], "amount": 1.5, "z": None}


async def test_a_run_waits_and_goes_on_at_once_when_it_is_decided(one: Process) -> None:
    """No sweep is needed, and while it waits it takes nobody's place."""
    run = await one.start(approval("sign", WHAT), ask("send"), output="${steps.sign}")
    asked = await one.asked(run)
    assert one.work.engine.room == one.work.engine.parts.slots
    assert (await one.run(run))["owner"] is None
    assert (asked["what"], asked["hash"]) == (WHAT, digest(WHAT))
    decided = await one.decide(asked, reason="as agreed")
    assert (decided["status"], decided["decided_by"]) == ("approved", "bob")
    found = await one.until(run, "completed")
    assert {**found["output"], "at": ""} == {
        "approved": True,
        "by": "bob",
        "at": "",
        "reason": "as agreed",
    }
    assert one.web.asked == {"send": 1}
    assert await one.kinds(run) == [
        "run.created",
        "approval.asked",
        "run.waiting",
        "approval.approved",
        "run.pending",
        "run.completed",
    ]


@pytest.mark.parametrize("continues", [False, True])
async def test_a_rejection_fails_the_run_unless_the_routine_goes_on(
    one: Process, continues: bool
) -> None:
    more: dict[str, Any] = {"on_reject": "continue"} if continues else {}
    run = await one.start(approval("sign", **more), output="${steps.sign.approved}")
    await one.decide(await one.asked(run), False, reason="too much")
    found = await one.until(run, "failed", "completed")
    if continues:
        assert (found["status"], found["output"]) == ("completed", False)
    else:
        assert found["failure"]["kind"] == "rejected"
        assert found["failure"]["reason"] == "bob rejected it: too much"


async def test_it_is_decided_once_and_about_what_was_shown(one: Process) -> None:
    run = await one.start(approval("sign"))
    asked = await one.asked(run)
    with pytest.raises(Refused, match="has the hash"):
        await one.decide(asked, hash=digest("another"))
    assert (await one.run(run))["status"] == "waiting"
    ends = await asyncio.gather(
        *(one.decide(asked, n % 2 == 0, by=f"p{n}") for n in range(6)), return_exceptions=True
    )
    assert sum(isinstance(end, dict) for end in ends) == 1
    assert {type(end) for end in ends} == {dict, Refused}
    with pytest.raises(Refused, match="it already"):
        await one.decide(asked)
    with pytest.raises(UnknownName):
        await one.decide({**asked, "id": "nosuch"})


async def test_a_crash_changes_nothing_before_and_after_the_decision(
    one: Process, second: Process
) -> None:
    """Whoever drove it is gone; another process is asked for the decision, and goes on."""
    run = await one.start(approval("sign"), ask("send"))
    asked = await one.asked(run)
    await one.close()
    await second.decide(asked)
    await second.until(run, "completed")
    assert second.web.asked == {"send": 1}
    page = await second.work.approvals.views.page(ApprovalFilter("", run))
    assert [one["status"] for one in page] == ["approved"]


async def test_with_nobody_at_work_it_is_handed_on_and_decided(
    one: Process, second: Process
) -> None:
    """By a process that drives nothing; both are kept for whoever goes on with the run."""
    run = await one.start(approval("sign", expires="1h"), ask("send"), output="${steps.sign.by}")
    asked = await one.asked(run)
    await one.close()
    approvals = second.work.approvals
    told = await asyncio.gather(
        *(approvals.delegate(asked["id"], Delegation("ann", f"p{n}", "")) for n in range(4))
    )
    found = await approvals.views.get(asked["id"])
    assert len(found["delegations"]) == len(told) == 4
    assert found["delegates"] == [found["delegations"][-1]["to"]] == [found["asked_of"]]
    assert found["expires_at"] == asked["expires_at"]
    with pytest.raises(UnknownName):
        await approvals.delegate(asked["id"], Delegation("zoe", "p1", ""))
    gone = next(name for name in ("p1", "p2") if name != found["asked_of"])
    with pytest.raises(UnknownName):
        await second.decide(asked, by=gone, only=gone)
    by = found["asked_of"]
    decided = await second.decide(asked, by=by, only=by)
    assert (decided["decided_by"], decided["decided_for"]) == (by, "ann")
    assert (await second.until(run, "completed"))["output"] == by
    kinds = [kind for kind in await second.kinds(run) if kind.startswith("approval")]
    assert kinds == ["approval.asked", *["approval.delegated"] * 4, "approval.approved"]


async def test_too_late_it_is_handed_on_no_more(one: Process) -> None:
    run = await one.start(approval("sign", expires="50ms"))
    asked = await one.question(run)
    await asyncio.sleep(0.06)
    with pytest.raises(Refused, match="time to decide is over"):
        await one.work.approvals.delegate(asked["id"], Delegation("ann", "bob", ""))


async def test_beside_a_step_that_runs_a_decision_counts_at_once(one: Process) -> None:
    """Also when another process hears it."""
    one.web.shut["long"] = asyncio.Event()
    run = await one.start({"parallel": [[approval("sign"), ask("send")], [ask("long")]]})
    asked = await one.question(run)
    assert (await one.run(run))["status"] == "running"
    await one.decide(asked)
    await until(lambda: one.web.asked["send"] == 1)
    one.web.shut["long"].set()
    await one.until(run, "completed")


async def test_a_decision_in_another_process_is_heard_of_beside_a_step(
    one: Process, second: Process
) -> None:
    one.web.shut["long"] = asyncio.Event()
    async with working(one):
        run = await one.start({"parallel": [[approval("sign"), ask("send")], [ask("long")]]})
        await second.decide(await second.question(run))
        await until(lambda: one.web.asked["send"] == 1)
        one.web.shut["long"].set()
        await one.until(run, "completed")


async def test_no_decision_falls_between_the_last_look_and_the_wait(one: Process) -> None:
    """Decided at any moment, whatever the driver does just then, the run goes on."""

    async def decided(number: int) -> None:
        run = await one.start(approval("sign"))
        for _ in range(number):
            await asyncio.sleep(0)
        await one.decide(await one.question(run))
        await one.until(run, "completed")

    await asyncio.gather(*map(decided, range(30)))


@pytest.mark.parametrize("fails", [False, True])
async def test_after_its_time_nobody_can_decide(one: Process, fails: bool) -> None:
    more = {"on_expiry": "fail"} if fails else {}
    run = await one.start(approval("sign", expires="50ms", **more))
    asked = await one.question(run)

    async def swept() -> bool:
        await one.work.engine.sweep()
        return str((await one.run(run))["status"]) == "failed"

    await eventually(swept, "its end")
    found = await one.run(run)
    assert found["failure"]["kind"] == ("expired" if fails else "rejected")
    with pytest.raises(Refused, match="time to decide is over"):
        await one.decide(asked)
    assert "approval.expired" in await one.kinds(run)


async def test_of_a_run_that_has_ended_nothing_can_be_decided(one: Process) -> None:
    run = await one.start(approval("sign"))
    asked = await one.asked(run)
    await one.work.runs.cancel(run, "ann")
    with pytest.raises(Refused, match="has ended"):
        await one.decide(asked)
    views = one.work.approvals.views
    assert await views.page(ApprovalFilter("pending", run)) == []
    assert [one["id"] for one in await views.page(ApprovalFilter("void", run))] == [asked["id"]]


async def test_many_wait_and_none_takes_a_place(one: Process) -> None:
    runs = [await one.start(approval("sign", n)) for n in range(130)]
    for run in runs:
        await one.until(run, "waiting")
    assert one.work.engine.room == one.work.engine.parts.slots
    page = await one.work.approvals.views.page(ApprovalFilter("pending", "", "", 200))
    assert {question["run"] for question in page} >= set(runs)
