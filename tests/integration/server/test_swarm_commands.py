"""Swarms on the command line, as a server stores and starts them."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.server import Server
from vrooli.cli.app import build_vrooli
from vrooli.core.errors import UsageError, VrooliError
from vrooli.main.kit import LocalKit


def run(server: Server, *words: str) -> Any:
    """What `vrooli WORDS --json` says."""
    environment = {"VROOLI_SERVER": server.url, "VROOLI_API_KEY": server.token}
    ended = CliRunner().invoke(build_vrooli(LocalKit(environment)), [*words, "--json"])
    if isinstance(ended.exception, VrooliError):
        raise ended.exception
    assert ended.exit_code == 0, ended.output
    return json.loads(ended.stdout)


def written(folder: Path, name: str, text: str) -> str:
    file = folder / f"{name}.yaml"
    file.write_text(f"name: {name}\n{text}", encoding="utf-8")
    return str(file)


def started(server: Server) -> set[str]:
    """Routines of which there is a run."""
    return {one["routine"] for one in run(server, "run", "list")}


def test_swarms_are_stored_with_what_they_need(served: Server, tmp_path: Path) -> None:
    """In whichever order their files are named, and nothing is started."""
    middle = "goal: g\nplan: [{task: a, routine: inner}]\ndone: {routine: check}\n"
    files = [
        written(tmp_path, "outer", "goal: g\nplan: [{task: m, routine: middle}]\n"),
        written(tmp_path, "middle", middle),
        written(tmp_path, "inner", "goal: g\nplan: [{task: look, person: Look}]\n"),
        written(tmp_path, "check", "do: [{step: a, value: {}}]\n"),
    ]
    with pytest.raises(UsageError, match="there is no routine `middle`") as refused:
        run(served, "swarm", "start", files[0])
    assert "vrooli routine add FILE" in refused.value.next_step
    stored = run(served, "routine", "add", *files)["routines"]
    names = [one["name"] for one in stored]
    assert sorted(names[:2]) == ["check", "inner"]
    assert names[2:] == ["middle", "outer"]
    assert all(one["changed"] for one in stored)
    assert not {"outer", "middle", "inner"} & started(served)
    again = run(served, "routine", "add", *files[::-1])["routines"]
    assert not any(one["changed"] for one in again)
    bad = written(tmp_path, "bad", "goal: g\nplan:\n  - {task: a, routine: nowhere}\n")
    with pytest.raises(UsageError, match=r"bad.yaml:4: .*there is no routine `nowhere`"):
        run(served, "routine", "add", bad)


def test_a_routine_is_not_started_as_a_swarm(served: Server, tmp_path: Path) -> None:
    run(served, "routine", "add", written(tmp_path, "plain", "do: [{step: a, value: {}}]\n"))
    with pytest.raises(UsageError, match="no swarm") as refused:
        run(served, "swarm", "start", "plain")
    assert "vrooli run start plain" in refused.value.next_step
    assert "plain" not in started(served)
    with pytest.raises(VrooliError, match="there is no routine `nosuch`"):
        run(served, "swarm", "start", "nosuch")
    small = written(tmp_path, "small", "goal: g\nplan: [{task: look, person: Look}]\n")
    run(served, "routine", "add", small)
    assert run(served, "swarm", "start", "small")["routine"] == "small"


def test_what_cannot_be_stored_is_refused_before_it_begins(served: Server, tmp_path: Path) -> None:
    plan = "plan: [{task: look, person: Look}]\n"
    file = written(tmp_path, "odd", f'goal: "a\\0b"\n{plan}')
    with pytest.raises(UsageError, match=r"odd.yaml:2: goal: it holds a character"):
        run(served, "swarm", "start", file)
    assert "odd" not in started(served)
    with pytest.raises(VrooliError, match="there is no routine `odd`"):
        run(served, "routine", "show", "odd")
