"""What a swarm does next."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from vrooli.core.errors import Refused
from vrooli.execution.approvals.diffs import diff_of
from vrooli.execution.runs.why import Reason
from vrooli.execution.swarms.deciding import (
    Adopt,
    Command,
    Cut,
    End,
    Fail,
    Refuse,
    Skip,
    Start,
    Write,
    deadline,
    decide,
)
from vrooli.execution.swarms.handing import done_meanwhile, handed, open_runs, taken_back
from vrooli.execution.swarms.model import Policy, strictest
from vrooli.execution.swarms.reading import SwarmError, read_swarm
from vrooli.execution.swarms.state import State, Try
from vrooli.execution.swarms.why import under_way, why
from vrooli.execution.swarms.writing import parts_of, routine_of
from vrooli.flow.entries import Failure
from vrooli.flow.template import Template

NOW = 1000.0


def state(*plan: Any, tries: Mapping[str, tuple[Try, ...]] | None = None, **more: Any) -> State:
    """A swarm with that plan, and what its runs came to."""
    parts = {"goal": "g", "plan": list(plan), **more.pop("parts", {})}
    return State(read_swarm(parts), {"n": 1}, NOW - 10, tries=tries or {}, **more)


def task(name: str, **more: Any) -> dict[str, Any]:
    return {"task": name, "routine": "r", **more}


def done(output: Any = None, number: int = 1, inputs: Any = None) -> Try:
    return Try(f"run{number}", number, "completed", inputs, output)


def failed(number: int = 1) -> Try:
    return Try(f"run{number}", number, "failed", None, None, Failure("k", "why"))


def names(commands: tuple[Command, ...]) -> list[str]:
    return [f"{one.name}{one.number}" for one in commands if isinstance(one, Start)]


def test_no_more_at_once_than_the_policy_allows() -> None:
    four = (task("a"), task("b"), task("c"), task("d"))
    assert names(decide(state(*four, parts={"policy": {"width": 3}}), NOW)) == ["a1", "b1", "c1"]
    running = {"a": (Try("r1", 1, "waiting"),), "b": (done(),)}
    now = state(*four, tries=running, parts={"policy": {"width": 2}})
    assert names(decide(now, NOW)) == ["c1"]


def test_what_a_person_does_takes_no_place() -> None:
    by_hand = {"task": "look", "person": "Look"}
    plan = (task("a"), task("b", handed={"number": 1}), by_hand, task("c"))
    policy = {"policy": {"width": 1}}
    assert names(decide(state(*plan, parts=policy), NOW)) == ["a1", "b/person1", "look1"]
    tries = {"b/person": (Try("r1", 1, "waiting"),), "look": (Try("r2", 1, "waiting"),)}
    assert names(decide(state(*plan, tries=tries, parts=policy), NOW)) == ["a1"]
    full = {"a": (Try("r3", 1, "running"),)}
    assert names(decide(state(*plan, tries=full, parts=policy), NOW)) == ["b/person1", "look1"]


def test_who_uses_what_another_came_to_waits_for_it() -> None:
    plan = (task("a"), task("b", inputs={"x": "${tasks.a.output.x}"}))
    assert names(decide(state(*plan), NOW)) == ["a1"]
    (start,) = decide(state(*plan, tries={"a": (done({"x": 5}),)}), NOW)
    assert isinstance(start, Start)
    assert (start.name, start.inputs) == ("b", {"x": 5})


def test_who_needs_the_blackboard_waits_until_it_is_written() -> None:
    plan = (task("b", inputs={"x": "${board.x}"}),)
    assert decide(state(*plan), NOW) == ()
    assert names(decide(state(*plan, board={"x": 1}), NOW)) == ["b1"]
    asks = (task("b", inputs={"x": "${has(board.x) ? board.x : 0}"}),)
    assert names(decide(state(*asks), NOW)) == ["b1"]


def test_an_output_is_written_once_before_all_else() -> None:
    plan, tries = (task("a", writes="k"), task("b")), {"a": (done(7),)}
    assert decide(state(*plan, tries=tries), NOW) == (Write("k", 7, "run1"),)
    after = state(*plan, tries=tries, wrote=frozenset({"run1"}))
    assert names(decide(after, NOW)) == ["b1"]


def test_what_is_false_when_its_turn_comes_is_skipped() -> None:
    plan = (task("a", when="inputs.n > 1"), task("b", after=["a"]))
    assert decide(state(*plan), NOW) == (Skip("a"),)
    assert names(decide(state(*plan, skipped=frozenset({"a"})), NOW)) == ["b1"]


@pytest.mark.parametrize(
    ("more", "attempt", "expected"),
    [
        ({}, 1, [Fail("task", "task `a` failed: k: why", "a")]),
        ({"tries": 2}, 1, ["a2"]),
        ({}, 2, ["a2"]),
        ({"on_failure": "continue"}, 1, [End({})]),
    ],
)
def test_what_failed(more: dict[str, Any], attempt: int, expected: list[Any]) -> None:
    found = decide(state(task("a", **more), tries={"a": (failed(),)}, attempt=attempt), NOW)
    assert [*names(found), *(one for one in found if not isinstance(one, Start))] == expected


def test_the_reason_of_a_swarm_within_is_told_once() -> None:
    within = Failure("task", "task `a` failed: too-deep: why", "a")
    tries = {"a": (Try("r1", 1, "failed", None, None, within),)}
    expected = "task `a` failed: too-deep: why"
    assert decide(state(task("a"), tries=tries), NOW) == (Fail("task", expected, "a"),)
    (other,) = decide(state(task("b"), tries={"b": tries["a"]}), NOW)
    assert other == Fail("task", f"task `b` failed: {expected}", "b")


def test_what_was_approved_is_what_is_done() -> None:
    plan = (task("a", risk="dangerous", inputs={"x": "${board.x}"}),)
    (ask,) = decide(state(*plan, board={"x": 1}), NOW)
    assert isinstance(ask, Start)
    assert (ask.name, ask.routine) == ("a/approval", "swarm-approval")
    assert ask.inputs["expires"] == "86400.000s"
    asked = {"a/approval": (done(inputs=ask.inputs),)}
    (do,) = decide(state(*plan, tries=asked, board={"x": 2}), NOW)
    assert isinstance(do, Start)
    assert (do.name, do.inputs) == ("a", {"x": 1})
    denied = {"a/approval": (replace(failed(), inputs=ask.inputs),)}
    (end,) = decide(state(*plan, tries=denied, board={"x": 1}), NOW)
    assert isinstance(end, Fail)


def test_a_goal_that_is_not_met() -> None:
    tries = {"a": (done(1),)}
    for when, expected in (("true", End({"a": 1})), ("false", Fail)):
        (end,) = decide(state(task("a"), tries=tries, parts={"done": {"when": when}}), NOW)
        assert end == expected or (isinstance(end, Fail) and end.kind == "goal-not-met")


def test_a_check_is_made_once_for_each_plan() -> None:
    parts = {"done": {"routine": "look"}}
    tries = {"a": (done(1),)}
    assert names(decide(state(task("a"), tries=tries, parts=parts), NOW)) == ["goal-check1"]
    met = {**tries, "goal-check": (done(),)}
    assert decide(state(task("a"), tries=met, parts=parts), NOW) == (End({"a": 1}),)
    unmet = {**tries, "goal-check": (failed(),)}
    again = state(task("a"), tries=unmet, parts=parts, attempt=2)
    assert names(decide(again, NOW)) == ["goal-check2"]


def test_what_a_coordinator_says() -> None:
    parts = {"coordinator": {"routine": "think", "inputs": {"x": 1}}}
    (ask,) = decide(state(parts=parts), NOW)
    assert isinstance(ask, Start)
    assert (ask.name, ask.inputs["goal"], ask.inputs["x"]) == ("next-plan", "g", 1)
    plans = [
        ({"tasks": [task("a")]}, Adopt((task("a"),), "run1")),
        ({"done": True, "output": 3}, End(3)),
        ("words", Refuse),
        ({"tasks": [task("a", after=["z"])]}, Refuse),
        ({"tasks": []}, Refuse),
    ]
    for output, expected in plans:
        (said,) = decide(state(tries={"next-plan": (done(output),)}, parts=parts), NOW)
        assert said == expected or type(said) is expected


def test_plans_that_bring_nothing_end_it() -> None:
    parts = {"coordinator": {"routine": "think"}, "policy": {"cycles": 2}}
    plans = {"next-plan": (done("no"), done("no", 2))}
    refused = frozenset({"run1", "run2"})
    idle = state(tries=plans, parts=parts, refused=refused, problems="bad")
    (end,) = decide(idle, NOW)
    assert end == Fail("no-progress", "2 plans in a row brought nothing; bad", "next-plan")
    # Each attempt of the swarm may plan as often again.
    assert names(decide(replace(idle, attempt=2), NOW)) == ["next-plan3"]


def test_a_plan_that_is_refused_brings_nothing_whatever_it_names() -> None:
    """A coordinator that says the same for ever is asked no more."""
    parts = {"coordinator": {"routine": "think"}, "policy": {"cycles": 2}}
    same = {"tasks": [task("a")]}
    plans = tuple(Try(f"p{n}", n, "completed", None, same) for n in (1, 2, 3))
    tries = {"a": (done(),), "next-plan": plans}
    taken, refused = frozenset({"p1"}), frozenset({"p2", "p3"})
    again = state(task("a"), tries=tries, parts=parts, adopted=taken, refused=refused)
    (end,) = decide(again, NOW)
    assert isinstance(end, Fail)
    assert end.kind == "no-progress"


def test_a_coordinator_that_failed_is_asked_again_in_the_next_attempt() -> None:
    parts = {"coordinator": {"routine": "think"}}
    tries = {"a": (done(),), "next-plan": (done({"tasks": [task("a")]}), failed(2))}
    lost = state(task("a"), tries=tries, parts=parts, adopted=frozenset({"run1"}))
    assert isinstance(decide(lost, NOW)[0], Fail)
    assert names(decide(replace(lost, attempt=2), NOW)) == ["next-plan3"]


def test_nothing_of_it_goes_on_for_which_nobody_waits() -> None:
    """A task that is in no plan any more, a question that nobody needs, a next plan at the end."""
    running = {"a": (Try("a1", 1, "running"),), "b": (Try("b1", 1, "running"),)}
    assert decide(state(task("b"), tries=running), NOW) == (Cut("a1"),)
    asked = {"a/approval": (Try("q1", 1, "waiting", {"what": {}}),)}
    mild = state(task("a"), tries=asked)
    assert decide(mild, NOW) == (Cut("q1"),)
    planning = {"next-plan": (Try("p1", 1, "running"),), "a": (done(),)}
    parts = {"coordinator": {"routine": "think"}, "done": {"when": "true"}}
    assert decide(state(task("a"), tries=planning, parts=parts), NOW) == (Cut("p1"),)


def test_somebody_retried_an_earlier_try() -> None:
    tries = {"a": (Try("a1", 1, "running"), failed(2))}
    assert decide(state(task("a", tries=2), tries=tries), NOW) == ()
    tries = {"a": (done(5), failed(2))}
    (end,) = decide(state(task("a", tries=2), tries=tries), NOW)
    assert end == End({"a": 5})


def test_a_policy_forbids_nothing_that_has_been_done() -> None:
    plan, tries = (task("a"), task("b", routine="s")), {"a": (done(),)}
    policy = Policy(routines=frozenset({"s"}))
    narrow = state(*plan, tries=tries)
    narrow = replace(narrow, swarm=replace(narrow.swarm, policy=policy))
    assert names(decide(narrow, NOW)) == ["b1"]
    assert isinstance(decide(replace(narrow, tries={}), NOW)[0], Fail)


def test_its_deadline() -> None:
    one = state(task("a"), parts={"policy": {"deadline": "10s"}})
    assert deadline(one) == NOW
    (end,) = decide(one, NOW)
    assert isinstance(end, Fail)
    assert end.kind == "deadline"


def test_none_allows_what_another_above_forbids() -> None:
    above = Policy(width=1, depth=0, routines=frozenset({"x"}), approve=frozenset({"reading"}))
    both = strictest((Policy(routines=frozenset({"x", "y"})), above))
    assert (both.width, both.depth, both.routines) == (1, -1, frozenset({"x"}))
    assert both.approve == {"reading", "dangerous"}
    (end,) = decide(state(task("a"), above=(replace(above, depth=1),)), NOW)
    assert isinstance(end, Fail)
    assert end.kind == "policy"


@pytest.mark.parametrize(
    ("parts", "where"),
    [
        ({"plan": []}, "plan"),
        ({"plan": [task("a"), task("a")]}, "plan[1].task"),
        ({"plan": [task("a", after=["b"]), task("b", after=["a"])]}, "plan"),
        ({"plan": [task("a", after=["x"])]}, "plan[0].after"),
        ({"plan": [{"task": "a"}]}, "plan[0]"),
        ({"plan": [task("in")]}, "plan[0].task"),
        ({"plan": [task("a", agent="x")]}, "plan[0].agent"),
        ({"plan": [task("a", inputs={"x": "${bord.x}"})]}, "plan[0].inputs"),
        ({"plan": [task("a", when="1 +")]}, "plan[0].when"),
        ({"plan": [task("a")], "policy": {"routines": []}}, "plan[0].routine"),
        ({"plan": [task("a")], "policy": {"width": 0}}, "policy.width"),
        ({"plan": [task("a")], "done": {"when": "x"}}, "done.when"),
    ],
)
def test_what_cannot_be_is_told_by_its_place(parts: dict[str, Any], where: str) -> None:
    with pytest.raises(SwarmError) as refused:
        read_swarm({"goal": "g", **parts})
    assert [one.where for one in refused.value.mistakes] == [where]


def test_its_file_is_a_routine_that_says_the_same() -> None:
    parts: dict[str, Any] = {
        "goal": "Find ${inputs.n}",
        "plan": [task("a", inputs={"x": "${tasks.b.output} and ${'${'}"}), task("b")],
        "output": "${board}",
    }
    routine = routine_of({"name": "s", "inputs": {"type": "object"}, **parts})
    assert parts_of(routine) == parts
    kept = routine["do"][0]["swarm"]["plan"][0]["inputs"]["x"]
    assert Template(kept).filled({}) == parts["plan"][0]["inputs"]["x"]
    assert parts_of({"do": [{"step": "x", "value": {}}]}) is None


def test_all_that_is_wrong_with_a_file_is_told_at_once() -> None:
    with pytest.raises(SwarmError) as refused:
        routine_of({"name": "X", "goal": "", "plan": [task("a")], "budget": {"steps": -1}})
    places = {one.where for one in refused.value.mistakes}
    assert places == {"name", "goal", "budget.steps"}


def test_a_task_is_handed_to_a_person_and_taken_back() -> None:
    plan = [task("a", risk="dangerous")]
    tries: dict[str, tuple[Try, ...]] = {"a": (Try("a1", 1, "running"),)}
    running = state(*plan, tries=tries, parts={"policy": {"approve": []}})
    plan = handed(plan, running, "a", "look by hand")
    by_person = state(*plan, tries=tries)
    assert open_runs(by_person, "a") == ["a1"]
    assert decide(by_person, NOW) == (Cut("a1"),)
    tries["a"] = (failed(),)
    (start,) = decide(state(*plan, tries=tries), NOW)
    # Nobody is asked: that person decides.
    expected = {"what": "look by hand", "task": "a"}
    assert start == Start("a/person", 1, "swarm-person", expected)
    done_by_hand = {**tries, "a/person": (done(7),)}
    assert decide(state(*plan, tries=done_by_hand), NOW) == (End({"a": 7}),)
    tries["a/person"] = (Try("p1", 1, "waiting"),)
    with pytest.raises(Refused):
        handed(plan, state(*plan, tries=tries), "a", "")
    plan = taken_back(plan, state(*plan, tries=tries), "a")
    assert plan == [task("a", risk="dangerous", since=1)]
    back = state(*plan, tries=tries, parts={"policy": {"approve": []}})
    assert decide(back, NOW) == (Cut("p1"),)
    tries["a/person"] = (failed(),)
    assert names(decide(replace(back, tries=tries), NOW)) == ["a2"]
    tries["a"] = (failed(), failed(2))
    assert isinstance(decide(replace(back, tries=tries), NOW)[0], Fail)
    assert handed(plan, back, "a", "")[0]["handed"] == {"number": 2}


@pytest.mark.parametrize("answer", ["waiting", "cancelled", "completed", "failed"])
def test_what_was_asked_before_a_task_was_handed_on_counts_no_more(answer: str) -> None:
    plan: list[dict[str, Any]] = [task("a", risk="dangerous", on_failure="continue")]
    (ask,) = decide(state(*plan), NOW)
    assert isinstance(ask, Start)
    tries: dict[str, tuple[Try, ...]] = {}
    tries["a/approval"] = (Try("q1", 1, answer, ask.inputs, {}),)
    for number in (1, 2):
        plan = handed(plan, state(*plan, tries=tries), "a", "")
        plan = taken_back(plan, state(*plan, tries=tries), "a")
        assert plan[0]["asked"] == number
        back = state(*plan, tries=tries)
        if number == 1 and answer == "waiting":
            assert decide(back, NOW) == (Cut("q1"),)
            tries = {"a/approval": (Try("q1", 1, "cancelled", ask.inputs),)}
        assert names(decide(state(*plan, tries=tries), NOW)) == [f"a/approval{number + 1}"]
        again = Try(f"q{number + 1}", number + 1, "cancelled", ask.inputs)
        tries = {"a/approval": (*tries["a/approval"], again)}


def test_a_question_that_had_no_place_for_a_while_is_asked_anew() -> None:
    """The policy did not ask, or the plan was another one, and is as it was again."""
    (ask,) = decide(state(task("a", risk="dangerous")), NOW)
    assert isinstance(ask, Start)
    tries = {"a/approval": (Try("q1", 1, "cancelled", ask.inputs),)}
    assert names(decide(state(task("a", risk="dangerous"), tries=tries), NOW)) == ["a/approval2"]


def test_a_refusal_holds_in_the_attempt_in_which_it_was_given() -> None:
    plan = task("a", risk="dangerous")
    (ask,) = decide(state(plan, attempt=2), NOW)
    assert isinstance(ask, Start)
    tries = {
        "a/approval": (
            Try("q1", 1, "cancelled", {**ask.inputs, "attempt": 1}),
            replace(failed(2), inputs=ask.inputs),
        )
    }
    assert isinstance(decide(state(plan, tries=tries, attempt=2), NOW)[0], Fail)
    assert names(decide(state(plan, tries=tries, attempt=3), NOW)) == ["a/approval3"]


def test_a_plan_that_says_what_was_asked_elsewhere_is_asked_about_once() -> None:
    (ask,) = decide(state(task("a", risk="dangerous", asked=5000)), NOW)
    assert isinstance(ask, Start)
    assert ask.number == 5001
    tries = {"a/approval": (Try("q1", ask.number, "waiting", ask.inputs),)}
    assert names(decide(state(task("a", risk="dangerous", asked=5000), tries=tries), NOW)) == []


def test_what_was_done_first_counts_when_a_task_is_handed_on() -> None:
    plan = [task("a", handed={"number": 1})]
    over = state(*plan, tries={"a": (done(5),), "a/person": (Try("p1", 1, "waiting"),)})
    assert decide(over, NOW) == (Cut("p1"),)
    refused = done_meanwhile(over, "a")
    assert refused is not None
    assert "done first" in refused.what
    with pytest.raises(Refused):
        taken_back(plan, over, "a")


def test_who_is_handed_a_task_and_not_told_more_is_told_of_its_routine() -> None:
    plan = (task("a", inputs={"x": "${inputs.n}"}, handed={"number": 1}), task("b", after=["a"]))
    (start,) = decide(state(*plan, parts={"policy": {"routines": ["r"]}}), NOW)
    assert isinstance(start, Start)
    assert start.inputs["what"] == 'Do what the routine `r` does, which is given {"x": 1}'


def test_all_that_it_waits_for_is_named() -> None:
    people = [{"task": f"p{i}", "person": "Look"} for i in range(6)]
    plan = (task("a"), task("b", risk="dangerous"), *people)
    own = Reason("waiting", "it waits", False)
    asks = Reason("approval", "it is asked", False, next_step="approve")
    moves, waits = Reason("step", "it works", True), Reason("signal", "it waits", False)
    found = why("run", own, state(*plan), {"a": moves, "p0": waits, "b/approval": asks})
    assert found.says == ("task `p0` waits for a person; `b/approval`: it is asked; `a`: it works")
    assert found.command == "vrooli swarm done run p0 --output JSON"
    assert found.next_step == f"`{found.command}`; also approve"
    many = {f"p{i}": waits for i in range(6)}
    assert why("run", own, state(*plan), many).says.endswith("`p4` waits for a person; and 1 more")
    assert why("run", own, state(*plan), many, 9).says.endswith("and 10 more")
    assert why("run", own, state(*plan), {"a": moves}).says == "`a`: it works"
    crowd = {f"p{i}/person": (Try(f"r{i}", 1, "waiting"),) for i in range(60)}
    looked_at, more = under_way(state(*plan, tries=crowd))
    assert (len(looked_at), more) == (50, 10)


def test_what_would_change_is_shown_to_whoever_is_asked() -> None:
    change = {"before": "${board.x}", "after": 2}
    plan = [task("a", risk="dangerous", inputs={"x": "${board.x}"})]
    (ask,) = decide(state({**plan[0], "shows": change}, board={"x": 1}), NOW)
    assert isinstance(ask, Start)
    assert ask.inputs["shows"] == {"before": 1, "after": 2}
    (first,) = decide(state(*plan, board={"x": 1}), NOW)
    assert isinstance(first, Start)
    assert first.inputs["shows"] is None
    # Asked again, because what is asked was written otherwise.
    denied = {"a/approval": (replace(failed(), inputs=first.inputs),)}
    other = {**plan[0], "inputs": {"x": "${board.x + 1}"}}
    (again,) = decide(state(other, tries=denied, board={"x": 1}), NOW)
    assert isinstance(again, Start)
    assert [again.inputs["shows"][key]["inputs"] for key in ("before", "after")] == [
        {"x": 1},
        {"x": 2},
    ]


def test_a_change_is_told_as_a_diff() -> None:
    told = diff_of({"before": {"b": 1, "a": 2}, "after": {"a": 2, "b": 3}})
    assert [line for line in told.splitlines() if line[0] in "+-"] == [
        "--- before", "+++ after", '-  "b": 1', '+  "b": 3',
    ]  # fmt: skip
    assert (diff_of(None), diff_of("rm x"), diff_of({"before": 1, "after": 1})) == ("", "rm x", "")
    long = diff_of({"before": "x\n" * 3000, "after": "y"})
    assert (long.splitlines()[0], long.splitlines()[-1]) == ("--- before", "y")
