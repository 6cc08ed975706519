"""Keeper and watchdog are both gone, or stopped, or cannot be found: what runs is told as it is,
and commands still work.
"""

import os
import re
import shutil
import signal
from pathlib import Path

import pytest

from tests.support.leftovers import living
from tests.support.stack import LiveStack, said
from vrooli.main.places import find_home


@pytest.fixture
def web(stack: LiveStack) -> LiveStack:
    """Two services, one looked at by a command, up and well."""
    stack.add("web")
    stack.add("job", port=False, health={"exec": ["true"], "interval": 0.5})
    stack.write()
    stack.up()
    stack.until_ok()
    return stack


def test_what_keeper_and_watchdog_left_running_is_not_called_failed(web: LiveStack) -> None:
    pids = web.pids("web", "job")
    _send(web, signal.SIGKILL)
    seen = web.status()
    rows = {row["name"]: row for row in seen["services"]}
    assert {name: rows[name]["pid"] for name in pids} == pids
    assert (rows["web"]["state"], rows["web"]["health"]) == ("running", "ok")
    assert (rows["job"]["state"], rows["job"]["health"]) == ("running", "unknown")
    assert "there is no keeper" in seen["watchdog"]["trouble"][0]
    assert "no watchdog is running: nothing is healed" in web.run("status").stdout
    for command in ("checks", "heals", "tick"):
        ended = web.autoheal_command(command)
        assert re.search(r"next: `\S*vrooli up`", ended.stderr), said(ended)
    web.up()
    web.until_ok()
    assert web.pids("web", "job") == pids


def test_a_service_that_ended_meanwhile_is_failed(web: LiveStack) -> None:
    job = web.pid("job")
    _send(web, signal.SIGKILL)
    os.kill(job, signal.SIGKILL)
    web.until(lambda: not living(job), "it is gone")
    states = {row["name"]: row["state"] for row in web.status()["services"]}
    assert (states["web"], states["job"]) == ("running", "failed")


def test_status_tells_of_a_stopped_pair_and_down_ends_it(web: LiveStack) -> None:
    pid = web.pid("web")
    watchdog = web.pid("autoheal")
    _send(web, signal.SIGSTOP)
    seen = web.status()
    rows = {row["name"]: row for row in seen["services"]}
    assert (rows["web"]["pid"], rows["web"]["health"]) == (pid, "ok")
    assert (rows["autoheal"]["state"], rows["autoheal"]["pid"]) == ("failed", watchdog)
    assert "the keeper does not answer" in seen["watchdog"]["trouble"][0]
    ended = web.run("status")
    assert re.search(r"`\S*vrooli up` replaces it", ended.stdout), said(ended)
    web.down()


def test_commands_find_what_runs_after_its_run_folder_was_removed(web: LiveStack) -> None:
    pids = web.pids("web", "job", "autoheal", "keeper")
    shutil.rmtree(_run_folder(web))
    web.up()
    assert web.pids("web", "job", "autoheal", "keeper") == pids
    shutil.rmtree(_run_folder(web))
    web.down()


def test_down_leaves_nothing_in_the_place_for_sockets(web: LiveStack) -> None:
    web.down()
    assert not _run_folder(web).exists()
    assert "trouble" not in web.run("status").stdout


def _send(stack: LiveStack, number: signal.Signals) -> None:
    """To both at once: neither can mend the other."""
    both = (stack.pid("keeper"), stack.pid("autoheal"))
    for pid in both:
        os.kill(pid, signal.SIGSTOP)
    for pid in both:
        os.kill(pid, number)
    if number == signal.SIGKILL:
        stack.until(lambda: not any(map(living, both)), "they are gone")


def _run_folder(stack: LiveStack) -> Path:
    return find_home("test", stack.environment).run
