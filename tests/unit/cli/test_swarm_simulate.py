"""`vrooli swarm simulate` and `replay`, without a server."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from vrooli.cli.swarm import register
from vrooli.core.errors import UsageError
from vrooli.core.home import Home
from vrooli.execution.swarms.writing import routine_of
from vrooli.main.kit import LocalKit
from vrooli.stack.model import Stack

SWARM = {
    "name": "pair",
    "goal": "two",
    "plan": [
        {"task": "a", "routine": "asks", "inputs": {"q": "one"}},
        {"task": "b", "routine": "asks", "inputs": {"q": "two"}},
    ],
}
ASKS = {"name": "asks", "do": [{"step": "said", "llm": {"model": "test", "prompt": "p"}}]}


class NoServer(LocalKit):
    """One that looks at no home."""

    def compiled(self, home: Home) -> Stack | None:
        return None


def called(*words: str, **environment: str) -> Result:
    app = typer.Typer()
    register(app, NoServer(environment))
    return CliRunner().invoke(app, ["swarm", *words])


def test_a_swarm_is_tried_with_what_lies_beside_it(tmp_path: Path) -> None:
    swarm, script = tmp_path / "pair.yaml", tmp_path / "script.yaml"
    swarm.write_text(json.dumps(SWARM), encoding="utf-8")
    (tmp_path / "asks.yaml").write_text(json.dumps(ASKS), encoding="utf-8")
    notes = tmp_path / "notes.yaml"
    notes.write_text("a: [", encoding="utf-8")
    script.write_text("steps: {said: {answer: yes, takes: 65s, cost: 0.5}}", encoding="utf-8")
    ended = called("simulate", str(swarm), "--script", str(script))
    assert ended.exit_code == 0
    assert "0:01:05  done   pair" in ended.stdout
    assert "notes.yaml" not in ended.stderr
    assert "cost     $1.00" in ended.stdout
    ended = called("simulate", str(swarm), "--script", str(script), "--budget", "cost=0.7")
    assert (ended.exit_code, "failed: task" in ended.stdout) == (1, True)
    one = ("--policy", '{"width": 1}', "--json")
    found = json.loads(called("simulate", str(swarm), "--script", str(script), *one).stdout)
    assert (found["took"], found["widest"]) == (130, 1)
    ended = called("simulate", str(swarm), "--policy", '{"width": "two"}')
    assert isinstance(ended.exception, UsageError)
    assert (ended.exception.where, "policy.width" in str(ended.exception)) == ("--policy", True)
    (tmp_path / "asks.yaml").unlink()
    assert "notes.yaml is left out" in called("simulate", str(swarm)).stderr
    script.write_text("steps:\n  said: {answr: 1}\n", encoding="utf-8")
    ended = called("simulate", str(swarm), "--script", str(script))
    assert "script.yaml:2: steps.said[0]" in str(ended.exception)


def export() -> dict[str, Any]:
    """Of a swarm that has run for 40 s."""
    definition = routine_of({**SWARM, "policy": {"width": 1}})
    limit = {"limit": None}
    root = {
        "id": "r1",
        "routine": "pair",
        "inputs": {},
        "budget": {kind: limit for kind in ("cost", "tokens", "steps", "time")},
    }
    spent = {"input": 1000, "output": 100}
    runs = [
        run(
            "r1", None, None, 0, 40, cost=0.5, tokens=2200, routine="pair", output={"a": 1, "b": 2}
        ),
        run("a1", "r1", "swarm/a", 0, 10, cost=0.2, tokens=1100, output=1, asked=spent),
        run("b1", "r1", "swarm/b", 10, 40, cost=0.3, tokens=1100, output=2, asked=spent),
    ]
    rest: dict[str, list[Any]] = {"documents": [], "messages": [], "steps": [], "events": []}
    return {**root, "definition": definition, "runs": runs, **rest}


def run(
    id_: str, parent: str | None, path: str | None, begun: float, ended: float, **more: Any
) -> dict[str, Any]:
    own = {"id": id_, "parent": parent, "path": path, "created_at": 1000.0 + begun}
    end = {"ended_at": 1000.0 + ended, "status": "completed", "failure": None}
    rest = {"routine": "asks", "attempts": 1, "definition": None}
    return {**own, **end, **rest, "asked": {"input": 0, "output": 0}, **more}


def replayed(file: Path, *words: str) -> dict[str, Any]:
    ended = called("replay", str(file), *words, "--json")
    assert ended.exit_code in (0, 1), ended.exception
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_a_swarm_is_replayed_with_something_changed(tmp_path: Path) -> None:
    file = tmp_path / "swarm.json"
    file.write_text(json.dumps(export()), encoding="utf-8")
    found = replayed(file)
    assert found["recorded"] == found["replayed"]
    assert all(one["same"] for one in (*found["facts"], *found["tasks"]))
    found = replayed(file, "--policy", '{"width": 2}')
    assert (found["replayed"]["took"], found["replayed"]["widest"]) == (30, 2)
    found = replayed(file, "--budget", "cost=0.4")
    assert found["replayed"]["status"] == "failed"
    found = replayed(file, "--plan", json.dumps(SWARM["plan"][:1]))
    assert [one["other"] is None for one in found["tasks"]] == [False, True]
    assert found["replayed"]["output"] == {"a": 1}
    text = called("replay", str(file), "--policy", '{"width": 2}').stdout
    assert "took *           40 s" in text


def test_tokens_are_priced_as_those_of_another_model(tmp_path: Path) -> None:
    file = tmp_path / "swarm.json"
    file.write_text(json.dumps(export()), encoding="utf-8")
    found = replayed(file, "--model", "openai:gpt-5-mini")
    assert 0 < found["replayed"]["cost"] < found["recorded"]["cost"]
    assert "what models answered is what is recorded" in found["notes"][0]
    own = '[prices."house:qwen3"]\ninput = 1\noutput = 10\n'
    stack = tmp_path / "vrooli.toml"
    stack.write_text(
        "[stack]\nname = 'x'\n[scenarios.web]\ncommand = ['true']\n"
        "env = {VROOLI_MODELS_FILE = '%s'}" % (tmp_path / "models.toml"),
        encoding="utf-8",
    )
    (tmp_path / "models.toml").write_text(own, encoding="utf-8")
    words = ("--model", "house:qwen3", "--file", str(stack))
    ended = called("replay", str(file), *words, "--json", VROOLI_HOME=str(tmp_path))
    assert ended.exit_code == 0, ended.exception
    assert json.loads(ended.stdout)["replayed"]["cost"] == 0.004
    wrong = called("replay", str(file), "--model", "house:quen3", VROOLI_MODELS=own)
    assert "name `house:qwen3`" in str(wrong.exception)
    wrong = called("replay", str(file), "--model", "openai:gpt-5-min")
    assert "openai:gpt-5-mini`" in str(wrong.exception)


@pytest.mark.parametrize("data", [[], {"id": "x"}, {"id": "x", "runs": [{"id": "x"}]}])
def test_what_is_no_export_is_refused(tmp_path: Path, data: Any) -> None:
    file = tmp_path / "swarm.json"
    file.write_text(json.dumps(data), encoding="utf-8")
    assert "export" in str(called("replay", str(file)).exception)
