"""What a swarm has to stand: large outputs, changes under its feet, runs that end otherwise, and
what cannot be.
"""

import asyncio
import math
import secrets
from typing import Any

import pytest

from tests.integration.execution.test_swarms import adder, children, eager, rests, swarm
from tests.support.trees import Place, place, sub
from tests.support.waiting import eventually
from vrooli.core.errors import Refused
from vrooli.execution.approvals.store import Decision
from vrooli.execution.approvals.views import ApprovalFilter
from vrooli.execution.runs.children import Children
from vrooli.execution.subruns import SubRun
from vrooli.execution.swarms.reading import SwarmError
from vrooli.execution.swarms.state import OPEN
from vrooli.execution.swarms.store import Put

__all__ = ["adder", "children", "eager", "rests", "swarm"]


async def test_large_outputs_are_seen_as_they_are(here: Place) -> None:
    """By expressions of a swarm, and of a run that has another one as a step."""
    text = "x" * 70_000
    large = await here.put({"step": "n", "value": {"n": text}}, output={"a": "${steps.n.n}"})
    one = {"task": "one", "routine": large, "writes": "one"}
    sizes = "${[size(tasks.one.output.a), size(board.one.a)]}"
    run = await swarm(here, one, output=sizes)
    outer = await here.start(await here.put(sub("o", large), output="${size(steps.o.a)}"))
    assert (await here.end(run))["output"] == [70_000, 70_000]
    assert (await here.end(outer))["output"] == 70_000


async def test_it_goes_on_after_a_stop(here: Place) -> None:
    """What was cut with it is begun anew; so is a step that is a run of another routine."""
    run = await swarm(here, {"task": "look", "person": "Look"}, output="${tasks.look.output}")
    await rests(here, run)
    outer = await here.start(await here.put(sub("s", run_of := await waiting(here))))
    await here.below(outer, 1)
    for one in (run, outer):
        await here.work.runs.cancel(one, "somebody")
        await here.work.control.retry(one, None, "somebody")
    assert (await rests(here, run))["swarm"]["plan"]["tasks"][0]["tries"] == 2
    await here.work.swarms.finish(run, "look", 5, "somebody")
    assert (await here.end(run))["output"] == 5
    assert [one["routine"] for one in await children(here, outer)] == [run_of] * 2


async def test_a_policy_is_narrowed_under_a_plan(here: Place) -> None:
    """It is refused where tasks are to come that it forbids, and not for what was done."""
    add = await adder(here)
    one, look = (
        {"task": "a", "routine": add, "inputs": {"n": 1}},
        {"task": "look", "person": "Look"},
    )
    run = await swarm(here, one, look)
    await rests(here, run)
    await here.work.swarms.write(run, Put("policy", {"routines": []}, "somebody"))
    more = {"task": "more", "routine": add, "inputs": {"n": 1}}
    with pytest.raises(SwarmError):
        await here.work.swarms.write(run, Put("plan", [one, look, more], "somebody"))
    await here.work.swarms.write(run, Put("policy", {"routines": [add]}, "somebody"))
    await here.work.swarms.write(run, Put("plan", [one, look, more], "somebody"))
    await here.work.swarms.finish(run, "look", None, "somebody")
    assert (await here.end(run))["output"] == {"a": 2, "look": None, "more": 2}


async def test_a_task_that_is_planned_no_more_is_ended(here: Place) -> None:
    run = await swarm(here, {"task": "a", "person": "A"}, {"task": "b", "person": "B"})
    await rests(here, run)
    await here.work.swarms.write(run, Put("plan", [{"task": "b", "person": "B"}], "somebody"))
    await here.work.swarms.finish(run, "b", 1, "somebody")
    assert (await here.end(run))["output"] == {"b": 1}
    assert [one["status"] for one in await children(here, run)] == ["cancelled", "completed"]


@pytest.mark.parametrize("how", ["handed", "cut"])
async def test_an_older_plan_is_written_again(here: Place, how: str) -> None:
    """What the one before had no place for begins anew, and the swarm goes on."""
    first = {"task": "a", "routine": await waiting(here)}
    look = {"task": "look", "person": "Look"}
    run = await swarm(here, first, look)
    await here.below(run, 2)
    swarms = here.work.swarms
    for _ in range(2):
        if how == "handed":
            await swarms.hand(run, "a", "", "somebody")
        else:
            await swarms.write(run, Put("plan", [look], "somebody"))
        await eventually(lambda: _open(here, run, first["routine"], 0), "it is ended")
        await swarms.write(run, Put("plan", [first, look], "somebody"))
        await eventually(lambda: _open(here, run, first["routine"], 1), "it is begun anew")
    shown = await rests(here, run)
    assert [one["status"] for one in shown["swarm"]["plan"]["tasks"]] == ["running", "running"]
    assert shown["swarm"]["plan"]["tasks"][0]["tries"] == 3


