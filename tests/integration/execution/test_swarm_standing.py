"""Where the tasks of a swarm are said to be, and whether it works, on a real PostgreSQL."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.integration.execution.test_swarms import adder, eager, rests, swarm
from tests.support.trees import Place
from tests.support.waiting import eventually
from vrooli.core.ports.database import Database
from vrooli.execution.approvals.store import Decision
from vrooli.execution.approvals.views import ApprovalFilter
from vrooli.execution.runs.views import RunFilter
from vrooli.execution.swarms.store import Put
from vrooli.execution.swarms.views import SwarmViews

__all__ = ["eager"]


async def tasks(here: Place, run: str) -> dict[str, tuple[str, str]]:
    """How each stands, and what it asks."""
    found = (await here.work.swarms.show(run))["swarm"]["plan"]["tasks"]
    return {one["task"]: (one["status"], one["asks"]) for one in found}


async def test_what_was_answered_is_asked_no_more_while_it_is_paused(here: Place) -> None:
    risky = {"task": "a", "routine": await adder(here), "inputs": {"n": 1}, "risk": "dangerous"}
    run = await swarm(here, risky, {"task": "look", "person": "Look"})
    await rests(here, run)
    await here.work.swarms.pause(run, "somebody")
    before = await tasks(here, run)
    assert [before[name][0] for name in ("a", "look")] == ["asked", "running"]
    assert all(asks for _, asks in before.values())
    (asked,) = await here.work.approvals.views.page(ApprovalFilter(swarm=run))
    decision = Decision(approved=True, hash=asked["hash"], by="somebody", reason="")
    await here.work.approvals.decide(asked["id"], decision)
    await here.work.swarms.finish(run, "look", 3, "somebody")
    assert await tasks(here, run) == {"a": ("waiting", ""), "look": ("waiting", "")}
    await here.work.swarms.resume(run, "somebody")
    assert (await here.end(run))["output"] == {"a": 2, "look": 3}


async def test_what_ended_with_its_swarm_did_not_fail(here: Place) -> None:
    """Nor does anything wait there."""
    slow = await here.put({"step": "w", "wait": {"seconds": 3600}})
    bad = await here.put({"step": "x", "tool": {"name": "read_file", "arguments": {"path": "n"}}})
    plan = (
        {"task": "slow", "routine": slow},
        {"task": "risky", "routine": slow, "risk": "dangerous"},
        {"task": "later", "routine": slow, "after": ["slow"]},
        {"task": "bad", "routine": bad, "on_failure": "continue"},
    )
    run = await swarm(here, *plan)
    await rests(here, run)
    await eventually(lambda: _is(here, run, "bad", "failed"), "one has failed")
    await here.work.swarms.stop(run, "somebody")
    cut = dict.fromkeys(("slow", "risky", "later"), "cancelled")
    assert {name: one[0] for name, one in (await tasks(here, run)).items()} == {
        **cut,
        "bad": "failed",
    }
    other = await swarm(here, *plan[:3], {"task": "bad", "routine": bad, "after": []})
    assert (await here.end(other))["status"] == "failed"
    assert {name: one[0] for name, one in (await tasks(here, other)).items()} == {
        **cut,
        "bad": "failed",
    }


async def test_nothing_is_foreseen_of_a_swarm_that_only_waits(here: Place) -> None:
    """What it spent up to now tells nothing of how long people take."""
    slow = await here.put({"step": "w", "wait": {"seconds": 3600}})
    plan = ({"task": "a", "routine": slow}, {"task": "look", "person": "Look"})
    run = await swarm(here, *plan, budget={"steps": 1000, "time": 3600})
    await rests(here, run)
    views = here.work.runs.views
    for status, foreseen in (("running", True), ("waiting", False), ("paused", False)):
        moved = (
            "UPDATE runs SET status = $2, lease_until = now() + interval '1 h' WHERE parent = $1"
        )
        await here.fetch(moved, run, status)
        listed = [one for one in await views.page(RunFilter(limit=50)) if one["id"] == run]
        for one in (*listed, await views.get(run), await here.work.swarms.show(run)):
            assert (one["budget"]["steps"]["forecast"] is not None) is foreseen, status
            assert one["budget"]["time"]["forecast"] is not None


async def _is(here: Place, run: str, task: str, status: str) -> bool:
    return (await tasks(here, run))[task][0] == status


@dataclass
class Heard:
    """A database that notes what it is asked."""

    database: Database
    asked: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)

    @asynccontextmanager
    async def connection(self, seconds: float = 9) -> AsyncIterator["Heard"]:
        del seconds
        yield self

    async def fetch(self, statement: str, *values: Any) -> Any:
        self.asked.append((statement, values))
        async with self.database.connection() as connection:
            return await connection.fetch(statement, *values)


async def test_a_page_of_swarms_looks_once_for_what_works(here: Place) -> None:
    """However many there are that wait, and however much each has below it."""
    slow = await here.put({"step": "w", "wait": {"seconds": 3600}})
    runs = [
        await swarm(here, *({"task": f"t{i}", "routine": slow} for i in range(4))) for _ in range(4)
    ]
    for run in runs:
        await rests(here, run)
    below = (await here.below(runs[0], 4))[0]
    moved = "UPDATE runs SET status = 'running', lease_until = now() + interval '1 h' WHERE id = $1"
    await here.fetch(moved, below)
    heard = Heard(here.database)
    page = await SwarmViews(heard).page("waiting", "", None, 50)
    assert {one["id"]: one["working"] for one in page if one["id"] in runs} == {
        run: run == runs[0] for run in runs
    }
    looks = 0
    for statement, values in heard.asked:
        explained = await here.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)
        looks += sum(_looks(json.loads(explained[0][0])[0]["Plan"]))
    assert looks == 1


def _looks(node: dict[str, Any]) -> Iterator[int]:
    """How often what is below a swarm is looked at for whether it goes on."""
    if node.get("Alias") == "b":
        yield node["Actual Loops"]
    for one in node.get("Plans", ()):
        yield from _looks(one)


async def test_its_deadline_is_told_if_it_comes_before_the_end_of_its_time(here: Place) -> None:
    look = {"task": "look", "person": "Look"}
    run = await swarm(here, look, policy={"deadline": "2m"}, budget={"time": 600})
    await rests(here, run)
    found, reason = await here.work.swarms.show(run), await here.work.swarms.why(run)
    due = found["swarm"]["policy"]["due"]
    assert (reason.until, reason.until_of) == (due, "policy")
    assert due == found["swarm"]["begun_at"] + 120
    await here.work.swarms.write(run, Put("policy", {"deadline": "1h"}, "somebody"))
    await rests(here, run)
    reason = await here.work.swarms.why(run)
    assert reason.until_of == "budget"
    # A retry begins it anew.
    await here.work.swarms.stop(run, "somebody")
    await here.work.control.retry(run, None, "somebody")
    await rests(here, run)
    assert (await here.work.swarms.show(run))["swarm"]["policy"]["due"] > due + 3600 - 120
