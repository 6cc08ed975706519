"""How the example swarm `release-notes` groups commits: pure code, without a model."""

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vrooli.flow.yaml import parse

FOLDER = Path(__file__).parents[3] / "examples" / "swarms" / "release-notes"


@pytest.fixture
def code(tmp_path: Path) -> Callable[[str, str], Any]:
    """The function `main` of a step in a routine of the swarm."""

    def read(routine: str, step: str) -> Any:
        steps = parse((FOLDER / f"{routine}.yaml").read_text(encoding="utf-8")).data["do"]
        (found,) = [one["python"]["code"] for one in steps if one["step"] == step]
        path = tmp_path / f"{step}.py"
        path.write_text(found, encoding="utf-8")
        return runpy.run_path(str(path))["main"]

    return read


def commit(
    subject: str, *paths: str, body: str = "", name: str = "a" * 40, lines: tuple[int, int] = (1, 0)
) -> dict[str, Any]:
    """One as `read_commits` tells it."""
    files = [{"path": path, "added": lines[0], "removed": lines[1]} for path in paths]
    return {
        "commit": name, "short": name[:8], "subject": subject, "body": body, "author": "ann",
        "files": files, "changed": len(files),
    }  # fmt: skip


CODE, DOCS, TEST, PUBLIC = "src/a/b.py", "docs/a.md", "tests/a.py", "docs/reference/cli.md"


@pytest.mark.parametrize(
    ("one", "group"),
    [
        (commit("feat: x", CODE), "features"),
        (commit("Give x a y", CODE), "features"),
        (commit("fix(a): x", CODE), "fixes"),
        (commit("Mend x", CODE), "fixes"),
        (commit("Keep x", CODE, body="It crashed."), "fixes"),
        (commit("Keep x", CODE), "changes"),
        (commit("perf: x", CODE), "faster"),
        (commit("fix!: x", CODE), "breaking"),
        (commit("Keep x", CODE, body="More.\n\nBREAKING CHANGE: y"), "breaking"),
        (commit("Remove x", CODE, PUBLIC, lines=(0, 3)), "breaking"),
        (commit("Remove x", CODE, PUBLIC, lines=(3, 0)), "changes"),
        (commit("Remove x", CODE), "changes"),
        (commit("Mask a password", CODE), "security"),
        (commit("Keep x", CODE, body="Closes CVE-2026-12345."), "security"),
        (commit("Speak of a password", DOCS), "docs"),
        (commit("Add a test", TEST), "internal"),
        (commit("Add a test, and tell of it", TEST, DOCS), "docs"),
        (commit("chore: x", CODE), "internal"),
        (commit("Nothing at all"), "changes"),
    ],
)
def test_a_commit_is_in_one_group(
    code: Callable[[str, str], Any], one: dict[str, Any], group: str
) -> None:
    found = code("release-group", "grouped")({"commits": [one], "public": ["docs/reference/"]})
    assert {name: count for name, count in found["counts"].items() if count} == {group: 1}
    assert found["groups"][group][0]["why"]


def test_what_was_undone_is_not_told_and_the_same_words_once(
    code: Callable[[str, str], Any],
) -> None:
    """A revert that was reverted counts for nothing; what it had undone is there."""
    first, undo, again = "1" * 40, "2" * 40, "3" * 40
    commits = [
        commit('Revert "Revert x"', CODE, body=f"This reverts commit {undo}.", name=again),
        commit('Revert "Add x"', CODE, body=f"This reverts commit {first}.", name=undo),
        commit("Add x", CODE, name=first),
        commit("fixup! Add x", CODE, name="4" * 40),
    ]
    group = code("release-group", "grouped")
    found = group({"commits": commits, "public": []})
    (entry,) = found["groups"]["features"]
    assert (entry["commits"], found["undone"]) == (["1" * 8, "4" * 8], 2)
    found = group({"commits": commits[1:], "public": []})
    assert [one["commits"] for one in found["groups"]["features"]] == [["4" * 8]]


def test_a_model_may_not_name_what_is_not_there(code: Callable[[str, str], Any]) -> None:
    groups = {"features": [{"says": "Add x", "commits": ["1a2b3c4d"]}]}
    check = code("release-words", "checked")
    said = check({"words": "There is\nx (1a2b3c4d).", "groups": groups})
    assert said == {"words": "There is x (1a2b3c4d)."}
    with pytest.raises(ValueError, match="5e6f7a8b"):
        check({"words": "There is y (5e6f7a8b).", "groups": groups})
