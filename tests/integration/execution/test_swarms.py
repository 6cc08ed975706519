"""Swarms: runs that coordinate runs, on a real PostgreSQL."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.trees import Place, place
from tests.support.waiting import eventually
from vrooli.core.errors import Refused
from vrooli.execution.approvals.views import ApprovalFilter
from vrooli.execution.runs.views import RunFilter
from vrooli.execution.swarms.store import Put


@pytest.fixture(autouse=True)
async def eager(here: Place) -> AsyncIterator[None]:
    """It looks at once for what is free, as if PostgreSQL had told."""

    async def sweep() -> None:
        while True:
            await here.work.engine.sweep()
            await asyncio.sleep(0.02)

    sweeping = asyncio.create_task(sweep())
    yield
    sweeping.cancel()


async def swarm(here: Place, *plan: Any, **parts: Any) -> str:
    """The id of one that was started."""
    data = {"name": f"s-{secrets.token_hex(4)}", "goal": "find out", "plan": list(plan), **parts}
    await here.work.swarms.put(data)
    return await here.start(data["name"], inputs=parts.pop("given", {}))


async def adder(here: Place) -> str:
    """A routine that adds one."""
    return await here.put({"step": "n", "value": {"n": "${inputs.n + 1}"}}, output="${steps.n.n}")


async def rests(here: Place, run: str) -> dict[str, Any]:
    """It, as soon as it waits."""

    async def look() -> dict[str, Any] | None:
        found = await here.work.swarms.show(run)
        return found if found["status"] == "waiting" else None

    found: dict[str, Any] = await eventually(look, f"{run} waits")
    return found


async def children(here: Place, run: str) -> list[dict[str, Any]]:
    found = await here.work.runs.views.page(RunFilter(parent=run))
    return sorted(found, key=lambda one: one["parent_path"])


async def test_tasks_take_what_others_came_to(here: Place) -> None:
    add = await adder(here)
    run = await swarm(
        here,
        {
            "task": "last",
            "routine": add,
            "inputs": {"n": "${tasks.a.output + board.second}"},
            "after": ["b"],
        },
        {"task": "a", "routine": add, "inputs": {"n": 1}},
        {"task": "b", "routine": add, "inputs": {"n": "${tasks.a.output}"}, "writes": "second"},
        output="${tasks.last.output}",
    )
    assert (await here.end(run))["output"] == 6
    shown = (await here.work.swarms.show(run))["swarm"]
    assert [(one["task"], one["status"]) for one in shown["plan"]["tasks"]] == [
        ("last", "done"),
        ("a", "done"),
        ("b", "done"),
    ]
    assert shown["board"]["second"]["value"] == 3
    paths = [one["parent_path"] for one in await children(here, run)]
    assert paths == ["swarm/a", "swarm/b", "swarm/last"]


async def test_it_rests_while_a_person_works(here: Place) -> None:
    """Nobody drives it then, and another process goes on with it."""
    add = await adder(here)
    run = await swarm(
        here,
        {"task": "look", "person": "Count them"},
        {"task": "more", "routine": add, "inputs": {"n": "${tasks.look.output.n}"}},
        output="${tasks.more.output}",
    )
    await rests(here, run)

    async def free() -> bool:
        return here.work.engine.room == here.work.engine.parts.slots

    await eventually(free, "nobody drives it")
    with pytest.raises(Refused):
        await here.work.swarms.finish(run, "more", 1, "somebody")
    await here.work.swarms.finish(run, "look", {"n": 41}, "somebody")
    assert (await here.end(run))["output"] == 42


async def test_a_risk_is_asked_about_and_denied_by_default(here: Place) -> None:
    add = await adder(here)
    task = {"task": "risky", "routine": add, "inputs": {"n": 1}, "risk": "changing"}
    policy = {"approve": ["changing"], "approval": "100ms"}
    shown = {**task, "shows": {"before": "a\nb", "after": "a\nc"}, "budget": {"cost": 2}}
    run = await swarm(here, shown, policy=policy)
    found = await here.end(run)
    assert (found["status"], found["failure"]["kind"]) == ("failed", "task")
    (asked,) = await here.work.approvals.views.page(ApprovalFilter(swarm=run))
    assert (asked["swarm"], asked["what"]["budget"]) == (run, {"cost": 2})
    assert asked["diff"].splitlines()[-3:] == [" a", "-b", "+c"]
    assert [one["routine"] for one in await children(here, run)] == ["swarm-approval"]


async def test_what_failed_is_tried_again_and_may_be_done_without(here: Place) -> None:
    bad = await here.put({"step": "x", "tool": {"name": "read_file", "arguments": {"path": "n"}}})
    run = await swarm(
        here,
        {"task": "bad", "routine": bad, "tries": 2, "on_failure": "continue"},
        {"task": "never", "routine": bad, "when": "tasks.bad.status == 'done'"},
        output="${tasks.bad.why}",
    )
    found = await here.end(run)
    assert (found["status"], "file" in found["output"]) == ("completed", True)
    assert [one["parent_path"] for one in await children(here, run)] == [
        "swarm/bad",
        "swarm/bad[2]",
    ]


async def test_a_task_that_cannot_begin_may_be_done_without(here: Place) -> None:
    """Two at once, and the others go on."""
    strict = await here.put(
        {"step": "n", "value": {}}, inputs={"type": "object", "required": ["n"]}
    )
    run = await swarm(
        here,
        {"task": "bad", "routine": strict, "on_failure": "continue"},
        {"task": "none", "routine": "r-nowhere", "tries": 3, "on_failure": "continue"},
        {"task": "good", "routine": await adder(here), "inputs": {"n": 1}, "after": ["bad"]},
        output="${[tasks.bad.why, tasks.none.status, tasks.good.output]}",
    )
    why, *rest = (await here.end(run))["output"]
    assert why.startswith("inputs: ")
    assert rest == ["failed", 2]


async def typed(here: Place) -> list[dict[str, Any]]:
    """Tasks of which the second cannot begin where a person comes to no number."""
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    number = await here.put({"step": "n", "value": {}}, inputs=schema)
    given = {"routine": number, "inputs": {"n": "${tasks.look.output}"}}
    return [{"task": "look", "person": "Look"}, {"task": "typed", **given, "risk": "dangerous"}]


async def test_nobody_is_asked_about_what_cannot_begin(here: Place) -> None:
    look, task = await typed(here)
    runs = {
        await swarm(here, look, task): "failed",
        await swarm(here, look, task | {"on_failure": "continue"}): "completed",
    }
    for run, status in runs.items():
        await rests(here, run)
        await here.work.swarms.finish(run, "look", "text", "somebody")
        found = await here.end(run)
        assert found["status"] == status
        assert await here.work.approvals.views.page(ApprovalFilter(swarm=run)) == []
        (_, stands) = (await here.work.swarms.show(run))["swarm"]["plan"]["tasks"]
        why = "inputs: inputs.n: 'text' is not of type 'integer'"
        assert (stands["status"], stands["why"], stands["tries"]) == ("failed", why, 0)
    first, _ = runs
    assert (await here.work.swarms.show(first))["failure"]["kind"] == "inputs"


async def test_a_coordinator_plans_until_the_goal_is_met(here: Place) -> None:
    add = await adder(here)
    planner = await here.put(
        {
            "step": "plan",
            "value": {
                "tasks": [
                    {
                        "task": "t${size(inputs.tasks)}",
                        "routine": add,
                        "inputs": {"n": "${size(inputs.tasks)}"},
                        "writes": "count",
                    }
                ]
            },
        }
    )
    run = await swarm(
        here,
        coordinator={"routine": planner},
        done={"when": "has(board.count) && board.count >= 3"},
        output="${board.count}",
    )
    assert (await here.end(run))["output"] == 3


async def test_plans_that_bring_nothing_end_it(here: Place) -> None:
    planner = await here.put({"step": "plan", "value": {"tasks": []}})
    run = await swarm(here, coordinator={"routine": planner}, policy={"cycles": 2})
    found = await here.end(run)
    assert found["failure"]["kind"] == "no-progress"
    assert len(await children(here, run)) == 2


async def test_a_swarm_within_obeys_the_one_above(here: Place) -> None:
    add = await adder(here)
    inner = {
        "name": f"s-{secrets.token_hex(4)}",
        "goal": "more",
        "plan": [{"task": "a", "routine": add, "inputs": {"n": 1}}],
    }
    await here.work.swarms.put(inner)
    task = {"task": "inner", "routine": inner["name"]}
    found = await here.end(await swarm(here, task, policy={"routines": [inner["name"]]}))
    assert (found["status"], add in found["failure"]["reason"]) == ("failed", True)
    found = await here.end(await swarm(here, task, policy={"depth": 0}))
    assert "too-deep" in found["failure"]["reason"]
    run = await swarm(here, task, output="${tasks.inner.output.a}")
    found = await here.end(run)
    assert found["output"] == 2
    await _told_what_it_took(here, run)
    rows = await here.work.swarms.views.page("", "", None, 50)
    ours = {one["name"]: one["parent"] for one in rows if run in (one["id"], one["parent"])}
    assert ours == {found["routine"]: None, inner["name"]: run}


async def _told_what_it_took(here: Place, run: str) -> None:
    """With all below it, whichever of them was paid for."""
    below = await here.fetch("SELECT id FROM runs WHERE root = $1 AND id <> $1", run)
    assert len(below) == 2
    paid = """
