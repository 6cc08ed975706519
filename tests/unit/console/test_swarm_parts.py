"""A swarm as its room shows it."""

from typing import Any

from vrooli.cli.swarm_insight import says
from vrooli.console.parts.events_seen import happened
from vrooli.console.parts.run_journal import Steps
from vrooli.console.parts.run_seen import step_of
from vrooli.console.parts.swarm_again import SwarmAnew, anew_of, cost_said
from vrooli.console.parts.swarm_editor import KEY, wrong_key
from vrooli.console.parts.swarm_seen import is_swarm, nodes_of, progress, shape_of, tasks_of
from vrooli.console.parts.swarm_told import written
from vrooli.console.parts.swarm_words import handed
from vrooli.console.run_feed import RunSeen
from vrooli.console.swarm_feed import asked_runs
from vrooli.execution.swarm_shape import ID


def task(id: str, status: str = "waiting", **more: Any) -> dict[str, Any]:
    stands: dict[str, Any] = {
        "task": id, "status": status, "why": "", "run": None, "tries": 0, "output": None,
        "after": [], "needs": [], "asks": "",
    }  # fmt: skip
    return {**stands, **more}


TASKS = [
    task("sizes", "done", routine="look", agent="looker", run="r1", tries=1, output={"n": 1},
         writes="sizes"),
    task("broken", "failed", routine="look", run="r2", tries=2, why="no file"),
    task("judge", "running", person="Which?", run="r3", tries=1, needs=["sizes"], asks="Which?"),
    task("trim", "asked", routine="trim", run="r4", tries=1, asks="May it?", needs=["sizes"]),
    task("clean", routine="trim", risk="changing", after=["judge"]),
]  # fmt: skip


def swarm(status: str = "waiting", **more: Any) -> RunSeen:
    found = {"plan": {"version": 1, "by": "swarm", "tasks": TASKS}, "board": {}, **more}
    return RunSeen({"status": status}, {}, Steps(), (), swarm=found)


def test_each_task_says_where_it_stands_and_who_does_it() -> None:
    found = {one.id: one for one in tasks_of(swarm())}
    assert {one.id: one.state for one in found.values()} == {
        "sizes": "done",
        "broken": "failed, try 2",
        "judge": "a person is to do it",
        "trim": "asks whether it may",
        "clean": "waiting",
    }
    assert found["sizes"].who == "looker, routine look"
    assert found["judge"].who == "a person"
    assert '"risk": "changing"' in found["clean"].written
    assert '"after"' not in found["clean"].written
    assert progress(list(found.values())) == (
        "1 of 5 tasks done, 1 for a person to do, 1 to be approved, 1 failed."
    )


def test_what_ended_with_its_swarm_is_counted_by_itself() -> None:
    cut = tasks_of(swarm(plan={"tasks": [task("a", "cancelled"), task("b", "cancelled")]}))
    assert progress(cut) == "0 of 2 tasks done, 2 cancelled."
    assert nodes_of(cut)["a"].tone == "off"


def test_what_needs_the_blackboard_stands_after_who_writes_there() -> None:
    tasks = tasks_of(swarm())
    assert shape_of(tasks).columns() == [["sizes", "broken"], ["judge", "trim"], ["clean"]]
    nodes = nodes_of(tasks)
    assert (nodes["trim"].needs, nodes["clean"].needs) == (("sizes",), ("judge",))
    tones = {name: one.tone for name, one in nodes.items()}
    assert tones == {
        "sizes": "ok", "broken": "critical", "judge": "warning", "trim": "warning",
        "clean": "unknown",
    }  # fmt: skip


def test_a_task_that_a_person_was_handed() -> None:
    found = RunSeen({"status": "waiting"}, {}, Steps(), (), swarm={"plan": {"tasks": [
        task("mine", "running", routine="look", handed={"number": 1}, asks="Look"),
        task("own", "running", routine="look"),
        task("over", "done", routine="look"),
        task("judge", "running", person="Which?"),
    ]}})  # fmt: skip
    tasks = tasks_of(found)
    assert [one.moves for one in tasks] == ["take-back", "hand", "", ""]
    assert (tasks[0].who, tasks[0].by_hand, tasks[1].by_hand) == ("a person", True, False)
    assert handed(found) == [("mine", "Look"), ("judge", "")]


