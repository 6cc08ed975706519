"""Tasks of swarms that are handed to a person and taken back, on a real PostgreSQL."""

import asyncio
import secrets
from functools import partial
from typing import Any

import pytest

from tests.integration.execution.test_swarms import adder, children, eager, rests, swarm
from tests.support.trees import Place
from tests.support.waiting import eventually
from vrooli.core.errors import Refused
from vrooli.execution.approvals.store import Decision
from vrooli.execution.approvals.views import ApprovalFilter

__all__ = ["adder", "children", "eager", "rests", "swarm"]


async def waits_for_a_lock(here: Place) -> bool:
    rows = await here.fetch(
        "SELECT FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return bool(rows)


async def test_a_task_goes_to_a_person_and_back(here: Place) -> None:
    slow = await here.put({"step": "w", "wait": {"seconds": 3600}})
    within = {
        "name": f"s-{secrets.token_hex(4)}",
        "goal": "wait",
        "plan": [{"task": "t", "routine": slow}],
    }
    await here.work.swarms.put(within)
    run = await swarm(here, {"task": "a", "routine": within["name"]}, output="${tasks.a.output}")
    (inner,) = await here.below(run, 1)
    (leaf,) = await here.below(inner, 1)
    await here.work.swarms.hand(run, "a", "wait by hand", "ann")
    assert (await here.work.runs.views.get(leaf))["status"] == "cancelled"
    told = await here.work.swarms.show(run)
    assert told["swarm"]["plan"]["tasks"][0]["handed"]["what"] == "wait by hand"

    async def waits() -> bool:
        return "swarm done" in ((await here.work.swarms.why(run)).command or "")

    await eventually(waits, "a person is to do it")
    with pytest.raises(Refused):
        await here.work.swarms.hand(run, "a", "", "ann")
    await here.work.swarms.take_back(run, "a", "ann")

    async def again() -> bool:
        paths = [one["parent_path"] for one in await children(here, run)]
        return "swarm/a[2]" in paths

    await eventually(again, "it does it itself again")
    with pytest.raises(Refused):
        await here.work.swarms.finish(run, "a", 1, "ann")
    await here.work.swarms.hand(run, "a", "", "ann")

    async def handed() -> bool:
        (one,) = (await here.work.swarms.show(run))["swarm"]["plan"]["tasks"]
        return bool(one["asks"])

    await eventually(handed, "a person is to do it again")
    await here.work.swarms.finish(run, "a", 7, "ann")
    assert (await here.end(run))["output"] == 7
    with pytest.raises(Refused):
        await here.work.swarms.take_back(run, "a", "ann")


async def test_what_is_taken_back_is_asked_about_anew(here: Place) -> None:
    """At once, and when the person was asked already; what was asked before is closed."""
    add = await adder(here)
    risky = {"task": "a", "routine": add, "inputs": {"n": 1}, "risk": "dangerous"}
    run = await swarm(here, risky, {"task": "look", "person": "Look"})

    async def asked(number: int) -> dict[str, Any] | None:
        found = await here.work.approvals.views.page(ApprovalFilter(swarm=run, status="pending"))
        below = {one["id"]: one for one in await children(here, run)}
        name = "swarm/a/approval" + (f"[{number}]" if number > 1 else "")
        asks = [one for one in found if below[one["run"]]["parent_path"] == name]
        return asks[0] if asks and len(found) == 1 else None

    first = await eventually(partial(asked, 1), "it is asked")
    await here.work.swarms.hand(run, "a", "", "ann")
    await here.work.swarms.take_back(run, "a", "ann")
    await eventually(partial(asked, 2), "it is asked anew")
    assert (await here.work.runs.views.get(first["run"]))["status"] == "cancelled"
    await here.work.swarms.hand(run, "a", "", "ann")
    await rests(here, run)
    await here.work.swarms.take_back(run, "a", "ann")
    third = await eventually(partial(asked, 3), "it is asked a third time")
    told = (await here.work.swarms.show(run))["swarm"]["plan"]["tasks"]
    assert [one["status"] for one in told] == ["asked", "running"]
    await here.work.approvals.decide(third["id"], Decision(True, third["hash"], "ann", ""))
    await here.work.swarms.finish(run, "look", 1, "ann")
    assert (await here.end(run))["output"] == {"a": 2, "look": 1}


async def test_what_a_person_did_is_not_lost_to_a_take_back_of_the_same_moment(
    here: Place,
) -> None:
    """That it is done is being written, not yet seen, when the task is taken back."""
    slow = await here.put({"step": "w", "wait": {"seconds": 3600}})
    run = await swarm(here, {"task": "a", "routine": slow}, output="${tasks.a.output}")
    await here.below(run, 1)
    await here.work.swarms.hand(run, "a", "", "ann")
    await rests(here, run)
    asked = (await children(here, run))[-1]["id"]
    async with here.database.connection() as other, other.transaction():
        await other.execute(
            "INSERT INTO signals (run, name, data, sent_by) VALUES ($1, 'done', '7', 'ann')", asked
        )
        await other.execute(
            "UPDATE runs SET stirs = stirs + 1, status = 'pending', lease_until = now() "
            "WHERE id = $1",
            asked,
        )
        taking = asyncio.ensure_future(here.work.swarms.take_back(run, "a", "bob"))
        await eventually(partial(waits_for_a_lock, here), "the take-back waits")
    with pytest.raises(Refused, match="done"):
        await taking
    assert (await here.end(run))["output"] == 7
