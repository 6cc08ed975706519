"""Swarms that have run, replayed: with nothing changed each comes to what is recorded."""

import asyncio
import secrets
from typing import Any

from tests.integration.execution.test_swarms import adder, children, eager, rests, swarm, typed
from tests.support.trees import Place
from vrooli.client.swarm_comparing import compared
from vrooli.execution.approvals.store import Decision
from vrooli.execution.approvals.views import ApprovalFilter
from vrooli.execution.swarms.simulating.outcomes import outcome
from vrooli.execution.swarms.simulating.recorded import recorded
from vrooli.execution.swarms.simulating.script import read_script
from vrooli.execution.swarms.simulating.simulation import Setup, Simulated, simulate
from vrooli.execution.swarms.store import Put

__all__ = ["adder", "children", "eager", "rests", "swarm", "typed"]


async def told(here: Place, run: str) -> dict[str, Any]:
    """All that is kept of it, as an export tells it."""
    found, at = dict[str, Any](), None
    while True:
        page = await here.work.swarms.export(run, at, 500)
        found.update(page["swarm"] or {})
        found.setdefault(page["part"], []).extend(page["records"])
        at = page["next"]
        if at is None:
            return found


async def simulated(here: Place, export: dict[str, Any]) -> Simulated:
    """The same swarm, whose routines are run in memory."""
    names = {one["routine"] for one in export["runs"]}
    routines = {name: (await here.work.routines.get(name)).definition for name in names}
    script = read_script({"runs": {"look": {"output": {"n": 41}, "takes": "1s"}}})
    setup = Setup(export["definition"], routines, script, export["inputs"])
    return await simulate(setup)


async def test_a_simulation_decides_as_the_real_one(here: Place) -> None:
    """And a replay comes to what is recorded."""
    add = await adder(here)
    bad = await here.put({"step": "x", "value": {"n": "${inputs.gone}"}})
    tasks = [{"task": "t${size(inputs.tasks)}", "routine": add, "inputs": {"n": 1}}]
    planner = await here.put({"step": "plan", "value": {"tasks": tasks}})
    inner = f"s-{secrets.token_hex(4)}"
    within = {"task": "a", "routine": add, "inputs": {"n": 1}, "writes": "a"}
    await here.work.swarms.put({"name": inner, "goal": "more", "plan": [within]})
    runs = [
        await swarm(
            here,
            {"task": "look", "person": "Look"},
            {"task": "more", "routine": add, "inputs": {"n": "${tasks.look.output.n}"}},
            {"task": "inner", "routine": inner, "after": ["more"], "writes": "more"},
            {"task": "never", "routine": add, "when": "board.more.a == 3", "after": ["inner"]},
            policy={"width": 1},
            budget={"steps": 20},
        ),
        await swarm(
            here,
            {"task": "bad", "routine": bad, "tries": 2, "on_failure": "continue"},
            coordinator={"routine": planner},
            done={"when": "tasks.exists(t, t == 't2')"},
        ),
        await swarm(here, coordinator={"routine": planner}, policy={"tasks": 1}),
    ]
    await rests(here, runs[0])
    await here.work.swarms.finish(runs[0], "look", {"n": 41}, "somebody")
    for run in runs:
        await here.end(run)
        export = await told(here, run)
        before = recorded(export)
        after = await simulated(here, export)
        again = await simulate(before.setup())
        for found in (after.to_json(), again.to_json()):
            real = before.to_json()
            assert decided(found) == decided(real)
            keys = ("status", "output", "failure", "steps", "cost", "widest")
            assert [found[key] for key in keys] == [real[key] for key in keys]


