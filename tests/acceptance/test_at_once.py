"""Commands at the same instant, and the watchdog's death in the middle of one."""

import json
import subprocess
import time

import pytest

from tests.support.leftovers import processes_of
from tests.support.stack import LiveStack, gone

GAPS = (0.0, 0.3, -0.3, 0.8, -0.8, 1.5)
"""Seconds by which the `down` is later than the `up`."""


@pytest.fixture
def slow(stack: LiveStack) -> LiveStack:
    """`web`, which takes two seconds to start, needs `base`; not up yet."""
    stack.add("base")
    stack.add("web", "--delay", "2", needs=["base"])
    return stack


@pytest.mark.parametrize("watched", [True, False])
def test_an_up_and_a_down_at_once_end_in_one_of_the_two_orders(
    slow: LiveStack, watched: bool
) -> None:
    if not watched:
        slow.autoheal(enabled=False)
    slow.write()
    slow.up()
    for gap in GAPS:
        up, down = _both(slow, gap)
        told = [each.communicate(timeout=120)[0] for each in (up, down)]
        assert down.returncode == 0, f"{gap}\n{told}\n{slow.story()}"
        assert "Traceback" not in "".join(told), told
        if up.returncode != 0:
            assert "a later stop or down ended it" in told[0], f"{gap}\n{told}\n{slow.story()}"
        if processes_of(slow.home):
            assert up.returncode == 0, f"{gap}\n{told}\n{slow.story()}"
            assert _runs(slow, watched), f"{gap}\n{told}\n{slow.story()}"


def _both(stack: LiveStack, gap: float) -> tuple[subprocess.Popen[str], subprocess.Popen[str]]:
    commands = {"up": max(0.0, -gap), "down": max(0.0, gap)}
    started = {}
    for name, after in sorted(commands.items(), key=lambda item: item[1]):
        time.sleep(after)
        started[name] = stack.start(name)
    return started["up"], started["down"]


def _runs(stack: LiveStack, watched: bool) -> bool:
    if watched:
        stack.until_ok()
    seen = json.loads(stack.run("status", "--json").stdout)
    services = [row for row in seen["services"] if row["name"] != "autoheal"]
    healthy = all((row["state"], row["health"]) == ("running", "ok") for row in services)
    return healthy and seen["watchdog"]["running"] == watched


def test_an_up_whose_watchdog_is_killed_is_finished_by_the_next_one(slow: LiveStack) -> None:
    slow.write()
    up = slow.start("up")
    slow.until(lambda: slow.starts("web"), "it is being started")
    watchdog = slow.kill("autoheal")
    told = up.communicate(timeout=120)[0]
    assert up.returncode == 0, f"{told}\n{slow.story()}"
    assert told.count("the next one is asked again") == 1, told
    assert slow.until_ok()["status"] == "ok"
    assert slow.pid("autoheal") != watchdog
    assert [len(slow.starts(name)) for name in ("base", "web")] == [1, 1]


def test_a_restart_whose_watchdog_is_killed_is_finished_by_the_next_one(slow: LiveStack) -> None:
    slow.write()
    slow.up()
    restart = slow.start("restart", "base", "web")
    slow.until(lambda: len(slow.starts("web")) == 2, "both have been restarted, or nearly so")
    slow.kill("autoheal")
    told = restart.communicate(timeout=120)[0]
    assert restart.returncode == 0, f"{told}\n{slow.story()}"
    assert told.count("the next one is asked again") == 1, told
    slow.until_ok()
    assert [len(slow.starts(name)) for name in ("base", "web")] == [2, 2]


@pytest.mark.parametrize("action", ["stop", "restart", "down"])
def test_what_is_being_stopped_when_the_watchdog_is_killed_is_stopped_by_the_next_one(
    stack: LiveStack, action: str
) -> None:
    stack.add("web", "--ignore-term", stop_timeout=4)
    stack.add("other")
    stack.write()
    stack.up()
    before = stack.pids("web", "autoheal")
    asked = stack.start(action, *([] if action == "down" else ["web"]))
    stack.until(lambda: "asked to end" in stack.log("web"), "it is being stopped")
    stack.kill("autoheal")
    told = asked.communicate(timeout=120)[0]
    assert asked.returncode == 0, f"{told}\n{stack.story()}"
    assert told.count("the next one is asked again") == 1, told
    assert gone(before["web"])
    if action == "down":
        assert processes_of(stack.home) == {}
        return
    stack.until_ok()
    assert len(stack.starts("web")) == (1 if action == "stop" else 2)
    assert len(stack.starts("other")) == 1
