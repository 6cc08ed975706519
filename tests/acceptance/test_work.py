"""Routines and runs by the command line, on a whole stack."""

import asyncio
import json
import os
import shutil
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.history_copy import connect
from tests.support.stack import ROOT, LiveStack
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


def came_to(watched: str) -> Any:
    """The output of a run, after all that happened in it."""
    return json.loads(watched.partition("completed after")[2].partition("\n")[2])


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
    listed = work.run("run", "list").stdout.splitlines()
    (line,) = [line for line in listed if line.startswith(started["id"])]
    assert line.endswith("operator")
    words = work.run("run", "show", started["id"]).stdout
    assert "greet[0].say" in words
    assert "completed" in words


def test_a_user_logs_in_to_the_stack_and_what_it_starts_is_its_own(work: LiveStack) -> None:
    work.environment["XDG_CONFIG_HOME"] = str(work.folder / "config")
    password = work.folder / "password"
    password.write_text("correct horse battery", encoding="utf-8")
    by_file = ("--password-file", str(password))
    ours = told(work, "run", "start", "greeting", "-i", "names=[]")["id"]
    told(work, "user", "add", "ann@example.org", "--role", "operator", *by_file)
    told(work, "login", "ann@example.org", *by_file)
    run = told(work, "run", "start", "greeting", "-i", 'names=["Ann"]')
    assert [one["id"] for one in told(work, "run", "list")] == [run["id"]]
    forbidden = work.run("user", "list")
    assert forbidden.returncode == 1
    assert "this needs the role admin; yours is operator" in forbidden.stderr
    told(work, "logout")
    assert told(work, "run", "show", run["id"])["created_by"] == "ann@example.org"
    assert {ours, run["id"]} <= {one["id"] for one in told(work, "run", "list")}
    keys = [work.home / folder / "signing-key" for folder in ("secrets", "data/server")]
    assert keys[0].read_bytes().strip() == keys[1].read_bytes().strip()
    assert [stat.S_IMODE(key.stat().st_mode) for key in keys] == [0o600, 0o600]


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
    assert said.count("the server does not answer; it is tried again") == 1
    found = told(work, "run", "show", run)
    assert found["output"] == [f"Hello, {name}!" for name in names]
    assert [step["attempt"] for step in found["steps"]] == [1] * 1500
    work.until_healed("server")


def test_the_tools_are_listed_with_what_they_take(work: LiveStack) -> None:
    assert {tool["name"] for tool in told(work, "tool", "list")} >= {"read_file", "write_file"}
    lines = work.run("tool", "list").stdout.splitlines()
    (line,) = [line for line in lines if line.startswith("write_file")]
    assert "path text" in line


def test_a_schedule_is_added_listed_switched_and_removed(work: LiveStack) -> None:
    at = ["--at", "30 3 * * *", "--timezone", "Europe/Berlin", "--missed", "skip"]
    added = work.run("schedule", "add", "nightly", "greeting", *at, "-i", 'names=["Ann"]')
    assert added.returncode == 0, added.stderr
    assert "nightly: due in" in added.stderr
    (shown,) = told(work, "schedule", "list")
    assert (shown["inputs"], shown["missed"]) == ({"names": ["Ann"]}, "skip")
    assert "30 3 * * * (Europe/Berlin)" in work.run("schedule", "list").stdout
    assert told(work, "schedule", "disable", "nightly")["next_due"] is None
    assert told(work, "schedule", "enable", "nightly")["next_due"] == shown["next_due"]
    assert told(work, "schedule", "remove", "nightly")["name"] == "nightly"
    assert told(work, "schedule", "list") == []


