"""What a new version of a plan or a policy does, told before it is written."""

from dataclasses import asdict
from typing import Any

import pytest

from vrooli.client import swarm_changes
from vrooli.client.swarm_changes import ASKED, ASKED_FOR, LIMITS, RISKS, Meant
from vrooli.execution import swarm_shape
from vrooli.execution.swarms import reading
from vrooli.execution.swarms.deciding import Cut, decide
from vrooli.execution.swarms.model import Policy
from vrooli.execution.swarms.reading import read_swarm
from vrooli.execution.swarms.state import State, Try

NOW = 1_000_000.0

POLICY = {"width": 2, "routines": ["look"], "approve": ["changing", "dangerous"], "deadline": "2h"}


def task(id: str, status: str = "waiting", **more: Any) -> dict[str, Any]:
    return {"task": id, "status": status, "tries": 1, "routine": "look", **more}


TASKS = [
    task("over", "done", risk="dangerous"),
    task("sizes", "running"),
    task("judge", "running", handed={"number": 2}, tries=2),
    task("trim", "asked", risk="changing", inputs={"of": 1}, budget={"cost": 1}),
]


def swarm(*tasks: dict[str, Any], policy: Any = None) -> dict[str, Any]:
    plan = {"version": 2, "tasks": list(tasks or TASKS)}
    written = {"version": 1, "value": POLICY if policy is None else policy}
    return {"plan": plan, "policy": written, "begun_at": NOW - 60}


def meant_by(swarm: Any, name: str, after: Any) -> Meant:
    return swarm_changes.meant_by(swarm, name, after, NOW)


def written(*changes: dict[str, Any], without: str = "") -> list[dict[str, Any]]:
    by = {one["task"]: one for one in changes}
    all_ = [{**one, **by.get(one["task"], {})} for one in TASKS if one["task"] != without]
    stands = ("status", "tries")
    return [
        {key: value for key, value in one.items() if value is not None and key not in stands}
        for one in all_
    ]


def test_it_says_what_the_swarm_itself_takes_where_nothing_is_said() -> None:
    usual = asdict(Policy())
    assert {key: usual[key] for key in LIMITS} == LIMITS
    assert usual["approve"] == frozenset(ASKED)
    assert RISKS == swarm_shape.RISKS
    assert ASKED_FOR == reading._ASKED_FOR


def test_a_policy_tells_what_becomes_looser_and_which_question_falls_away() -> None:
    after = {"width": 5, "depth": 9, "routines": ["look", "trim"], "approve": ["dangerous"]}
    found = meant_by(swarm(), "policy", after)
    assert found.looser == (
        "`deadline` goes away",
        "5 tasks at once instead of 2",
        "9 swarms in each other below it instead of 3",
        "tasks may use `trim` as well",
        "nobody is asked any more about tasks that are changing",
    )
    assert found.unasked == ("the question about `trim` falls away, and it begins unasked",)
    assert found.ended == ()
    gone = meant_by(swarm(), "policy", {})
    assert "`routines` goes away" in gone.looser
    assert "tasks may use any routine" in gone.looser
    assert "4 tasks at once instead of 2" in gone.looser


def test_a_stricter_policy_says_nothing() -> None:
    strict = {**POLICY, "width": 1, "depth": 0, "approve": ["reading", "changing", "dangerous"]}
    assert meant_by(swarm(), "policy", strict) == Meant()
    later = meant_by(swarm(), "policy", {**POLICY, "deadline": "4h"})
    assert later.looser == ("its deadline is 4h instead of 2h",)


@pytest.mark.parametrize(
    ("deadline", "ended"), [("59s", True), ("1m", True), ("61s", False), (None, False), (5, False)]
)
def test_a_deadline_that_has_passed_ends_the_swarm(deadline: object, ended: bool) -> None:
    found = meant_by(swarm(), "policy", {**POLICY, "deadline": deadline}).ended
    said = f"the swarm is ended, and fails: its deadline, {deadline} after it began, is over"
    assert found == ((said,) if ended else ())


