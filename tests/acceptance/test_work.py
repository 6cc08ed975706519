"""Routines and runs by the command line, on a whole stack."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.stack import LiveStack
from tests.support.terminal import on_terminal

GREETING = """\
name: greeting
description: greets everybody
inputs:
  type: object
  required: [names]
  properties:
    names: {type: array, items: {type: string}}
do:
  - map: greet
    over: ${inputs.names}
    as: name
    at_most: 1
    do:
      - step: say
        value: {text: "Hello, ${name}!"}
output: ${steps.greet.map(one, one.text)}
"""


@pytest.fixture(scope="module")
def work() -> Iterator[LiveStack]:
    """PostgreSQL and the server, up, with a routine."""
    stack = LiveStack()
    try:
        stack.with_postgres_and_server()
        stack.write()
        stack.up()
        file(stack, GREETING)
        stored = stack.run("routine", "add", "greeting.yaml")
        assert stored.returncode == 0, stored.stderr
        yield stack
    finally:
        stack.close()


def told(stack: LiveStack, *arguments: str) -> Any:
    """What `vrooli ARGUMENTS --json` says, which must succeed."""
    ended = stack.run(*arguments, "--json")
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def file(stack: LiveStack, text: str, name: str = "greeting.yaml") -> Path:
    """A routine file in the folder of the stack."""
    path = stack.folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_run_is_watched_to_its_end(work: LiveStack) -> None:
    ended = work.run("run", "start", "greeting", "-i", 'names=["Ann","Bob"]', "--watch")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout) == ["Hello, Ann!", "Hello, Bob!"]
    assert ended.stderr.index("greet[0].say") < ended.stderr.index("greet[1].say")
    assert "completed after" in ended.stderr


def test_the_list_and_the_journal_show_it(work: LiveStack) -> None:
    watched = work.run("run", "start", "greeting", "--input", 'names=["Eve"]', "--watch", "--json")
    *lines, started = [json.loads(line) for line in watched.stdout.splitlines()]
    assert [event["kind"] for event in lines] == ["run.created", "step.completed", "run.completed"]
    assert lines[1]["gist"] == '{"text": "Hello, Eve!"}'
    shown = told(work, "run", "show", started["id"])
    assert [step["path"] for step in shown["steps"]] == ["greet[0].say"]
    assert started["id"] in [
        run["id"] for run in told(work, "run", "list", "--routine", "greeting")
    ]
    words = work.run("run", "show", started["id"]).stdout
    assert "greet[0].say" in words
    assert "completed" in words


@pytest.mark.parametrize("columns", [80, 60])
def test_on_a_terminal_a_run_is_a_tree(work: LiveStack, columns: int) -> None:
    command = work.command("run", "start", "greeting", "-i", 'names=["Ann","Bob"]', "--watch")
    lines = on_terminal(columns, command, work.environment, work.folder, errors=True)
    assert max(map(len, lines)) <= columns
    first = max(n for n, line in enumerate(lines) if "└─ greet" in line)
    assert "2 completed" in lines[first]
    assert '{"text": "Hello, Ann!"}' in lines[first + 1]
    assert "└─ ✓ [1].say" in lines[first + 2]


def test_a_server_that_is_killed_in_the_middle_repeats_nothing(work: LiveStack) -> None:
    names = [f"n{number}" for number in range(1500)]
    (work.folder / "names.json").write_text(json.dumps({"names": names}), encoding="utf-8")
    run = told(work, "run", "start", "greeting", "--inputs", "names.json")["id"]
    watching = work.start("run", "watch", run)
    work.until(lambda: len(told(work, "run", "show", run)["steps"]) > 20, "its first steps")
    os.kill(work.pid("server"), signal.SIGKILL)
    said, _ = watching.communicate(timeout=120)
    assert watching.returncode == 0, said
    assert said.count("greet[7].say") == 1
    found = told(work, "run", "show", run)
    assert found["output"] == [f"Hello, {name}!" for name in names]
    assert [step["attempt"] for step in found["steps"]] == [1] * 1500
    work.until_healed("server")


def test_mistakes_are_told_by_file_and_line_and_nothing_is_stored(work: LiveStack) -> None:
    wrong = GREETING.replace("name: greeting", "name: wrong").replace("${name}", "${nobody}")
    file(work, wrong, "wrong.yaml")
    for command in ("lint", "add"):
        ended = work.run("routine", command, "wrong.yaml")
        assert ended.returncode == 2
        assert "wrong.yaml:15: do[0].do[0].value" in ended.stderr
        assert "there is no `nobody` here" in ended.stderr
    assert "wrong" not in [routine["name"] for routine in told(work, "routine", "list")]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "start", "nosuch"], "there is no routine `nosuch`"),
        (["run", "start", "greeting"], "'names' is a required property"),
        (["run", "start", "greeting", "-i", "names"], "expected NAME=VALUE"),
        (["run", "start", "greeting", "--inputs", "nosuch.json"], "nosuch.json: cannot be read"),
        (["run", "show", "nosuch"], "there is no run `nosuch`"),
        (["run", "cancel", "nosuch"], "there is no run `nosuch`"),
        (["routine", "show", "nosuch"], "there is no routine `nosuch`"),
        (["routine", "add", "nosuch.yaml"], "nosuch.yaml: cannot be read"),
    ],
)
def test_a_wrong_word_is_told_with_exit_code_2(
    work: LiveStack, words: list[str], says: str
) -> None:
    ended = work.run(*words)
    assert ended.returncode == 2, ended.stderr
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr


def test_without_its_database_the_server_says_so_and_the_run_goes_on_afterwards(
    work: LiveStack,
) -> None:
    (work.folder / "many.json").write_text(json.dumps({"names": ["x"] * 1500}), encoding="utf-8")
    run = told(work, "run", "start", "greeting", "--inputs", "many.json")["id"]
    work.until(lambda: len(told(work, "run", "show", run)["steps"]) > 20, "its first steps")
    work.kill("postgres")
    work.until_healed("postgres")
    watched = work.run("run", "watch", run)
    assert watched.returncode == 0, watched.stderr
    steps = told(work, "run", "show", run)["steps"]
    assert len(steps) == len({step["path"] for step in steps}) == 1500


def test_who_stops_watching_stops_nothing(work: LiveStack) -> None:
    (work.folder / "long.json").write_text(json.dumps({"names": ["x"] * 1500}), encoding="utf-8")
    run = told(work, "run", "start", "greeting", "--inputs", "long.json")["id"]
    watching = work.start("run", "watch", run)
    assert watching.stdout is not None
    assert "greet[0].say" in watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    said, _ = watching.communicate(timeout=60)
    assert watching.returncode == 130
    assert "interrupted: the run goes on" in said
    assert f"run watch {run}`" in said
    assert work.run("run", "watch", run).returncode == 0