INSERT INTO budget_reservations (run, key, tokens, micros, status, real_tokens, real_micros)
VALUES ($1, $1 || ':x', 9, 9, 'settled', 5, 250000) RETURNING run"""
    for (one,) in below:
        await here.fetch(paid, one)
    task = (await here.work.swarms.show(run))["swarm"]["plan"]["tasks"][0]
    assert (task["cost"], task["tokens"], task["approvals"]) == (0.5, 10, 0)
    assert task["ended_at"] >= task["began_at"]


async def test_a_plan_is_changed_while_it_runs_by_one_at_a_time(here: Place) -> None:
    add = await adder(here)
    first = {"task": "look", "person": "Look"}
    run = await swarm(here, first, output="${tasks.more.output}")
    seen = (await rests(here, run))["swarm"]["plan"]["version"]
    more = [first, {"task": "more", "routine": add, "inputs": {"n": "${board.n}"}}]
    await here.work.swarms.write(run, Put("plan", more, "somebody", seen))
    with pytest.raises(Refused):
        await here.work.swarms.write(run, Put("plan", [first], "another", seen))
    await here.work.swarms.write(run, Put("board.n", 6, "somebody", 0))
    await here.work.swarms.finish(run, "look", None, "somebody")
    assert (await here.end(run))["output"] == 7
    versions, follows = await here.work.swarms.versions(run, "plan", None, 1)
    assert ([one["value"] for one in versions], follows) == ([more], True)
    older, follows = await here.work.swarms.versions(run, "plan", 2, 1)
    assert ([(one["version"], one["by"]) for one in older], follows) == ([(1, "swarm")], False)
    assert older[0]["value"] == [first]
    assert versions[0]["at"] >= older[0]["at"]
    assert await here.work.swarms.versions(run, "board.none", None, 1) == ([], False)


async def test_a_message_is_heard(here: Place) -> None:
    run = await swarm(
        here,
        {"task": "look", "person": "Look"},
        output="${messages.map(m, m.text + ' by ' + m.by)}",
    )
    await rests(here, run)
    await here.work.swarms.say(run, "hurry", "somebody", "one")
    await here.work.swarms.say(run, "hurry", "somebody", "one")
    await here.work.swarms.finish(run, "look", None, "somebody")
    assert (await here.end(run))["output"] == ["hurry by somebody"]


async def test_its_deadline_ends_it(here: Place) -> None:
    run = await swarm(here, {"task": "look", "person": "Look"}, policy={"deadline": "50ms"})
    assert (await here.end(run))["failure"]["kind"] == "deadline"


async def test_a_retry_gives_what_failed_another_try(here: Place) -> None:
    name = f"r-{secrets.token_hex(4)}"
    await here.put(
        {"step": "x", "tool": {"name": "read_file", "arguments": {"path": "n"}}}, name=name
    )
    add = await adder(here)
    run = await swarm(
        here,
        {"task": "a", "routine": add, "inputs": {"n": 1}},
        {"task": "bad", "routine": name, "after": ["a"]},
    )
    assert (await here.end(run))["status"] == "failed"
    await here.put({"step": "x", "value": {"n": 1}}, name=name)
    await here.work.control.retry(run, None, "somebody")
    found = await here.end(run)
    assert (found["status"], found["output"]["bad"]) == ("completed", {"n": 1})
    paths = [one["parent_path"] for one in await children(here, run)]
    assert paths == ["swarm/a", "swarm/bad", "swarm/bad[2]"]


async def test_it_stops_with_all_that_it_started(here: Place) -> None:
    inner = await here.put({"step": "w", "wait": {"seconds": 3600}})
    run = await swarm(here, *({"task": f"t{i}", "routine": inner} for i in range(3)))
    below = await here.below(run, 3)
    await rests(here, run)
    for status, working in (("running", True), ("waiting", False)):
        moved = "UPDATE runs SET status = $2, lease_until = now() + interval '1 h' WHERE id = $1"
        await here.fetch(moved, below[0], status)
        (row,) = [
            one for one in await here.work.swarms.views.page("", "", None, 50) if one["id"] == run
        ]
        assert (row["status"], row["working"]) == ("waiting", working)
        assert (await here.work.swarms.show(run))["working"] is working
    assert run in await here.work.swarms.stop_all("somebody", "somebody")
    assert {one["status"] for one in await children(here, run)} == {"cancelled"}


async def test_one_that_could_not_be_stopped_is_stopped_by_another_look(here: Place) -> None:
    inner = await here.put({"step": "w", "wait": {"seconds": 3600}})
    held, other = [await swarm(here, {"task": "t", "routine": inner}) for _ in range(2)]
    for run in (held, other):
        await rests(here, run)
    # No transaction takes back what a sequence gave: without room for as many cancels.
    await here.fetch("CREATE SEQUENCE tries")
    full = "RAISE 'no room' USING ERRCODE = '53100'"
    body = f"BEGIN IF nextval('tries') <= 2 THEN {full}; END IF; RETURN NEW; END"
    await here.fetch(f"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
    await here.fetch(
        "CREATE TRIGGER full_disk BEFORE UPDATE ON runs FOR EACH ROW "
        f"WHEN (NEW.id = '{held}' AND NEW.status = 'cancelled') EXECUTE FUNCTION full_disk()"
    )
    try:
        stopped = await here.work.swarms.stop_all("somebody", "somebody")
        assert {held, other} <= set(stopped)
    finally:
        await here.fetch("DROP FUNCTION full_disk CASCADE")
        await here.fetch("DROP SEQUENCE tries")


async def test_another_process_goes_on_with_it(dsn: str) -> None:
    async with place(dsn) as first, place(dsn) as second:
        add = await adder(first)
        run = await swarm(
            first,
            {"task": "look", "person": "Look"},
            {"task": "a", "routine": add, "inputs": {"n": "${tasks.look.output}"}},
            output="${tasks.a.output}",
        )
        await rests(first, run)
        await first.kill()
        await second.work.swarms.finish(run, "look", 4, "somebody")
        assert (await second.end(run))["output"] == 5
