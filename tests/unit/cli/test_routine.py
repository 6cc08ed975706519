"""`vrooli routine lint`: each mistake where it is."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
import typer
from typer.testing import CliRunner

from vrooli.cli.kit import Kit
from vrooli.cli.routine import register
from vrooli.cli.routine_files import by_need, keys_of
from vrooli.core.errors import UsageError


def linted(file: Path, text: str) -> list[dict[str, Any]]:
    """The mistakes in such a file."""
    file.write_text(text, encoding="utf-8")
    app = typer.Typer()
    register(app, cast(Kit, None))  # lint asks nothing of outside
    ended = CliRunner().invoke(app, ["routine", "lint", str(file), "--json"])
    assert ended.exit_code == 2
    found: list[dict[str, Any]] = json.loads(ended.stdout)["mistakes"]
    return found


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("name: x\n\tdo: 1\n", 2, "cannot start any token"),
        ("name: x\ndo:\n  - {a: 1\n  - b: 2\n", 4, "flow mapping that begins in line 3"),
        ("a: &x 1\nb: *x\n", 1, "anchors and aliases"),
    ],
)
def test_a_file_that_is_no_yaml_has_its_line(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    (mistake,) = linted(tmp_path / "r.yaml", text)
    assert mistake["line"] == line
    assert words in mistake["problem"]


def test_mistakes_come_in_the_order_of_their_lines(tmp_path: Path) -> None:
    text = "name: Bad\nwhat: 1\ndo:\n  - step: a\n    http: {ur: x}\n  - step: a\n"
    found = [one["line"] for one in linted(tmp_path / "r.yaml", text)]
    assert len(found) > 3
    assert found == sorted(found)


def test_a_file_of_a_swarm_is_checked_as_one(tmp_path: Path) -> None:
    text = (
        "name: tidy\ngoal: x\npolicy: {widht: 1}\nplan:\n"
        "  - task: a\n    routine: r\n    inputs:\n      n: ${tasks.zzz.output}\n"
    )
    shape, unknown = linted(tmp_path / "s.yaml", text)
    assert (shape["line"], shape["place"]) == (3, "policy")
    assert (unknown["line"], unknown["place"]) == (8, "plan[0].inputs.n")
    (unknown,) = linted(tmp_path / "s.yaml", text.replace("widht", "width"))
    assert (unknown["line"], unknown["place"]) == (8, "plan[0].inputs.n")


def test_all_that_is_wrong_with_a_swarm_is_told_at_once(tmp_path: Path) -> None:
    """Whatever kind of mistake it is; and nothing that only comes of another one."""
    text = """\
name: Tidy
goal: 5
policy: {width: 0, approval: 4000d, deadline: 3000d, routines: [x]}
team: [{name: ann, rank: 1}]
coordinator: {rutine: x}
done: {when: "1 +"}
plan:
  - {task: a, rutine: b, when: "nobody"}
  - {task: b, routine: y, inputs: {x: "${1 +", y: ["${z.x}", "${2 +"]}}
  - {task: c, routine: x, tries: many, agent: bob, after: [a, d]}
  - {task: b, person: "Look", agent: ann}
  - word
"""
    found = [(one["line"], one["place"]) for one in linted(tmp_path / "s.yaml", text)]
    assert found == [
        (1, "name"),
        (2, "goal"),
        (3, "policy.width"), (3, "policy.approval"), (3, "policy.deadline"),
        (4, "team[0]"),
        (5, "coordinator"), (5, "coordinator"),
        (6, "done.when"),
        (8, "plan[0]"), (8, "plan[0].when"),
        (9, "plan[1].inputs.x"), (9, "plan[1].inputs.y[0]"), (9, "plan[1].inputs.y[1]"),
        (9, "plan[1].routine"),
        (10, "plan[2].tries"), (10, "plan[2].after"), (10, "plan[2].agent"),
        (11, "plan[3].task"),
        (12, "plan[4]"),
    ]  # fmt: skip


def test_a_text_of_a_swarm_that_cannot_be_stored_has_its_line(tmp_path: Path) -> None:
    text = r"""
name: s
goal: "a\0b"
plan:
  - task: a
    person: "look \0"
  - {task: b, routine: r, inputs: {n: ["x", "\0"]}}
  - {task: c, routine: r, inputs: {"k\0": fine}}
"""
    found = linted(tmp_path / "s.yaml", text)
    assert [one["line"] for one in found] == [3, 6, 7, 8]
    assert {one["problem"] for one in found} == {"it holds a character that cannot be stored"}


def test_a_swarm_that_starts_itself_is_found_by_the_files_beside_it(tmp_path: Path) -> None:
    text = "name: {0}\ngoal: x\nplan:\n  - task: a\n    routine: {1}\n"
    (own,) = linted(tmp_path / "one.yaml", text.format("one", "one"))
    assert (own["line"], own["place"]) == (5, "plan[0].routine")
    assert "start itself without an end (`one`)" in own["problem"]
    (tmp_path / "two.yaml").write_text(text.format("two", "one"), encoding="utf-8")
    (through,) = linted(tmp_path / "one.yaml", text.format("one", "two"))
    assert "(`two`, then `one`)" in through["problem"]
    broken = text.format("one", "two") + "    tries: many\n"
    assert [one["line"] for one in linted(tmp_path / "one.yaml", broken)] == [5, 6]


@pytest.mark.parametrize("text", ["", "- a\n", "word\n"])
def test_what_is_neither_a_routine_nor_a_swarm(tmp_path: Path, text: str) -> None:
    file = tmp_path / "r.yaml"
    (mistake,) = linted(file, text)
    assert "`do`" in mistake["problem"]
    for swarm, expected in ((False, "a routine"), (True, "a swarm")):
        with pytest.raises(UsageError, match=expected) as refused:
            keys_of(file, swarm=swarm)
        assert refused.value.where == str(file)


def test_a_file_of_a_routine_is_no_swarm_to_be_started(tmp_path: Path) -> None:
    file = tmp_path / "r.yaml"
    file.write_text("do: []", encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        keys_of(file, swarm=True)
    assert f"routine add {file}" in refused.value.next_step
    file.write_text("goal: x", encoding="utf-8")
    assert keys_of(file).data == {"goal": "x"}


def test_files_are_stored_in_the_order_of_what_they_need(tmp_path: Path) -> None:
    """Of those that need each other the first; what cannot be read needs nothing."""
    texts = {
        "d": "{name: d, goal: x, plan: 5}",
        "a": "{name: a, goal: x, plan: [{task: t, routine: b}, {task: u, routine: a}]}",
        "b": "{name: b, goal: x, coordinator: {routine: c}}",
        "c": "{name: c, do: []}",
        "e": "{name: e, goal: x, plan: [{task: t, routine: f}]}",
        "f": "{name: f, goal: x, plan: [{task: t, routine: e}]}",
        "g": "{name: [g], goal: x, plan: [{task: t, routine: [h]}, {routine: 7}]}",
    }
    files = [tmp_path / f"{name}.yaml" for name in texts]
    for file, text in zip(files, texts.values(), strict=True):
        file.write_text(text, encoding="utf-8")
    ordered = by_need([(file, keys_of(file)) for file in files])
    assert "".join(file.stem for file, _ in ordered) == "dcgbaef"