def test_a_plan_without_a_task_ends_what_it_does_and_its_question() -> None:
    assert meant_by(swarm(), "plan", written()) == Meant()
    found = meant_by(swarm(), "plan", written(without="sizes"))
    assert found.ended == ("what a run does for `sizes` is ended: that plan has no such task",)
    found = meant_by(swarm(), "plan", written(without="trim"))
    assert found.unasked == ("the question about `trim` falls away: that plan has no such task",)
    assert meant_by(swarm(), "plan", written(without="over")) == Meant()
    assert len(meant_by(swarm(), "plan", []).lines) == 3


@pytest.mark.parametrize(
    ("change", "lines"),
    [
        (
            {"task": "trim", "risk": None},
            (
                "the risk of `trim` is reading instead of changing, and nobody is asked any more",
                "the question about `trim` falls away, and it begins unasked",
            ),
        ),
        ({"task": "over", "risk": None}, ()),
        (
            {"task": "trim", "inputs": {"of": 2}},
            ("the question about `trim` falls away, and it is asked anew",),
        ),
        (
            {"task": "trim", "budget": None},
            (
                "the budget of `trim` goes away",
                "the question about `trim` falls away, and it is asked anew",
            ),
        ),
        (
            {"task": "judge", "handed": None},
            ("what a person does for `judge` is ended: the swarm does it itself again",),
        ),
        (
            {"task": "sizes", "handed": {"number": 1}},
            ("what a run does for `sizes` is ended: a person is to do it",),
        ),
        ({"task": "sizes", "since": 1}, ("what a run does for `sizes` is ended, and begun anew",)),
        ({"task": "sizes", "inputs": {"of": 3}}, ()),
    ],
)
def test_a_changed_task_says_what_that_does(change: dict[str, Any], lines: tuple[str, ...]) -> None:
    assert meant_by(swarm(), "plan", written(change)).lines == lines


@pytest.mark.parametrize("odd", [None, 3, "text", [1], {"task": "a"}])
def test_what_can_be_no_document_is_left_to_the_server(odd: Any) -> None:
    assert meant_by(swarm(), "plan", odd) == Meant()
    assert meant_by(swarm(), "board.hint", odd) == Meant()
    assert meant_by(None, "policy", {}) == Meant()
    assert meant_by(swarm(policy={"approve": "odd"}), "policy", {"approve": 7}).unasked == (
        "the question about `trim` falls away, and it begins unasked",
    )


PLAN = written()


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("plan", PLAN),
        ("plan", []),
        *(("plan", written(without=one["task"])) for one in TASKS),
        ("plan", written({"task": "trim", "risk": None})),
        ("plan", written({"task": "trim", "inputs": {"of": 2}})),
        ("plan", written({"task": "trim", "handed": {"number": 1}})),
        ("plan", written({"task": "judge", "handed": None})),
        ("plan", written({"task": "sizes", "handed": {"number": 1}})),
        ("plan", written({"task": "sizes", "since": 1})),
        ("plan", written({"task": "sizes", "inputs": {"of": 3}}, {"task": "over", "risk": None})),
        ("policy", {}),
        ("policy", {**POLICY, "approve": ["changing"]}),
        ("policy", {**POLICY, "approve": []}),
    ],
)
def test_what_it_says_is_what_the_swarm_ends(name: str, after: Any) -> None:
    documents = {"plan": PLAN, "policy": POLICY, name: after}
    goal = {"goal": "g", "coordinator": {"routine": "look"}}
    runs = {"sizes": "r1", "judge": "r2", "trim": "r3"}
    asked = {"of": {key: one for key, one in PLAN[3].items() if key in ASKED_FOR}}
    tries = {
        "over": (Try("r0", 1, "completed"),),
        "sizes": (Try("r1", 1, "running"),),
        "judge/person": (Try("r2", 2, "waiting"),),
        "trim/approval": (Try("r3", 1, "waiting", asked),),
    }
    now = State(read_swarm({**goal, **documents}), {}, 0.0, tries=tries, wrote=frozenset({"r0"}))
    ended = {one.run for one in decide(now, 1.0) if isinstance(one, Cut)}
    found = meant_by(swarm(), name, after)
    told = " ".join((*found.unasked, *found.ended))
    assert {run for task, run in runs.items() if f"`{task}`" in told} == ended
