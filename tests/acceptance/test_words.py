"""Words that mean something else than was thought: each is answered, and none does nothing."""

import json
import os
import signal
import subprocess

import pytest

from tests.support.stack import VROOLI, LiveStack, gone, said


@pytest.fixture
def shop(stack: LiveStack) -> LiveStack:
    """Three `front`, and a database that runs elsewhere (nowhere, in fact); not up."""
    stack.add("front", instances=3)
    stack.resource("db", "tcp", runtime="external", start_timeout=1)
    stack.write()
    return stack


@pytest.fixture
def running(shop: LiveStack) -> LiveStack:
    """The same, with `front` up."""
    shop.up("front")
    return shop


@pytest.mark.parametrize(
    ("words", "what", "advice"),
    [
        ("stop db", "external", "stop it where it runs"),
        ("restart db", "external", "restart it where it runs"),
        ("resource restart db", "external", "restart it where it runs"),
        ("logs db", "external", "where it runs"),
        ("logs front", "3 instances", "front-1, front-2, front-3"),
        ("scenario start db", "`db` is a resource", "vrooli resource"),
        ("resource start front", "`front` is a scenario", "vrooli scenario"),
        ("up -d --foreground", "exclude each other", ""),
        ("backup run --deep --no-rows", "exclude each other", "leave one out"),
        ("stop autoheal front", "by itself", "autoheal"),
    ],
)
def test_it_is_said_what_is_meant_instead(
    running: LiveStack, words: str, what: str, advice: str
) -> None:
    ended = running.run(*words.split())
    assert ended.returncode == 2, said(ended)
    assert what in ended.stderr
    assert advice in ended.stderr


def test_the_watchdog_is_restarted_and_stopped_by_its_name(running: LiveStack) -> None:
    before, watchdog = running.pids("front-1", "front-2"), running.pid("autoheal")
    assert "was restarted" in running.run("restart", "autoheal").stderr
    assert running.pid("autoheal") != watchdog
    watchdog = running.pid("autoheal")
    assert "stopped" in running.run("stop", "vrooli-autoheal").stderr
    running.until(lambda: gone(watchdog), "it is gone")
    assert running.run("start", "autoheal").returncode == 0
    assert running.pids(*before) == before


def test_the_shell_completes_services_and_groups(shop: LiveStack) -> None:
    def completed(words: str) -> list[str]:
        asked = {"_VROOLI_COMPLETE": "complete_bash", "COMP_WORDS": words}
        environment = {**shop.environment, **asked, "COMP_CWORD": str(words.count(" "))}
        ended = subprocess.run(
            [VROOLI],
            cwd=shop.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return ended.stdout.split()

    assert completed("vrooli restart f") == ["front", "front-1", "front-2", "front-3"]
    assert completed("vrooli scenario logs front-2") == ["front-2"]
    shop.file.write_text("broken", encoding="utf-8")
    assert completed("vrooli restart f") == []


def test_an_interrupted_down_says_what_goes_on(stack: LiveStack) -> None:
    stack.add("web", "--ignore-term", stop_timeout=20)
    stack.write()
    stack.up()
    down = stack.start("down")
    stack.until(lambda: stack.service("web").get("state") == "running" and _asked(stack), "asked")
    os.kill(down.pid, signal.SIGINT)
    told = down.communicate(timeout=60)[0]
    assert down.returncode == 130, told
    assert "interrupted" in told
    assert "down` again" in told
    assert "Traceback" not in told
    stack.run("down")


def _asked(stack: LiveStack) -> bool:
    """Whether nothing is meant to run any more."""
    return '"paused": true' in (stack.home / "wanted.json").read_text(encoding="ascii")


def test_a_secret_file_that_cannot_be_used_is_warned_of_before_it_is_needed(
    stack: LiveStack,
) -> None:
    exposed = stack.touch("exposed")
    exposed.write_text("secret", encoding="ascii")
    exposed.chmod(0o644)
    missing = stack.folder / "missing"
    stack.add("web", env={"A": f"file:{missing}", "B": f"file:{exposed}"})
    stack.write()
    ended = stack.run("config", "check", "--json")
    assert ended.returncode == 0, said(ended)
    first, second = json.loads(ended.stdout)["warnings"]
    assert f"web: A: file:{missing}: cannot read the secret" in first
    assert f"web: B: file:{exposed}: every user of this host" in second
    assert first in ended.stderr