def test_mistakes_are_told_by_file_and_line_and_nothing_is_stored(work: LiveStack) -> None:
    wrong = GREETING.replace("name: greeting", "name: wrong").replace("${name}", "${nobody}")
    file(work, wrong, "wrong.yaml")
    for command in ("lint", "add"):
        ended = work.run("routine", command, "wrong.yaml")
        assert ended.returncode == 2
        assert "wrong.yaml:15: do[0].do[0].value" in ended.stderr
        assert "there is no `nobody` here" in ended.stderr
    assert set(told(work, "routine", "show", "greeting")) >= {"version", "definition"}
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
        (["run", "pause", "nosuch"], "there is no run `nosuch`"),
        (["run", "retry", "nosuch"], "there is no run `nosuch`"),
        (["run", "fork", "nosuch", "--from", "a"], "there is no run `nosuch`"),
        (["approval", "approve", "nosuch"], "there is no approval `nosuch`"),
        (["approval", "show", "nosuch", "a"], "asks for no approval"),
        (["schedule", "remove", "nosuch"], "there is no schedule `nosuch`"),
        (["schedule", "add", "a", "greeting", "--at", "daily"], "'daily' is no schedule"),
        (["run", "start", "greeting", "--priority", "101"], "--priority"),
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


STAYING = """\
name: staying
do:
  - step: first
    value: {n: "${inputs.n}"}
  - step: rest
    wait: {seconds: 3600}
"""


async def rename_step(stack: LiveStack, run: str, old: str, new: str) -> None:
    """In the journal, as if another build had written it."""
    connection = await connect(stack)
    try:
        text = "UPDATE steps SET path = $3 WHERE run = $1 AND path = $2"
        await connection.execute(text, run, old, new)
    finally:
        await connection.close()


def test_before_an_upgrade_one_sees_which_runs_would_go_on(work: LiveStack) -> None:
    """By the version of the routine that they have, whatever was stored since."""
    file(work, STAYING, "staying.yaml")
    assert work.run("routine", "add", "staying.yaml").returncode == 0
    run = told(work, "run", "start", "staying", "-i", "n=1")["id"]
    work.until(lambda: told(work, "run", "show", run)["status"] == "waiting", "its second step")
    file(work, STAYING.replace("step: first", "step: other"), "staying.yaml")
    assert work.run("routine", "add", "staying.yaml").returncode == 0
    found = told(work, "upgrade", "check")
    assert found["ok"]
    assert {"id": run, "routine": "staying", "status": "waiting", "obstacles": []} in found["runs"]

    asyncio.run(rename_step(work, run, "first", "gone"))
    ended = work.run("upgrade", "check")
    assert ended.returncode == 1
    assert f"{run} (staying, waiting) would not go on:" in ended.stdout
    assert "gone: this build would not come to attempt 1" in ended.stdout
    assert "1 would be stranded" in ended.stderr
    assert work.run("run", "cancel", run).returncode == 0


SIGNED = """\
name: signed
description: says it when somebody agrees
do:
  - step: draft
    value: {text: "${inputs.text}"}
  - step: sign
    approval: {message: "Say it?", what: "${steps.draft.text}"}
  - step: said
    value: {text: "${steps.draft.text}"}
output: ${steps.said.text}
"""


def test_a_run_waits_for_a_person_and_is_forked(work: LiveStack) -> None:
    """Also across a server that is killed meanwhile."""
    file(work, SIGNED, "signed.yaml")
    assert work.run("routine", "add", "signed.yaml").returncode == 0
    run = told(work, "run", "start", "signed", "-i", "text=hello")["id"]
    work.until(lambda: told(work, "run", "show", run)["status"] == "waiting", "its question")
    watching = work.start("run", "watch", run)
    os.kill(work.pid("server"), signal.SIGKILL)
    advice = f"approval approve {run} sign"
    work.until(lambda: advice in work.run("run", "show", run).stderr, "the server again")
    approved = work.run("approval", "approve", run, "sign", "--reason", "fine")
    assert approved.returncode == 0, approved.stderr
    assert "Say it?" in approved.stdout
    assert '"hello"' in approved.stdout
    said, _ = watching.communicate(timeout=60)
    assert watching.returncode == 0, said
    assert "asks:" in said
    fork = told(work, "run", "fork", run, "--from", "sign", "-i", "text=bye")["id"]
    work.until(lambda: told(work, "approval", "list", "--run", fork), "its question")
    assert told(work, "approval", "show", fork)["path"] == "sign"  # the only one needs no path
    assert told(work, "run", "pause", fork)["status"] == "paused"
    (question,) = told(work, "approval", "list", "--run", fork)
    assert question["what"] == "hello", "what was kept is as it was"
    assert told(work, "approval", "reject", question["id"])["status"] == "rejected"
    assert work.run("run", "resume", fork).returncode == 0
    assert work.run("run", "watch", fork).returncode == 1
    assert told(work, "run", "retry", fork)["failure"] is None
    assert told(work, "run", "cancel", fork)["status"] == "cancelled"


