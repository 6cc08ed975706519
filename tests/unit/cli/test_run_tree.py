"""The tree of a run that is watched."""

from collections.abc import Iterator
from typing import Any

import pytest

from vrooli.cli.run_tree import Line, RunTree, branches
from vrooli.cli.run_watch import drawn_rows, head

DEFINITION = {
    "name": "x",
    "do": [
        {"step": "first", "value": {}},
        {
            "parallel": [
                [{"step": "left", "value": {}}],
                [
                    {"if": "true", "then": [{"step": "maybe", "value": {}}]},
                    {"map": "each", "over": "${[1]}", "do": [{"step": "one", "value": {}}]},
                ],
            ]
        },
    ],
}


def event(path: str, word: str, at: float, **more: Any) -> dict[str, Any]:
    """Something about a step."""
    told = {"run": "r", "at": at, "kind": f"step.{word}", "path": path}
    return {**told, "attempt": 1, "type": "do", **more}


def drawn(lines: list[Line]) -> list[str]:
    """As on a terminal, roughly."""
    return [" ".join(_words(line)) for line in lines]


def _words(line: Line) -> Iterator[str]:
    yield line.guide + line.name
    if line.status:
        yield line.status
    if line.seconds is not None:
        yield f"{line.seconds:g}s"
    if line.says:
        yield line.says


def test_branches_and_maps_hold_their_steps() -> None:
    tree = RunTree("r", branches(DEFINITION))
    tree.take({"run": "r", "at": 0.0, "kind": "run.created"})
    tree.take(event("first", "completed", 1.0, gist="7"))
    tree.take(event("left", "begun", 2.0))
    tree.take(event("maybe", "completed", 2.0))
    tree.take(event("each[0].one", "begun", 2.0))
    tree.take(event("each[1].one", "begun", 2.0))
    tree.take(event("each[0].one", "failed", 3.5, why="no"))
    assert tree.status == "running"
    assert drawn(tree.lines(5.0, 20)) == [
        "├─ first completed 7",
        "├─ branch 1.left begun 3s",
        "└─ branch 2 1 completed, 1 begun, 1 failed",
        "   ├─ maybe completed",
        "   └─ each 1 begun, 1 failed",
        "      ├─ [0].one failed 1.5s no",
        "      └─ [1].one begun 3s",
    ]


def test_what_a_step_noted_stands_below_it_and_is_not_counted() -> None:
    tree = RunTree("r")
    note = {"run": "r", "attempt": 1, "type": "model"}
    tree.take(event("each[0].draft", "begun", 1.0))
    for number in (1, 2):
        path = f"each[0].draft/model[{number}]"
        tree.take({**note, "at": 2.0 + number, "kind": "note.completed", "path": path})
    tree.take(event("each[1].draft", "begun", 1.0))
    assert drawn(tree.lines(5.0, 20)) == [
        "└─ each 2 begun",
        "   ├─ [0].draft begun 4s",
        "   │  └─ model",
        "   │     ├─ [1] completed",
        "   │     └─ [2] completed",
        "   └─ [1].draft begun 4s",
    ]


def test_another_attempt_begins_anew() -> None:
    tree = RunTree("r")
    tree.take(event("a", "begun", 1.0))
    tree.take(event("a", "failed", 2.0, why="no"))
    tree.take(event("a", "begun", 5.0, attempt=2))
    assert drawn(tree.lines(6.0, 20)) == ["└─ a begun 1s attempt 2"]


def test_of_many_turns_those_under_way_and_the_newest_are_shown() -> None:
    tree = RunTree("r")
    for number in range(1000):
        tree.take(event(f"each[{number}].one", "begun", 1.0))
        if number != 3:
            tree.take(event(f"each[{number}].one", "completed", 2.0))
    assert drawn(tree.lines(9.0, 99)) == [
        "└─ each 1 begun, 999 completed",
        "   ├─  … 994 more, over",
        "   ├─ [3].one begun 8s",
        *(f"   ├─ [{n}].one completed 1s" for n in range(995, 999)),
        "   └─ [999].one completed 1s",
    ]
    assert len(tree.lines(9.0, 4)) == 4


