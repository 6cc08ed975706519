"""`vrooli routine lint`: each mistake where it is."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
import typer
from typer.testing import CliRunner

from vrooli.cli.kit import Kit
from vrooli.cli.routine import keys_of, register
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
    (shape,) = linted(tmp_path / "s.yaml", text)
    assert (shape["line"], shape["place"]) == (3, "policy")
    (unknown,) = linted(tmp_path / "s.yaml", text.replace("widht", "width"))
    assert (unknown["line"], unknown["place"]) == (8, "plan[0].inputs.n")


@pytest.mark.parametrize("text", ["", "- a\n", "word\n"])
def test_what_is_neither_a_routine_nor_a_swarm(tmp_path: Path, text: str) -> None:
    file = tmp_path / "r.yaml"
    (mistake,) = linted(file, text)
    assert "`do`" in mistake["problem"]
    for swarm, expected in ((False, "a routine"), (True, "a swarm")):
        with pytest.raises(UsageError, match=expected) as refused:
            keys_of(file, swarm=swarm)
        assert refused.value.where == str(file)


def test_a_file_of_the_other_kind_leads_to_its_own_command(tmp_path: Path) -> None:
    file = tmp_path / "r.yaml"
    for text, swarm, command in (
        ("goal: x", False, "swarm start"),
        ("do: []", True, "routine add"),
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError) as refused:
            keys_of(file, swarm=swarm)
        assert f"{command} {file}" in refused.value.next_step