def test_the_example_of_the_readme_waits_for_a_person_and_keeps_what_was_signed(
    work: LiveStack,
) -> None:
    shutil.copy(ROOT / "examples" / "signed-note.yaml", work.folder)
    assert work.run("routine", "add", "signed-note.yaml").returncode == 0
    run = told(work, "run", "start", "signed-note")["id"]
    work.until(lambda: told(work, "run", "show", run)["status"] == "waiting", "its question")
    assert work.run("approval", "approve", run, "sign").returncode == 0
    ended = work.run("run", "watch", run)
    assert came_to(ended.stdout) == {"file": "note.md", "signed_by": "operator"}
    assert "Signed by operator." in work.run("run", "files", run, "note.md").stdout


SWARM = """\
name: judged
goal: Greet ${inputs.name} as a person likes
policy: {width: 3, approve: [dangerous]}
plan:
  - {task: words, person: "Which words for ${inputs.name}?"}
  - task: greet
    routine: greeting
    inputs: {names: ["${tasks.words.output}"]}
    writes: greetings
output: ${board.greetings}
"""


FAILING = """\
name: failing
goal: Fail
plan:
  - {task: broken, routine: breaks, on_failure: continue}
  - {task: misfit, after: [broken], routine: greeting, inputs: {names: "${goal}"}}
"""

BREAKS = """\
name: breaks
do:
  - step: act
    python: {code: 'def main(inputs): raise ValueError("no room")'}
"""


def test_tasks_that_fail_are_told_with_their_reason(work: LiveStack) -> None:
    file(work, BREAKS, "breaks.yaml")
    file(work, FAILING, "failing.yaml")
    assert work.run("routine", "add", "breaks.yaml").returncode == 0
    ended = work.run("swarm", "start", "failing.yaml", "--watch")
    assert ended.returncode == 1
    assert "  ✗ broken: failed: ValueError: no room (line 1) (code)" in ended.stderr, ended.stderr
    assert "  ✗ misfit: could not begin: inputs: inputs.names: 'Fail' is not" in ended.stderr


def test_a_swarm_goes_on_when_a_person_has_done_its_task(work: LiveStack) -> None:
    """Also when the server was killed meanwhile."""
    file(work, SWARM, "judged.yaml")
    swarm = told(work, "swarm", "start", "judged.yaml", "--input", "name=Ann")["id"]
    work.until(lambda: told(work, "swarm", "show", swarm)["status"] == "waiting", "it waits")
    reason = told(work, "swarm", "why", swarm)
    assert reason["command"] == f"vrooli swarm done {swarm} words --output JSON"
    refused = work.run("swarm", "write", swarm, "plan", '[{"task": "a", "rutine": "b"}]')
    assert (refused.returncode, "plan[0]" in refused.stderr) == (2, True)
    wider = work.run("swarm", "write", swarm, "policy", '{"width": 4}')
    assert (wider.returncode, "4 tasks at once instead of 3" in wider.stderr) == (0, True)
    assert work.run("swarm", "write", swarm, "policy", '{"width": 1}').returncode == 0
    unknown = work.run("swarm", "why", "nosuch").stderr
    assert ("no swarm `nosuch`" in unknown, "vrooli swarm list" in unknown) == (True, True)
    os.kill(work.service("server")["pid"], signal.SIGKILL)
    work.until(lambda: work.run("swarm", "list").returncode == 0, "the server answers again")
    assert told(work, "swarm", "message", swarm, "kindly")["id"] == swarm
    told(work, "swarm", "done", swarm, "words", "--output", '"dear Ann"')
    watched = work.run("swarm", "watch", swarm)
    assert (watched.returncode, came_to(watched.stdout)) == (0, ["Hello, dear Ann!"])
    assert "  ✓ greet: greet[0].say" in watched.stdout
    asked = "  ? words: Which words for Ann?  asks a person: `"
    assert (watched.stdout.count(asked), "waits for a" in watched.stdout) == (1, False)
    policy = told(work, "swarm", "show", swarm)["swarm"]["policy"]["value"]
    assert policy == {"width": 1, "approve": ["dangerous"]}
    shown = work.run("swarm", "show", swarm).stdout
    assert "Which words" not in shown
    assert "greetings" in shown
    assert told(work, "swarm", "list")[0]["goal"] == "Greet Ann as a person likes"
    assert "run.completed" in work.run("swarm", "debug", swarm).stdout
    kept = json.loads(work.run("swarm", "export", swarm).stdout)
    assert [one["text"] for one in kept["messages"]] == ["kindly"]
    assert kept["events"][-1]["kind"] == "run.completed"
    file(work, SWARM.replace("person:", "persn:"), "judged.yaml")
    refused = work.run("swarm", "start", "judged.yaml")
    assert (refused.returncode, "judged.yaml:5: plan[0]" in refused.stderr) == (2, True)