def test_steps_that_are_no_turns_are_all_shown_where_there_is_room() -> None:
    tree = RunTree("r")
    for number in range(9):
        tree.take(event(f"s{number}", "completed", float(number)))
    assert len(tree.lines(9.0, 20)) == 9
    assert drawn(tree.lines(9.0, 4))[0] == " … 6 lines above"


def test_of_a_turn_that_went_well_no_parts_are_shown() -> None:
    tree = RunTree("r")
    for turn, word in ((0, "completed"), (1, "failed")):
        tree.take(event(f"each[{turn}].a", "completed", 1.0))
        tree.take(event(f"each[{turn}].b", word, 1.0))
    assert drawn(tree.lines(2.0, 9)) == [
        "└─ each 3 completed, 1 failed",
        "   ├─ [0] 2 completed",
        "   └─ [1] 1 completed, 1 failed",
        "      ├─ a completed",
        "      └─ b failed",
    ]


def test_other_runs_of_the_tree_are_parts_of_it() -> None:
    tree = RunTree("r")
    tree.take({**event("a", "completed", 1.0), "run": "other"})
    tree.take({**event("b", "completed", 1.0), "run": "other"})
    tree.take({"run": "other", "at": 2.0, "kind": "run.failed"})
    assert drawn(tree.lines(2.0, 9))[0] == "└─ run other 2 completed"
    assert tree.status == "pending"


def test_a_question_stands_beside_its_step_until_it_is_answered() -> None:
    tree = RunTree("r")
    asked = {"run": "r", "at": 2.0, "path": "sign", "attempt": 1, "id": "7f"}
    tree.take(event("sign", "begun", 1.0))
    tree.take({**asked, "kind": "approval.asked"})
    tree.take({"run": "r", "at": 3.0, "kind": "run.waiting"})
    assert drawn(tree.lines(5.0, 9)) == ["└─ sign begun 4s asks: `vrooli approval show 7f`"]
    assert tree.status == "waiting"
    tree.take({**asked, "kind": "approval.approved", "by": "ann"})
    assert drawn(tree.lines(5.0, 9)) == ["└─ sign begun 4s approved by ann"]
    tree.take(event("sign", "completed", 6.0))
    assert tree.status == "running"


def test_a_question_of_a_run_that_ended_is_asked_no_more() -> None:
    tree = RunTree("r")
    tree.take(event("sign", "begun", 1.0))
    asked = {"run": "r", "at": 2.0, "path": "sign", "attempt": 1, "id": "7f"}
    tree.take({**asked, "kind": "approval.asked"})
    tree.take({"run": "r", "at": 3.0, "kind": "run.cancelled"})
    assert drawn(tree.lines(5.0, 9)) == ["└─ sign cancelled 2s"]


@pytest.mark.parametrize("width", [40, 80])
def test_a_command_to_copy_is_not_cut(width: int) -> None:
    says = "asks: `vrooli approval show 796b11ac6cd44b55`"
    made = Line("   ├─ ", "swarm-approval of risky.ask", "begun", "approval", 4.0, says)
    told = Line("├─ ", "x", "completed", "llm", 4.0, "what a model said " * 9)
    rows = [row.plain for row in drawn_rows([made, told], width)]
    assert all(len(row) <= width for row in rows)
    first, *below, last = rows
    assert "swarm-approval" in first
    assert " ".join(row.strip("│ ") for row in below) == says
    assert last.endswith("…")