async def _open(here: Place, run: str, routine: str, count: int) -> bool:
    """Whether so many runs of that routine are under way below it."""
    found = [one for one in await children(here, run) if one["routine"] == routine]
    return sum(one["status"] in OPEN for one in found) == count


async def test_a_coordinator_plans_a_task_again_that_somebody_cut(here: Place) -> None:
    name = f"r-{secrets.token_hex(4)}"
    await here.put({"step": "w", "wait": {"seconds": 3600}}, name=name)
    look = {"task": "look", "person": "Look"}
    one = {"task": "a", "routine": name}
    planner = await here.put({"step": "p", "value": {"tasks": [one]}})
    done = {"when": "has(tasks.a) && tasks.a.status == 'done'"}
    run = await swarm(here, one, look, coordinator={"routine": planner}, done=done)
    await here.below(run, 2)
    await here.work.swarms.write(run, Put("plan", [look], "somebody"))
    await eventually(lambda: _open(here, run, name, 0), "it is ended")
    await here.put({"step": "w", "value": {}}, name=name)
    await here.work.swarms.finish(run, "look", None, "somebody")
    assert (await here.end(run))["status"] == "completed"


async def waiting(here: Place) -> str:
    """A routine that waits."""
    return await here.put({"step": "w", "wait": {"seconds": 3600}})


async def test_a_refusal_holds_after_a_stop(here: Place) -> None:
    """It is not asked once more because it was asked, and not answered, before."""
    risky = {"task": "a", "routine": await adder(here), "inputs": {"n": 1}, "risk": "dangerous"}
    run = await swarm(here, risky)
    for count in (1, 2, 3):
        question = await eventually(lambda: _pending(here, run), "it is asked")
        assert len(await here.work.approvals.views.page(ApprovalFilter(swarm=run))) == count
        if count == 1:
            await here.work.runs.cancel(run, "somebody")
        else:
            no = Decision(approved=False, hash=question["hash"], by="somebody", reason="no")
            await here.work.approvals.decide(question["id"], no)
            assert (await here.end(run))["failure"]["kind"] == "task"
        if count < 3:
            await here.work.control.retry(run, None, "somebody")
    assert len(await children(here, run)) == 3


async def _pending(here: Place, run: str) -> dict[str, Any] | None:
    """The question of that swarm which nobody has answered."""
    found = await here.work.approvals.views.page(ApprovalFilter(swarm=run, status="pending"))
    return found[0] if found else None


async def test_an_approval_holds_for_the_task_as_it_was_asked_about(here: Place) -> None:
    """Asked for longer than a million seconds; a change of the plan asks anew."""
    add, other = await adder(here), await adder(here)
    risky = {"task": "a", "routine": add, "inputs": {"n": 1}, "risk": "changing"}
    run = await swarm(here, risky, policy={"approve": ["changing"], "approval": "14d"})
    await rests(here, run)
    await here.work.swarms.write(run, Put("plan", [{**risky, "routine": other}], "somebody"))

    async def asked() -> list[dict[str, Any]]:
        found = await here.work.approvals.views.page(ApprovalFilter(status="pending"))
        return [one for one in found if one["what"].get("routine") == other]

    (question,) = await eventually(asked, "it is asked anew")
    await here.work.approvals.decide(
        question["id"], Decision(approved=True, hash=question["hash"], by="somebody", reason="")
    )
    assert (await here.end(run))["output"] == {"a": 2}
    found = [(one["routine"], one["status"]) for one in await children(here, run)]
    assert sorted(found) == [
        (other, "completed"),
        ("swarm-approval", "cancelled"),
        ("swarm-approval", "completed"),
    ]


async def test_what_nobody_could_read_is_not_taken(here: Place) -> None:
    run = await swarm(here, {"task": "look", "person": "Look"})
    await rests(here, run)
    swarms = here.work.swarms
    for bad in ("\x00", "\ud800", math.nan):
        with pytest.raises(SwarmError):
            await swarms.write(run, Put("board.x", bad, "somebody"))
        with pytest.raises(SwarmError):
            await swarms.say(run, bad, "somebody", None)
        with pytest.raises(SwarmError):
            await swarms.finish(run, "look", bad, "somebody")
    with pytest.raises(Refused):
        await swarms.write(run, Put("board.x", "x" * 70_000, "somebody"))
    for long in ("4000d", "367d"):
        with pytest.raises(SwarmError):
            await swarms.write(run, Put("policy", {"approval": long}, "somebody"))