def test_a_plan_that_is_shown_is_written_again(work: LiveStack) -> None:
    """And one that names what is not stored is refused at once, as is the start of such a swarm."""
    file(work, SWARM, "judged.yaml")
    swarm = told(work, "swarm", "start", "judged.yaml", "--input", "name=Ann")["id"]
    work.until(lambda: told(work, "swarm", "show", swarm)["status"] == "waiting", "it waits")
    shown = told(work, "swarm", "show", swarm)["swarm"]["plan"]
    file(work, json.dumps(shown), "plan.json")
    assert told(work, "swarm", "write", swarm, "plan", "@plan.json") == {"version": 2}
    again = told(work, "swarm", "show", swarm)["swarm"]["plan"]
    assert again == {**shown, "version": 2, "by": again["by"]}
    late = work.run("swarm", "write", swarm, "plan", "@plan.json")
    assert (late.returncode, "its version is 2, not 1" in late.stderr) == (1, True)
    plan = [*shown["value"], {"task": "more", "routine": "no-such-one"}]
    refused = work.run("swarm", "write", swarm, "plan", json.dumps(plan))
    said = "task `more`: there is no routine `no-such-one`"
    assert (refused.returncode, said in refused.stderr) == (2, True)
    assert "next: store what is missing" in refused.stderr
    told(work, "swarm", "stop", swarm)
    file(work, GREETING.replace("names", "people"), "greeting.yaml")
    told(work, "routine", "add", "greeting.yaml")
    for what in (("swarm", "start", "judged"), ("run", "start", "judged")):
        refused = work.run(*what, "--input", "name=Ann")
        assert (refused.returncode, "`people` is missing" in refused.stderr) == (2, True)
    file(work, GREETING, "greeting.yaml")
    told(work, "routine", "add", "greeting.yaml")


def test_the_server_of_another_stack_is_not_taken_for_ones_own(work: LiveStack) -> None:
    """It has the port; also a token that is good there opens nothing."""
    token = (work.home / "secrets" / "server.token").read_text(encoding="ascii").strip()
    other = LiveStack()
    try:
        other.with_postgres_and_server(port=work.ports["server"])
        other.write()
        brought = other.run("up")
        assert brought.returncode == 1
        port = work.ports["server"]
        assert f"port {port} is taken by python" in brought.stderr
        assert f": `server` of the stack in {work.home}" in brought.stderr
        assert "set `port` under [scenarios.server]" in brought.stderr
        other.environment["VROOLI_API_KEY"] = token
        for words in (["swarm", "list"], ["run", "start", "greeting", "-i", "names=[]"]):
            ended = other.run(*words)
            assert ended.returncode == 1, ended.stdout
            assert "belongs to another stack" in ended.stderr
            assert "set another `port` under [scenarios.server]" in ended.stderr
    finally:
        other.close()
    assert work.run("routine", "list").returncode == 0