def test_a_run_stands_below_the_step_that_started_it_and_says_why_it_rests() -> None:
    tree = RunTree("r")
    tree.take(event("a", "begun", 1.0))
    tree.take({"run": "k", "at": 1.0, "kind": "run.created", "parent": "r", "path": "a"})
    tree.take({**event("b", "completed", 1.0), "run": "k"})
    tree.take({"run": "k", "at": 2.0, "kind": "run.paused", "by": "budget"})
    assert drawn(tree.lines(2.0, 9)) == [
        "└─ a begun 1s",
        "   └─ run k 1 completed, is paused",
        "      └─ b completed",
    ]
    for reason in ("tasks", "time"):
        tree.take({"run": "k", "at": 2.0, "kind": "run.waiting", "for": reason})
        assert drawn(tree.lines(2.0, 9))[1].endswith(f"waits for its {reason}")
    tree.take({"run": "k", "at": 3.0, "kind": "run.pending"})
    assert drawn(tree.lines(3.0, 9))[1] == "   └─ run k.b completed"


def said(text: str, at: int, path: str = "first/model[1]") -> dict[str, Any]:
    """A model speaks."""
    return {"run": "r", "kind": "model.text", "path": path, "attempt": 1, "from": at, "text": text}


def test_a_model_is_seen_speaking_until_its_step_has_ended() -> None:
    tree = RunTree("r")
    tree.take(said("Once upon\n", 0))
    tree.take(said(" a time", 10))
    assert drawn(tree.lines(5.0, 20)) == ["└─ first begun … Once upon a time"]
    tree.take(event("first", "begun", 2.0))
    tree.take(said(" there was", 17))
    assert drawn(tree.lines(5.0, 20)) == ["└─ first begun 3s … Once upon a time there was"]
    tree.take(said("Again:" + "x" * 90, 0))
    assert drawn(tree.lines(5.0, 20)) == [f"└─ first begun 3s … {'x' * 60}"]
    tree.take(event("first", "completed", 4.0, gist="it is so"))
    tree.take(said("late", 96))
    assert drawn(tree.lines(5.0, 20)) == ["└─ first completed 2s it is so"]


def test_what_was_under_way_ends_with_its_run_and_takes_no_longer() -> None:
    tree = RunTree("r")
    tree.take({"run": "r", "at": 0.0, "kind": "run.created"})
    tree.take(event("long", "begun", 1.0, type="wait"))
    child = {"run": "k", "at": 1.0, "kind": "run.created", "parent": "r", "path": "below"}
    tree.take(event("below", "begun", 1.0, type="routine"))
    tree.take(child)
    tree.take({**event("inner", "begun", 2.0), "run": "k"})
    tree.take({"run": "k", "at": 4.0, "kind": "run.cancelled"})
    assert (tree.status, tree.ended) == ("running", None)
    tree.take({"run": "r", "at": 5.0, "kind": "run.cancelled"})
    assert (tree.status, tree.ended) == ("cancelled", 5.0)
    assert drawn(tree.lines(900.0, 20)) == [
        "├─ long cancelled 4s",
        "└─ below cancelled 4s",
        "   └─ run k.inner cancelled 2s",
    ]
    run = {"id": "r", "routine": "x", "started_at": 1.0, "created_at": 0.0}
    assert head(run, tree, 900.0) == "x r  cancelled  4 s"
    tree.take({"run": "r", "at": 100.0, "kind": "run.pending"})
    assert head(run, tree, 91.0) == "x r  pending  90 s"
    assert (tree.status, tree.ended) == ("pending", None)
    assert drawn(tree.lines(101.0, 20))[0] == "├─ long begun 100s"


def test_what_a_person_does_for_a_swarm_is_told_with_the_command() -> None:
    tree = RunTree("s")
    made = {"parent": "s", "path": "swarm/judge/person[2]", "routine": "swarm-person"}
    tree.take({"run": "p", "at": 1.0, "kind": "run.created", **made})
    tree.take({**event("done", "begun", 2.0), "run": "p"})
    tree.take({"run": "p", "at": 3.0, "kind": "run.waiting"})
    assert "asks a person: `vrooli swarm done s judge`" in "".join(drawn(tree.lines(4.0, 9)))
    tree.take({"run": "p", "at": 5.0, "kind": "run.pending"})
    assert "asks a person" not in "".join(drawn(tree.lines(6.0, 9)))
