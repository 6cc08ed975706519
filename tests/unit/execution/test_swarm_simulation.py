"""Swarms that are simulated: their decisions are real, their tasks are scripted."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vrooli.core.errors import UsageError
from vrooli.execution.swarms.reading import SwarmError
from vrooli.execution.swarms.simulating.script import read_script
from vrooli.execution.swarms.simulating.simulation import Setup, simulate
from vrooli.execution.swarms.writing import changed, routine_of


async def run(*plan: Any, script: Any = None, **more: Any) -> dict[str, Any]:
    """What a swarm with that plan comes to."""
    parts = more.pop("parts", {})
    definition = routine_of({"name": "s", "goal": "g", "plan": list(plan), **parts})
    if "policy" in more:
        definition = changed(definition, {"policy": more.pop("policy")})
    setup = Setup(definition, script=read_script(script or {}), **more)
    return (await simulate(setup)).to_json()


def task(name: str, **more: Any) -> dict[str, Any]:
    return {"task": name, "routine": "r", **more}


def told(found: Mapping[str, Any], what: str) -> list[tuple[float, str]]:
    return [(one["at"], one["path"]) for one in found["timeline"] if one["what"] == what]


ADD = {"name": "add", "do": [{"step": "n", "value": {"n": "${inputs.n + 1}"}}]}


async def test_a_plan_takes_the_time_of_its_tasks() -> None:
    plan = (task("a"), task("b"), task("c", inputs={"x": "${tasks.a.output}"}, writes="x"))
    runs = {"a": {"output": 1, "takes": "10s", "cost": 0.5}, "*": {"takes": "30s", "tokens": 7}}
    found = await run(*plan, script={"runs": runs}, parts={"output": "${board.x}"})
    assert told(found, "begun") == [(0, "a"), (0, "b"), (10, "c")]
    assert (found["status"], found["took"], found["cost"]) == ("completed", 40, 0.5)
    assert (found["tokens"], found["steps"], found["widest"]) == (14, 4, 2)
    found = await run(*plan, script={"runs": runs}, policy={"width": 1})
    assert (found["took"], found["widest"]) == (70, 1)


async def test_tries_come_to_one_thing_after_the_other() -> None:
    script = {"runs": {"a": [{"fails": "no disk", "takes": "5s"}, {"output": 3}]}}
    found = await run(task("a", tries=2), script=script)
    assert (found["output"], told(found, "begun")) == ({"a": 3}, [(0, "a"), (5, "a[2]")])
    found = await run(task("a"), script=script)
    assert found["failure"]["reason"] == "task `a` failed: scripted: no disk"


@pytest.mark.parametrize(
    ("said", "status", "took"),
    [
        ({"approved": True, "takes": "5m"}, "completed", 301),
        ({"approved": False, "takes": "5m"}, "failed", 300),
        ({"approved": True, "takes": "2h"}, "failed", 3600),
        (None, "failed", 3600),
    ],
)
async def test_a_question_is_answered_in_time(said: Any, status: str, took: float) -> None:
    runs = {"a": {"takes": "1s"}, **({"a/approval": said} if said else {})}
    policy = {"approve": ["changing"], "approval": "1h"}
    found = await run(task("a", risk="changing"), script={"runs": runs}, policy=policy)
    assert (found["status"], found["took"]) == (status, took)


async def test_nobody_is_asked_about_what_cannot_begin() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    plan = task("a", routine="add", inputs={"n": "${inputs.n}"}, risk="dangerous")
    script = {"runs": {"a/approval": {"approved": True}}}
    routines = {"add": {**ADD, "inputs": schema}}
    found = await run(plan, script=script, routines=routines, inputs={"n": "text"})
    assert (found["failure"]["kind"], found["failure"]["where"]) == ("inputs", "a: add")
    assert (told(found, "asked"), found["beside"]) == ([], [])
    found = await run(plan, script=script, routines=routines, inputs={"n": 1})
    assert (found["status"], told(found, "asked")) == ("completed", [(0, "a/approval")])


async def test_a_person_and_what_happens_meanwhile() -> None:
    plan = ({"task": "look", "person": "Look"}, task("b", inputs={"x": "${board.x}"}))
    events = [
        {"at": "1m", "message": "hurry", "by": "ann"},
        {"at": "2m", "board": {"x": 4}},
        {"at": "3m", "policy": {"approve": ["reading"]}},
    ]
    script = {
        "runs": {"look": {"output": 1, "takes": "10m"}, "r": {"takes": "1s"}},
        "events": events,
    }
    output = "${messages.map(m, m.text + ' by ' + m.by)}"
    found = await run(*plan, script=script, parts={"output": output})
    assert (found["output"], found["took"]) == (["hurry by ann"], 600)
    assert told(found, "begun") == [(120, "b")]
    with pytest.raises(SwarmError, match="policy"):
        await run(*plan, script={**script, "events": [{"at": "1m", "policy": {"width": 0}}]})


async def test_its_deadline_and_its_budget_end_it() -> None:
    script = {"runs": {"a": {"takes": "1h", "cost": 0.6}, "b": {"cost": 0.6}}}
    found = await run(task("a"), script=script, policy={"deadline": "1m"})
    assert (found["failure"]["kind"], found["took"], found["cost"]) == ("deadline", 60, 0)
    two = (task("a"), task("b"))
    found = await run(*two, script=script, budget={"cost": 1})
    assert "budget: the budget of $1.00" in found["failure"]["reason"]
    found = await run(*two, script=script, budget={"time": 30})
    assert (found["failure"]["where"], found["took"]) == ("budget.time", 30)
    found = await run(*two, script=script, budget={"steps": 2})
    assert "no step left" in found["failure"]["reason"]
    pause = {"cost": 1, "on_limit": "pause"}
    with pytest.raises(UsageError, match="paused at a limit"):
        await run(*two, script=script, budget=pause)
    more = {**script, "events": [{"at": "2h", "budget": {"cost": 2}}]}
    found = await run(*two, script=more, budget=pause)
    assert (found["status"], found["took"], found["cost"]) == ("completed", 7200, 1.2)


async def test_routines_beside_it_are_run() -> None:
    asks = {
        "name": "asks",
        "do": [
            {"step": "rest", "wait": {"seconds": 60}},
            {"step": "more", "routine": {"name": "add", "inputs": {"n": 4}}},
            {"step": "said", "llm": {"model": "test", "prompt": "${steps.more.n}"}},
        ],
        "output": "${steps.said.text}",
    }
    routines = {"add": ADD, "asks": asks}
    plan = (task("a", routine="add", inputs={"n": 1}), task("b", routine="asks"))
    steps = {"asks/said": {"answer": "five", "takes": "2s", "tokens": 20, "cost": 0.1}}
    found = await run(*plan, routines=routines, script={"steps": steps})
    assert found["output"] == {"a": {"n": 2}, "b": "five"}
    assert (found["took"], found["cost"], found["tokens"], found["steps"]) == (62, 0.1, 20, 6)
    with pytest.raises(UsageError, match=r"step `said` \(llm\)") as raised:
        await run(*plan, routines=routines)
    assert "asks/said: {answer: ...}" in raised.value.next_step


async def test_a_coordinator_with_a_scripted_model() -> None:
    think = {
        "name": "think",
        "do": [{"step": "say", "llm": {"model": "test", "prompt": "p", "output": {}}}],
        "output": "${steps.say.json}",
    }
    plans = [
        {"answer": {"tasks": [task("a", routine="gone")]}},
        {"answer": {"tasks": [task("a")]}, "cost": 0.25},
        {"answer": {"done": True, "output": "all"}, "takes": "1s"},
    ]
    script = {"steps": {"say": plans}, "runs": {"r": {"takes": "1m"}}}
    parts = {"coordinator": {"routine": "think"}}
    found = await run(parts=parts, routines={"think": think}, script=script)
    assert (found["output"], found["took"], found["cost"]) == ("all", 61, 0.25)
    refused = [one["says"] for one in found["timeline"] if one["what"] == "refused"]
    assert refused == ["plan[0].routine: task `a`: there is no routine `gone`"]
    idle = {**script, "steps": {"say": plans[0]}}
    found = await run(parts=parts, routines={"think": think}, script=idle)
    assert found["failure"]["kind"] == "no-progress"


async def test_a_swarm_within_obeys_the_one_above() -> None:
    inner = routine_of({"name": "inner", "goal": "more", "plan": [task("a"), task("b")]})
    plan = (task("deep", routine="inner"),)
    script = {"runs": {"deep/a": {"takes": "1s"}, "b": {"takes": "2s", "output": 2}}}
    found = await run(*plan, routines={"inner": inner}, script=script)
    assert (found["took"], found["output"]) == (2, {"deep": {"a": None, "b": 2}})
    found = await run(*plan, routines={"inner": inner}, script=script, policy={"width": 1})
    assert (found["took"], found["widest"]) == (3, 1)
    found = await run(*plan, routines={"inner": inner}, script=script, policy={"depth": 0})
    assert "too-deep" in found["failure"]["reason"]


async def test_what_is_not_scripted_is_named_with_the_lines_to_add() -> None:
    with pytest.raises(UsageError, match="task `a` is not scripted; task `b`") as raised:
        await run(task("a"), task("b", after=["a"]))
    assert "runs:\n      a: {output: ...}\n      b: {output: ...}" in raised.value.next_step
    with pytest.raises(UsageError, match="never ends"):
        await run({"task": "look", "person": "Look"})
    with pytest.raises(UsageError, match="nobody writes"):
        await run(task("b", inputs={"x": "${board.x}"}), script={"runs": {"b": {}}})
    with pytest.raises(SwarmError, match=r"runs\.a\[0\]\.takes"):
        read_script({"runs": {"a": {"takes": "soon"}}})


async def test_a_task_goes_to_a_person_and_back_as_the_script_says() -> None:
    runs = {
        "a": [{"takes": "1h"}, {"takes": "10s", "output": 3}],
        "a/person": {"takes": "1h"},
    }
    events = [
        {"at": "10s", "hand": {"task": "a", "what": "by hand"}, "by": "ann"},
        {"at": "30s", "take-back": "a"},
    ]
    found = await run(task("a"), script={"runs": runs, "events": events})
    assert (found["output"], found["took"]) == ({"a": 3}, 40)
    assert told(found, "handed") == [(10, "a/person")]
    assert told(found, "cancelled") == [(10, "a"), (30, "a/person")]
    with pytest.raises(UsageError, match="`a`: the task was not handed to a person"):
        await run(task("a"), script={"runs": runs, "events": [events[1]]})


async def test_a_task_that_is_planned_again_begins_anew() -> None:
    runs = {"a": [{"takes": "1h"}, {"takes": "10s", "output": 3}], "b": {"takes": "1m"}}
    plans = ([task("b")], [task("a"), task("b")])
    events = [{"at": f"{10 * n}s", "plan": plan} for n, plan in enumerate(plans, 1)]
    found = await run(task("a"), task("b"), script={"runs": runs, "events": events})
    assert (found["status"], found["output"]["a"]) == ("completed", 3)
    assert told(found, "begun") == [(0, "a"), (0, "b"), (20, "a[2]")]


async def test_a_task_that_is_planned_again_is_compared_with_the_policy() -> None:
    """As one that is to come, though it has failed before."""
    one, look = task("a", on_failure="continue"), {"task": "look", "person": "Look"}
    events = [
        {"at": "10s", "policy": {"routines": []}},
        {"at": "20s", "plan": [look]},
        {"at": "30s", "plan": [look, one]},
    ]
    script = {"runs": {"a": {"fails": "no disk"}, "look": {"takes": "1h"}}, "events": events}
    with pytest.raises(SwarmError, match=r"events.30s.plan.*the policy does not allow"):
        await run(one, look, script=script)


async def test_what_is_paused_takes_as_much_longer() -> None:
    inner = routine_of({"name": "inner", "goal": "more", "plan": [task("x")]})
    runs = {"x": {"takes": "10s"}, "r": {"takes": "30s"}}
    events = [
        {"at": "5s", "in": "inner", "pause": True},
        {"at": "25s", "in": "inner", "resume": True},
        {"at": "28s", "pause": True},
        {"at": "1m", "resume": True},
    ]
    plan = (task("inner", routine="inner"), task("b"))
    more: dict[str, Any] = {"routines": {"inner": inner}}
    found = await run(*plan, script={"runs": runs, "events": events}, **more)
    assert sorted(told(found, "done")) == [(62, ""), (62, "b"), (62, "inner"), (62, "inner/x")]
    with pytest.raises(UsageError, match="`inner/x` is paused for ever"):
        await run(*plan, script={"runs": runs, "events": events[:1]}, **more)


async def test_a_retry_gives_another_try_and_keeps_what_is_done() -> None:
    runs = {"a": {"output": 1, "takes": "1s"}, "b": [{"fails": "no disk"}, {"output": 2}]}
    events = [{"at": "1m", "retry": True}]
    plan = (task("a"), task("b", after=["a"]))
    found = await run(*plan, script={"runs": runs, "events": events})
    assert (found["output"], found["took"]) == ({"a": 1, "b": 2}, 60)
    assert told(found, "begun") == [(0, "a"), (1, "b"), (60, "b[2]")]


async def test_time_between_an_end_and_a_retry_is_none_of_the_budget() -> None:
    runs = {"a": [{"fails": "no disk", "takes": "5s"}, {"output": 2, "takes": "10s"}]}
    script = {"runs": runs, "events": [{"at": "1m", "retry": True}]}
    found = await run(task("a"), script=script, budget={"time": 20})
    assert (found["output"], found["took"]) == ({"a": 2}, 70)
    found = await run(task("a"), script=script, budget={"time": 14})
    assert (found["failure"]["kind"], found["took"]) == ("budget", 69)


async def test_what_would_change_is_told_with_the_question() -> None:
    shows = {"before": "a\nb", "after": "a\nc"}
    runs = {"a": {}, "a/approval": {"approved": True}}
    policy = {"approve": ["changing"]}
    found = await run(task("a", risk="changing", shows=shows), script={"runs": runs}, policy=policy)
    (asked,) = [one for one in found["timeline"] if one["what"] == "asked"]
    assert asked["diff"].splitlines()[-3:] == [" a", "-b", "+c"]


async def test_what_is_scripted_fits_what_is_declared() -> None:
    schema = {"type": "object", "required": ["n"]}
    asks = {
        "name": "asks",
        "do": [{"step": "say", "llm": {"model": "test", "prompt": "p", "output": schema}}],
        "output": {"n": "${steps.say.json.n}"},
    }
    plan, more = task("a", routine="asks"), {"routines": {"asks": asks}}
    script = {"steps": {"say": [{"answer": {"m": 1}}]}}
    with pytest.raises(UsageError, match=r"task `a`: the step `say`.*'n' is a required") as raised:
        await run(plan, script=script, **more)
    assert raised.value.where == "script: steps.say[0]"
    with pytest.raises(UsageError, match=r"task `a`: the routine `asks`.*`output\.n` is missing"):
        await run(plan, script={"runs": {"a": {"output": {"m": 1}}}}, **more)
    found = await run(plan, script={"steps": {"say": {"answer": {"n": 1}}}}, **more)
    assert found["output"] == {"a": {"n": 1}}


OUTCOMES = st.fixed_dictionaries(
    {"takes": st.sampled_from(["0s", "1s", "30s", "1h"]), "cost": st.sampled_from([0, 0.1, 0.7])},
    optional={"fails": st.just("x"), "steps": st.integers(0, 5)},
)


@settings(max_examples=12, deadline=None)
@given(
    outcomes=st.lists(OUTCOMES, min_size=1, max_size=6),
    needs=st.lists(st.integers(0, 5), min_size=6, max_size=6),
    width=st.integers(1, 3),
    tasks=st.integers(4, 8),
    budget=st.sampled_from([{"cost": 0.5}, {"steps": 6}, {"time": 40, "cost": 1}]),
    goes_on=st.booleans(),
)
async def test_it_always_ends_within_its_policy_and_its_budget(
    outcomes: list[Any],
    needs: list[int],
    width: int,
    tasks: int,
    budget: dict[str, Any],
    goes_on: bool,
) -> None:
    inner = routine_of({"name": "inner", "goal": "g", "plan": [task("x"), task("y")]})
    more = {"tries": 2, **({"on_failure": "continue"} if goes_on else {})}
    plan = [
        task(f"t{i}", after=[f"t{after}"] if after < i else [], **more)
        for i, after in enumerate(needs[:3])
    ]
    plan[2]["routine"] = "inner"
    plans = [{"output": {"tasks": [task(f"p{i}")]}, "cost": 0.05} for i in range(9)]
    script = {"runs": {"next-plan": plans, "r": outcomes}}
    parts = {"coordinator": {"routine": "think"}, "done": {"when": "false"}}
    policy = {"width": width, "tasks": tasks, "deadline": "2h"}
    routines = {"inner": inner}
    found = await run(
        *plan, parts=parts, script=script, policy=policy, budget=budget, routines=routines
    )
    assert found["status"] == "failed"
    assert found["widest"] <= width
    ids = {one["path"].split("[")[0] for one in found["tasks"] if "/" not in one["path"]}
    assert len(ids) <= tasks
    assert found["cost"] <= budget.get("cost", 100) + 1e-9
    assert found["steps"] <= budget.get("steps", 1000)
    assert found["took"] <= budget.get("time", 7200)