async def test_a_replay_tells_of_tries_and_of_swarms_within(here: Place) -> None:
    name = f"r-{secrets.token_hex(4)}"
    await here.put({"step": "x", "value": {"n": "${inputs.gone}"}}, name=name)
    inner = f"s-{secrets.token_hex(4)}"
    look = {"task": "look", "person": "Look", "writes": "seen"}
    bad = {"task": "bad", "routine": name, "inputs": {"n": "${board.seen}"}, "tries": 2}
    await here.work.swarms.put({"name": inner, "goal": "more", "plan": [look, bad]})
    run = await swarm(here, {"task": "inner", "routine": inner}, budget={"steps": 40, "cost": 1})
    (within,) = await here.below(run, 1)
    await rests(here, within)
    await here.work.swarms.say(within, "hurry", "ann", None)
    await here.work.swarms.write(within, Put("policy", {"width": 1}, "ann", 1))
    await here.work.swarms.finish(within, "look", 1, "ann")
    assert (await here.end(run))["status"] == "failed"
    await here.put({"step": "x", "value": {"n": 2}}, name=name)
    await here.work.control.retry(run, None, "ann")
    await here.below(run, 2)
    (again,) = {one["id"] for one in await children(here, run)} - {within}
    await rests(here, again)
    await here.work.budgets.change(run, {"cost": 2}, "ann")
    await here.work.swarms.finish(again, "look", 2, "ann")
    found = await replayed(here, run)
    tries = [one["path"] for one in found["tasks"] if one["path"].startswith("inner/bad")]
    assert tries == ["inner/bad", "inner/bad[2]", "inner/bad"]
    happened = [one["what"] for one in found["timeline"]]
    assert {"message", "policy", "retried", "budget"} <= set(happened)


async def test_a_replay_tells_of_pauses_stops_and_hand_overs(here: Place) -> None:
    slow = await here.put({"step": "w", "wait": {"seconds": 3600}})
    look = {"task": "look", "person": "Look", "after": ["a"]}
    run = await swarm(here, {"task": "a", "routine": slow}, look)
    await rests(here, run)
    await here.work.swarms.stop(run, "ann")
    await here.work.control.retry(run, None, "ann")
    await here.below(run, 2)
    await rests(here, run)
    await here.work.swarms.pause(run, "ann")
    await asyncio.sleep(0.2)
    await here.work.swarms.resume(run, "ann")
    await rests(here, run)
    await here.work.swarms.hand(run, "a", "wait by hand", "ann")
    await here.below(run, 3)
    await rests(here, run)
    await here.work.swarms.finish(run, "a", 1, "ann")
    await here.below(run, 4)
    await rests(here, run)
    await here.work.swarms.finish(run, "look", 2, "ann")
    found = await replayed(here, run)
    happened = [one["what"] for one in found["timeline"] if one["path"] == ""]
    assert happened == ["cancelled", "retried", "paused", "resumed", "plan", "done"]


async def test_a_replay_tells_of_what_could_not_begin(here: Place) -> None:
    """Also where somebody was asked about it before."""
    look, task = await typed(here)
    run = await swarm(here, look, task)
    await rests(here, run)
    await here.work.swarms.finish(run, "look", "text", "ann")
    found = await replayed(here, run, "failed")
    (_, stands) = outcome(found).tasks
    assert (stands["status"], stands["approvals"]) == ("failed", 0)
    before = recorded(await told(here, run))
    script = before.setup().script
    assert before.otherwise(script, [look, task]) == script
    new = before.otherwise(script, [look, task | {"inputs": {"n": 1}}])
    assert script.runs.keys() - new.runs.keys() == {"typed"}
    name = f"r-{secrets.token_hex(4)}"
    await here.put({"step": "n", "value": {}}, name=name, inputs={})
    risky = {"task": "a", "routine": name, "risk": "dangerous"}
    run = await swarm(here, risky)
    await rests(here, run)
    await here.put(
        {"step": "n", "value": {}}, name=name, inputs={"type": "object", "required": ["y"]}
    )
    (asked,) = await here.work.approvals.views.page(ApprovalFilter(swarm=run))
    await here.work.approvals.decide(asked["id"], Decision(True, asked["hash"], "ann", ""))
    await here.end(run)
    await here.work.control.retry(run, None, "ann")
    (stands,) = outcome(await replayed(here, run, "failed")).tasks
    assert (stands["status"], stands["approvals"]) == ("failed", 1)


async def replayed(here: Place, run: str, status: str = "completed") -> dict[str, Any]:
    """A replay with nothing changed: it comes to what is recorded."""
    assert (await here.end(run))["status"] == status
    before = recorded(await told(here, run))
    found = (await simulate(before.setup())).to_json()
    assert decided(found) == decided(before.to_json())
    same = compared(outcome(before.to_json()), outcome(found))
    assert [one for one in (*same["facts"], *same["tasks"]) if not one["same"]] == []
    return found


def decided(found: dict[str, Any]) -> list[Any]:
    """What was begun, in its order, and what came of it."""
    each = [*found["tasks"], *found["beside"]]
    return [(one["path"], one["status"], one["output"], one["why"]) for one in each]