async def test_why_a_swarm_within_waits(here: Place) -> None:
    name = f"s-{secrets.token_hex(4)}"
    look = {"task": "look", "person": "Look"}
    await here.work.swarms.put({"name": name, "goal": "look", "plan": [look]})
    run = await swarm(here, {"task": "inner", "routine": name})
    (inner,) = await here.below(run, 1)
    await rests(here, inner)
    reason = await here.work.swarms.why(run)
    assert reason.says == "`inner`: task `look` waits for a person"
    assert reason.command == f"vrooli swarm done {inner} look --output JSON"


async def test_all_that_write_at_once_are_heard(here: Place) -> None:
    """Who does not say what he has seen is not refused because another writes too."""
    run = await swarm(here, {"task": "look", "person": "Look"})
    await rests(here, run)
    puts = [Put("board.x", n, f"person {n}") for n in range(8)]
    written = await asyncio.gather(*(here.work.swarms.write(run, one) for one in puts))
    assert sorted(one["version"] for one in written) == list(range(1, 9))


async def test_a_coordinator_hears_that_there_is_no_such_routine(here: Place) -> None:
    """It is a plan that cannot be, not the end of the swarm; and after its end a retry asks again,
    as often.
    """
    add = await adder(here)
    name = "${inputs.problems == '' ? 'r-nowhere' : '" + add + "'}"
    plan = {"tasks": [{"task": "t", "routine": name, "inputs": {"n": 1}}]}
    planner = await here.put({"step": "plan", "value": plan})
    run = await swarm(here, coordinator={"routine": planner}, done={"when": "size(tasks) > 0"})
    assert (await here.end(run))["output"] == {"t": 2}
    assert len(await children(here, run)) == 3


async def test_a_swarm_within_hears_at_once_of_a_policy_above(here: Place) -> None:
    """Before anything else stirs it."""
    add, name = await adder(here), f"s-{secrets.token_hex(4)}"
    later = {"task": "later", "routine": add, "inputs": {"n": "${tasks.look.output}"}}
    plan = [{"task": "look", "person": "Look"}, later]
    await here.work.swarms.put({"name": name, "goal": "look", "plan": plan})
    run = await swarm(here, {"task": "inner", "routine": name}, policy={"routines": [name, add]})
    (inner,) = await here.below(run, 1)
    await rests(here, inner)
    await here.work.swarms.write(run, Put("policy", {"routines": [name]}, "somebody"))
    assert (await here.end(inner))["failure"]["kind"] == "policy"


