"""The example routines do what they say, on a whole stack; and the words about what a run left."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import LiveStack

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def stack() -> Iterator[LiveStack]:
    """Whose server may read what the watchdog tells."""
    stack = LiveStack()
    try:
        token = stack.home / "secrets" / "reader.token"
        env = {"WATCHDOG_TOKEN": f"file:{token}", "VROOLI_STEP_SECRETS": "WATCHDOG_TOKEN"}
        stack.with_postgres_and_server(env=env)
        stack.add("shop")
        stack.write()
        stack.up()
        yield stack
    finally:
        stack.close()


def test_health_report(stack: LiveStack) -> None:
    stored = stack.run("routine", "add", str(EXAMPLES / "health-report.yaml"))
    assert stored.returncode == 0, stored.stderr
    watchdog = f"watchdog=http://127.0.0.1:{stack.ports['autoheal']}"
    ended = stack.run("run", "start", "health-report", "-i", watchdog, "--watch", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    run = json.loads(ended.stdout.splitlines()[-1])
    assert run["output"]["file"] == "report.md"
    assert run["output"]["sick"] == []
    assert "report.md" in stack.run("run", "files", run["id"]).stdout
    report = stack.run("run", "files", run["id"], "report.md").stdout
    assert report.startswith(f"# Stack {stack.status()['stack']}: ")
    assert "| postgres | running | ok |" in report
    assert "| server | running | ok |" in report
    token = (stack.home / "secrets" / "reader.token").read_text(encoding="utf-8").strip()
    assert token not in ended.stdout + report + stack.run("run", "show", run["id"], "--json").stdout


def test_incident_triage_names_a_service_that_was_killed(stack: LiveStack) -> None:
    """By facts, after it was healed; and what it says to do are commands that there are."""
    folder = EXAMPLES / "swarms" / "incident-triage"
    stored = stack.run("routine", "add", *map(str, folder.glob("triage-*.yaml")))
    assert stored.returncode == 0, stored.stderr
    stack.kill("shop")
    stack.until_healed("shop")
    watchdog = f"watchdog=http://127.0.0.1:{stack.ports['autoheal']}"
    swarm = ("swarm", "start", str(folder / "incident-triage.yaml"), "-i", watchdog)
    ended = stack.run(*swarm, "--watch", "--json")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    first = json.loads(ended.stdout.splitlines()[-1])["output"]["causes"][0]
    assert (first["cause"], first["subject"], first["now"]) == ("killed", "shop", False)
    assert {"heals", "history"} <= {one["source"] for one in first["evidence"]}
    assert all("killed by signal 9" in one["says"] for one in first["evidence"])
    assert "vrooli-autoheal heals shop" in first["playbook"]


def test_what_is_said_of_a_run_that_has_ended(stack: LiveStack) -> None:
    run = json.loads(stack.run("run", "list", "--routine", "health-report", "--json").stdout)[0][
        "id"
    ]
    why = stack.run("run", "why", run)
    assert (why.returncode, why.stdout.partition(" (")[0]) == (0, "it completed")
    assert json.loads(stack.run("run", "why", run, "--json").stdout)["code"] == "ended"
    assert "nothing waits for a decision" in stack.run("run", "effects", run).stderr
    wrong = stack.run("run", "decide", run, "status", "done", "--why", "I looked")
    assert wrong.returncode == 1
    assert "waits for no decision" in wrong.stderr
    for words in (["maybe"], ["again", "--output", "1"], ["done", "--output", "{"]):
        ended = stack.run("run", "decide", run, "status", *words, "--why", "x")
        assert ended.returncode == 2, ended.stderr
        assert "Traceback" not in ended.stderr


def test_a_run_takes_what_it_is_sent_on_the_command_line(stack: LiveStack, tmp_path: Path) -> None:
    file = tmp_path / "order.yaml"
    file.write_text(
        "name: order\ndo: [{step: paid, wait: {signal: paid}}]\noutput: ${steps.paid}\n"
    )
    assert stack.run("routine", "add", str(file)).returncode == 0
    run = stack.run("run", "start", "order").stdout.strip()
    wrong = stack.run("run", "signal", run, "paid", "--data", "{")
    assert (wrong.returncode, "next:" in wrong.stderr) == (2, True)
    sent = stack.run("run", "signal", run, "paid", "--data", '{"invoice": 4711}')
    assert sent.returncode == 0, sent.stderr
    watched = stack.run("run", "watch", run, "--json")
    assert json.loads(watched.stdout.splitlines()[-1])["output"]["data"] == {"invoice": 4711}
