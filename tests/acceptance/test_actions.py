"""Recovery actions: what the machine may be healed by, only what was allowed is done, and what a
person asks for by hand.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.stack import Ended, LiveStack, gone, said


@pytest.fixture
def stack() -> Iterator[LiveStack]:
    """An empty one."""
    stack = LiveStack()
    yield stack
    stack.close()


def _stale_cache(stack: LiveStack) -> Path:
    cache = stack.folder / "cache"
    old = cache / "old"
    old.mkdir(parents=True)
    (old / "data").write_bytes(b"x" * 100_000)
    (cache / "fresh").write_bytes(b"x")
    long_ago = time.time() - 90 * 86_400
    for path in (old / "data", old):
        os.utime(path, (long_ago, long_ago))
    megabytes = 50_000 / 2**20
    stack.check(
        "system-cache", paths=[str(cache)], interval=0.5, warning=megabytes, critical=megabytes
    )
    return cache


def _heal(stack: LiveStack, *arguments: str) -> tuple[Ended, Any]:
    ended = stack.autoheal_command("heal", *arguments, "--json")
    return ended, json.loads(ended.stdout) if ended.returncode in (0, 1) else None


def test_the_machine_is_only_looked_at_unless_an_action_is_allowed(stack: LiveStack) -> None:
    cache = _stale_cache(stack)
    stack.write()
    stack.up()
    stack.until_result("system-cache", "critical", str(cache / "old"))
    plain, done = _heal(stack, "system-cache", "--dry-run")
    assert plain.returncode == 0, said(plain)
    assert done["steps"] == [f"remove {cache}/old"]
    assert (cache / "old").exists()
    assert stack.heals("system-cache") == []
    stack.autoheal(stability=0.5, sweep=1, allow={"actions": ["clean-cache"]})
    stack.write()
    stack.up()
    stack.until(lambda: stack.outcomes("system-cache") == ["healed"], "it is healed once")
    stack.until_result("system-cache", "ok")
    [heal] = stack.heals("system-cache")
    assert not (cache / "old").exists()
    assert (cache / "fresh").exists()
    assert [attempt["action"] for attempt in heal["attempts"]] == ["clean-cache"]


FORGETFUL = """
import os, signal, sys
children = [os.fork() or os._exit(0) for _ in range(3)]
def reap(*_):
    for child in children:
        os.waitpid(child, 0)
    print("reaped", flush=True)
    signal.pause()
signal.signal(signal.SIGCHLD, lambda *_: None)
for child in children:
    os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)
signal.signal(signal.SIGCHLD, reap)
print(*children, flush=True)
signal.pause()
"""


@pytest.fixture
def forgetful() -> Iterator["subprocess.Popen[str]"]:
    """A process that asks about its ended children only when it is told of them again."""
    command = [sys.executable, "-c", FORGETFUL]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


def test_zombies_are_reaped_by_the_parent_that_is_reminded(
    stack: LiveStack, forgetful: "subprocess.Popen[str]"
) -> None:
    assert forgetful.stdout is not None
    zombies = [Path("/proc", pid) for pid in forgetful.stdout.readline().split()]
    assert all(zombie.exists() for zombie in zombies)
    stack.check("system-zombies", interval=0.5, warning=1, critical=100_000)
    stack.write()
    stack.up()
    stack.until_result("system-zombies", "warning")
    _, planned = _heal(stack, "system-zombies", "--dry-run")
    [step] = planned["steps"]
    assert str(forgetful.pid) in step.split()
    _heal(stack, "system-zombies", "reap-zombies")
    assert forgetful.stdout.readline() == "reaped\n"
    assert not any(zombie.exists() for zombie in zombies)


def test_an_action_by_hand_needs_no_permission_and_is_recorded_with_who(stack: LiveStack) -> None:
    cache = _stale_cache(stack)
    stack.write()
    stack.up()
    stack.until_result("system-cache", "critical")
    ended, done = _heal(stack, "system-cache", "clean-cache")
    assert ended.returncode == 0, said(ended)
    assert done["heal"]["outcome"] == "healed"
    assert done["heal"]["rule"] == "by-hand"
    assert done["heal"]["reason"].startswith("by ")
    assert not (cache / "old").exists()
    ended = stack.autoheal_command("heal", "system-cache", "clean-cache")
    assert ended.returncode == 1, "there is nothing left to remove"
    assert "nothing stale" in ended.stderr


def test_a_service_is_healed_by_hand_and_another_pid_answers(stack: LiveStack) -> None:
    stack.add("web", reload_signal="WINCH")
    stack.write()
    stack.up()
    before = stack.pid("web")
    ended, done = _heal(stack, "web", "--dry-run")
    assert done["action"] == "restart", said(ended)
    assert f"pid {before}" in done["steps"][0]
    ended, done = _heal(stack, "web", "kill")
    assert ended.returncode == 0, said(ended)
    assert done["danger"] == "disruptive"
    assert gone(before)
    assert stack.pid("web") != before
    listed = stack.autoheal_command("actions", "web")
    assert "restart-needs" in listed.stdout


def test_a_mute_service_climbs_its_ladder_and_is_stopped_when_nothing_helps(
    stack: LiveStack,
) -> None:
    stack.add(
        "web",
        "--mute-while",
        "mute",
        reload_signal="WINCH",
        ladder=["reload", "restart", "stop"],
        start_timeout=2,
        stop_timeout=1,
    )
    stack.write()
    stack.up()
    mute = stack.touch("mute")
    stack.until(lambda: "quarantine" in stack.service("web").get("message", ""), "it gave up")
    heal = stack.heals("web")[-1]
    assert [attempt["action"] for attempt in heal["attempts"]] == ["reload", "restart", "stop"]
    assert stack.service("web")["pid"] is None
    mute.unlink()
    stack.autoheal_command("quarantine", "release", "web")
    stack.until_ok()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nobody",), "there is no service or check `nobody`"),
        (("web", "restrat"), "did you mean `restart`?"),
        (("watchdog-loop",), "watchdog-loop has no action: it is only looked at"),
        (("job-nightly",), "vrooli job run nightly` runs it"),
        (("autoheal",), "autoheal is not started or stopped here"),
    ],
)
def test_a_mistake_is_named_and_ends_with_2(
    stack: LiveStack, arguments: tuple[str, ...], words: str
) -> None:
    stack.add("web")
    stack.job("nightly", "true")
    stack.write()
    stack.up()
    ended = stack.autoheal_command("heal", *arguments)
    assert ended.returncode == 2, said(ended)
    assert words in ended.stderr