def test_what_waits_for_people_is_told_while_it_does() -> None:
    assert handed(swarm()) == [("judge", "Which?")]
    assert handed(swarm("cancelled")) == []
    assert asked_runs(swarm().swarm) == ["r4"]


def test_before_it_has_begun_there_is_no_plan() -> None:
    fresh = RunSeen({"status": "pending"}, {}, Steps(), ())
    assert (tasks_of(fresh), progress([]), handed(fresh), written(fresh)) == ([], "", [], [])
    assert asked_runs(None) == []


def test_the_blackboard_says_who_wrote() -> None:
    board = {
        "sizes": {"value": {"n": 1}, "version": 2, "by": "r1"},
        "hint": {"value": "look", "version": 1, "by": "ann"},
    }
    assert written(swarm(board=board)) == [
        ("hint", "look", 1, "ann", False),
        ("sizes", '{\n  "n": 1\n}', 2, "r1", True),
    ]


def test_a_run_with_a_step_that_is_a_swarm_is_one() -> None:
    row = {"path": "swarm", "attempt": 1, "status": "begun", "begun_at": 1.0, "ended_at": None}
    for type_, expected in (("swarm", True), ("value", False)):
        steps = Steps((step_of({**row, "type": type_}),))
        assert is_swarm(RunSeen({"status": "waiting"}, {}, steps, ())) is expected


def test_what_was_written_on_a_swarm_is_told() -> None:
    told = {"seq": 1, "run": "r", "at": 1.0, "kind": "swarm.written", "name": "plan"}
    assert happened({**told, "version": 2, "by": "ann"}, "r").words == (
        "version 2 of plan was written, by ann"
    )
    began = {"seq": 1, "run": "r", "at": 1.0, "kind": "swarm.begun"}
    assert happened(began, "r").words == "the swarm began"
    skipped = {**told, "name": "skipped", "version": 1, "by": "words"}
    assert happened(skipped, "r").words == "task words is skipped"
    assert says(skipped) == "task words is skipped"
    assert "17960" not in says({**began, "kind": "run.waiting", "until": 1796027584.955478})


def test_before_a_retry_it_is_said_what_is_done_anew_and_what_that_took() -> None:
    tasks = [
        task("over", "done", run="r1", cost=0.5, tokens=10),
        task("bad", "failed", run="r2", cost=0.25, tokens=1200),
        task("cut", "cancelled", run="r3", cost=0.05, tokens=34),
        task("unmade", "failed"),
        task("not", "skipped"),
        task("later"),
        task("never", "cancelled"),
    ]
    found = anew_of({"plan": {"tasks": tasks}})
    again = ("bad", "cut", "unmade")
    assert found == SwarmAnew(again, ("later", "never"), ("over", "not"), spent=0.3, tokens=1234)
    assert cost_said(found, {"budget": {"cost": {"spent": 0.8, "limit": 2.0}}}) == (
        "Up to now what is done anew took $0.30 and 1,234 tokens. "
        "Of the budget of $2.00 it has $1.20 left."
    )
    nothing = anew_of(None)
    assert (nothing, cost_said(nothing, {})) == (
        SwarmAnew(),
        "No budget limits what it may cost.",
    )


def test_a_key_of_the_blackboard_is_told_in_the_words_of_the_page() -> None:
    assert f"^{KEY}$" == ID
    assert wrong_key("hint_2", {}) == ""
    for key in ("", "Hint", "2hint", "a b", "ä", "a" * 64, "a\n"):
        assert wrong_key(key, {}).startswith("A key begins with a small letter")
    assert wrong_key("hint", {"hint": {"version": 3}}) == (
        "hint stands on the blackboard already, in version 3: change it above."
    )
