"""What tasks come to that are planned again, after they were cut from the plan or handed over."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.execution.test_swarm_deciding import NOW, done, failed, names, state, task
from vrooli.execution.swarms.deciding import Cut, End, Skip, Start, decide
from vrooli.execution.swarms.handing import handed, renewed, taken_back
from vrooli.execution.swarms.state import Stands, State, Try, Unmade, standing

Tries = Mapping[str, tuple[Try, ...]]

OTHER = task("z", risk="dangerous")
"""What the plan has meanwhile."""

BEFORE = {"task": "a", "routine": "r"}


def back(one: Mapping[str, Any], tries: Tries, **more: Any) -> State:
    """After a plan without this task, the one with it was written again."""
    plan = renewed([one], state(OTHER, tries=tries, **more))
    return state(*plan, tries=tries, **more)


def cut(name: str, number: int = 1) -> Try:
    return Try(f"{name}{number}", number, "cancelled", {"what": {}})


@pytest.mark.parametrize(
    ("came_to", "begun"),
    [
        ((), ["a1"]),
        ((cut("a"),), ["a2"]),
        ((failed(),), ["a2"]),
        ((failed(), cut("a", 2)), ["a3"]),
    ],
)
@pytest.mark.parametrize("doer", [{"routine": "r"}, {"person": "Look"}])
def test_a_task_that_comes_back_begins_anew(
    came_to: tuple[Try, ...], begun: list[str], doer: Any
) -> None:
    tries = {"a": came_to}
    assert names(decide(back({"task": "a", **doer}, tries), NOW)) == begun


def test_what_is_still_under_way_of_it_is_ended_first() -> None:
    tries = {"a": (Try("a1", 1, "running"),)}
    assert decide(back(BEFORE, tries), NOW) == (Cut("a1"),)


@pytest.mark.parametrize(
    ("later", "stands"),
    [
        ((), Stands.WAITING),
        ((failed(3),), Stands.WAITING),
        ((failed(3), failed(4)), Stands.FAILED),
    ],
)
def test_it_has_as_many_tries_as_at_first(later: tuple[Try, ...], stands: Stands) -> None:
    before = (failed(), cut("a", 2))
    now = back({**BEFORE, "tries": 2}, {"a": before})
    found = replace(now, tries={"a": (*before, *later)})
    assert standing(found, found.swarm.plan[0], found.swarm.policy).status is stands


def test_what_was_done_or_skipped_stays_so() -> None:
    tries = {"a": (done(5),)}
    assert decide(back(BEFORE, tries), NOW) == (End({"a": 5}),)
    assert decide(back(BEFORE, {}, skipped=frozenset({"a"})), NOW) == (End({}),)


def test_its_condition_is_looked_at_again() -> None:
    only = {**BEFORE, "when": "has(board.x)"}
    tries = {"a": (cut("a"),)}
    assert decide(back(only, tries), NOW) == (Skip("a"),)
    assert names(decide(back(only, tries, board={"x": 1}), NOW)) == ["a2"]


@pytest.mark.parametrize("answer", ["waiting", "cancelled", "completed", "failed"])
def test_it_is_asked_about_anew(answer: str) -> None:
    risky = task("a", risk="dangerous", on_failure="continue")
    (ask,) = decide(state(risky), NOW)
    assert isinstance(ask, Start)
    tries = {"a/approval": (Try("q1", 1, answer, ask.inputs, {}),)}
    if answer == "waiting":
        assert decide(back(risky, tries), NOW) == (Cut("q1"),)
    else:
        assert names(decide(back(risky, tries), NOW)) == ["a/approval2"]


def test_one_of_which_no_run_could_be_made_is_made_anew() -> None:
    lost = {"a": Unmade(1, "inputs: n is missing")}
    on = task("a", on_failure="continue")
    assert decide(state(on, unmade=lost), NOW) == (End({}),)
    assert names(decide(back(on, {}, unmade=lost), NOW)) == ["a2"]
    by_hand = handed([on], state(on, unmade=lost), "a", "")
    assert names(decide(state(*by_hand, unmade=lost), NOW)) == ["a/person1"]
    again = taken_back(by_hand, state(*by_hand, unmade=lost), "a")
    assert names(decide(state(*again, unmade=lost), NOW)) == ["a2"]


def test_a_plan_from_before_a_task_was_handed_over() -> None:
    """The swarm does it itself again, whatever was tried before."""
    tries = {"a": (cut("a"),), "a/person": (Try("p1", 1, "waiting"),)}
    by_hand = handed([BEFORE], state(BEFORE, tries={"a": tries["a"]}), "a", "")
    written = renewed([BEFORE], state(*by_hand, tries=tries))
    assert decide(state(*written, tries=tries), NOW) == (Cut("p1"),)
    gone = {**tries, "a/person": (cut("p"),)}
    assert names(decide(state(*written, tries=gone), NOW)) == ["a2"]


def test_a_plan_from_when_a_person_did_it() -> None:
    """Another one is told, as the plan says it."""
    by_hand = [{**BEFORE, "handed": {"number": 1, "what": "look"}}]
    tries = {"a": (cut("a"),), "a/person": (cut("p"),)}
    for now in (OTHER, {**BEFORE, "since": 1}):
        written = renewed(by_hand, state(now, tries=tries))
        assert written[0]["handed"] == {"number": 2, "what": "look"}
        assert names(decide(state(*written, tries=tries), NOW)) == ["a/person2"]
    other = {**BEFORE, "handed": {"number": 2, "what": "other"}}
    twice = {**tries, "a/person": (cut("p"), Try("p2", 2, "waiting"))}
    assert renewed(by_hand, state(other, tries=twice))[0]["handed"]["number"] == 3


def test_a_person_does_what_a_routine_did_or_the_other_way_round() -> None:
    tries = {"a": (Try("a1", 1, "running"),)}
    look = {"task": "a", "person": "Look"}
    for before, now in ((BEFORE, look), (look, BEFORE)):
        written = renewed([now], state(before, tries=tries))
        assert decide(state(*written, tries=tries), NOW) == (Cut("a1"),)


def test_what_goes_on_is_left_alone() -> None:
    """Whatever else of it is written otherwise; and what counted no more does not again."""
    tries = {"a": (cut("a"), Try("a2", 2, "running"))}
    now = state({**BEFORE, "since": 1, "asked": 1}, tries=tries)
    assert renewed([{**BEFORE, "budget": {"steps": 1}}, OTHER], now) == [
        {**BEFORE, "budget": {"steps": 1}, "since": 1, "asked": 1},
        OTHER,
    ]
    later = {**BEFORE, "since": 5, "asked": 3}
    assert renewed([later], now) == [later]
    assert renewed([BEFORE], state(BEFORE, tries=tries)) == [BEFORE]