async def test_what_is_being_made_while_it_pauses_is_paused_too(
    here: Place, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever drives it hears only later that another process was asked to pause it."""
    making, make, begun = asyncio.Event(), asyncio.Event(), Children.begun

    async def slowly(self: Children, asked: SubRun) -> str:
        making.set()
        await make.wait()
        return await begun(self, asked)

    monkeypatch.setattr(Children, "begun", slowly)
    async with place(dsn, slots=0) as other:
        run = await swarm(here, {"task": "t", "routine": await waiting(here)})
        await making.wait()
        pausing = asyncio.create_task(other.work.swarms.pause(run, "somebody"))
        told = "SELECT FROM runs WHERE id = $1 AND pausing"
        await eventually(lambda: here.fetch(told, run), "it is told", pause=0.01)
        make.set()
        await pausing
    (child,) = await here.fetch("SELECT status, pausing FROM runs WHERE parent = $1", run)
    assert child[0] == "paused" or child[1], child


async def test_what_could_not_begin_is_told_before_it_does(here: Place) -> None:
    """And where that cannot be known before, its task is shown as failed."""
    strict = await here.put(
        {"step": "n", "value": {}},
        inputs={
            "required": ["files", "n"],
            "properties": {"files": {"type": "array"}, "n": {"default": 1}},
            "additionalProperties": False,
        },
    )
    plan = [
        {"task": "a", "routine": strict, "inputs": {"fils": 3}},
        {"task": "b", "routine": strict, "inputs": {"fils": "${inputs.x}"}},
        {"task": "c", "routine": "r-nowhere"},
        {"task": "d", "routine": strict, "inputs": {"files": "${inputs}"}},
    ]
    with pytest.raises(SwarmError) as refused:
        await swarm(here, *plan, coordinator={"routine": "r-none"}, done={"routine": strict})
    found = [(one.where, one.reason.split(": ")[-1]) for one in refused.value.mistakes]
    assert found[1:4] == [
        ("plan[1].inputs", "`files` is missing"),
        ("plan[1].inputs", "there is no `fils`, but `files`, `n`"),
        ("plan[2].routine", "there is no routine `r-nowhere`"),
    ]
    places = [one[0] for one in found]
    assert (places[0], places[4:]) == ("plan[0].inputs", ["done.inputs", "coordinator.routine"])
    run = await swarm(here, plan[3])
    ended = await here.end(run)
    assert (ended["status"], ended["failure"]["kind"]) == ("failed", "inputs")
    (task,) = (await here.work.swarms.show(run))["swarm"]["plan"]["tasks"]
    assert (task["status"], "files" in task["why"]) == ("failed", True)


async def test_a_plan_that_names_what_is_not_stored_is_refused(here: Place) -> None:
    """While the swarm runs: at once, by task and routine. What it had before is let be."""
    name, look = f"r-{secrets.token_hex(4)}", {"task": "look", "person": "Look"}
    await here.put({"step": "n", "value": {}}, name=name)
    old = {"task": "old", "routine": name, "after": ["look"], "inputs": {"x": 1}}
    run = await swarm(here, look, old)
    await rests(here, run)
    await here.put(
        {"step": "n", "value": {}}, name=name, inputs={"type": "object", "required": ["y"]}
    )
    write = here.work.swarms.write
    bad: list[dict[str, Any]] = [{**old, "task": "new"}, {"task": "none", "routine": "r-nowhere"}]
    with pytest.raises(SwarmError) as refused:
        await write(run, Put("plan", [look, old, *bad], "somebody"))
    assert [one.where for one in refused.value.mistakes] == ["plan[2].inputs", "plan[3].routine"]
    assert str(refused.value.mistakes[1]).endswith("task `none`: there is no routine `r-nowhere`")
    assert "vrooli routine add" in str(refused.value.next_step)
    may = bad[1] | {"on_failure": "continue"}
    assert await write(run, Put("plan", [look, old, may], "somebody")) == {"version": 2}
    await here.work.swarms.hand(run, "none", "", "somebody")
    with pytest.raises(SwarmError):
        await write(run, Put("plan", [look, old, *bad[1:]], "somebody"))


async def test_a_stored_swarm_is_started_only_where_it_fits(here: Place) -> None:
    """By hand and by a schedule; not where what it needs changed after it was stored."""
    name, add = f"s-{secrets.token_hex(4)}", await adder(here)
    own = {"name": name, "goal": "g", "plan": [{"task": "a", "routine": add, "inputs": {"n": 1}}]}
    await here.work.swarms.put(own)
    assert (await here.end(await here.start(name)))["output"] == {"a": 2}
    strict = {"type": "object", "required": ["m"]}
    await here.put({"step": "n", "value": {}}, name=add, inputs=strict)
    with pytest.raises(SwarmError, match=rf"task `a`: the routine `{add}` does not take them"):
        await here.start(name)
    assert await here.fetch("SELECT FROM runs WHERE routine = $1", name) == [()]
    by_hand = {"step": "swarm", "swarm": {"goal": "g", "plan": "${inputs.plan}"}}
    filled = await here.put(by_hand, inputs={})
    ended = await here.end(await here.start(filled, inputs={"plan": []}))
    assert ended["failure"]["kind"] == "plan"


async def test_a_coordinator_hears_of_inputs_that_do_not_fit(here: Place) -> None:
    """Also where the swarm would go on without that task."""
    strict = await here.put(
        {"step": "n", "value": {"said": "${inputs.n}"}},
        inputs={"type": "object", "required": ["n"]},
        output="${steps.n.said}",
    )
    task = {"task": "t", "routine": strict, "on_failure": "continue"}
    inputs = "${inputs.problems == '' ? {} : {'n': inputs.problems}}"
    planner = await here.put({"step": "p", "value": {"tasks": [{**task, "inputs": inputs}]}})
    run = await swarm(here, coordinator={"routine": planner}, done={"when": "size(tasks) > 0"})
    said = (await here.end(run))["output"]["t"]
    assert said.startswith(f"plan[0].inputs: task `t`: the routine `{strict}` does not take them")


async def test_a_swarm_that_would_start_itself_without_an_end_is_refused(here: Place) -> None:
    own, other = (f"s-{secrets.token_hex(4)}" for _ in "ab")

    def calling(name: str, routine: str, **more: Any) -> dict[str, Any]:
        task = {"task": "a", "routine": routine, **more}
        return {"name": name, "goal": "g", "plan": [{"task": "look", "person": "Look"}, task]}

    put = here.work.swarms.put
    with pytest.raises(SwarmError, match=rf"plan\[1\].routine: .* \(`{own}`\); a"):
        await put(calling(own, own))
    assert (await put(calling(own, own, on_failure="continue")))["changed"]
    assert (await put(calling(own, own, when="inputs.left > 0")))["changed"]
    assert (await put(calling(own, "r-not-yet", when="inputs.left > 0")))["changed"]
    await put(calling(other, own))
    with pytest.raises(SwarmError, match=rf"\(`{other}`, then `{own}`\); a"):
        await put(calling(own, other))
    filled = await here.put(
        {"step": "swarm", "swarm": {"goal": "g", "plan": "${inputs.plan}"}}, inputs={}
    )
    assert (await put(calling(own, filled)))["changed"]
