"""Another major version of PostgreSQL: everything comes along, and one can go back."""

import json
import os
import signal
import subprocess
import threading

import pytest

from tests.support.older_postgres import (
    DEBIAN,
    answers,
    fill,
    holds_all,
    made_by_an_older_package,
    of,
    sql,
    version,
)
from tests.support.stack import LiveStack, said


@pytest.fixture
def older(stack: LiveStack) -> LiveStack:
    """A stack whose data an older package made, and `web`, which needs it."""
    return made_by_an_older_package(stack)


def test_everything_comes_along_and_one_can_go_back_and_forget(older: LiveStack) -> None:
    assert version(older) == 16
    before = older.pids("web", "autoheal")
    planned = older.run("resource", "upgrade", "postgres", "--dry-run")
    assert planned.returncode == 0, said(planned)
    assert "PostgreSQL 16 -> 18." in planned.stderr
    assert version(older) == 16
    ended = older.run("resource", "upgrade", "postgres", "--json")
    assert ended.returncode == 0, said(ended)
    told = json.loads(ended.stdout)
    assert told["ok"]
    assert "was upgraded from PostgreSQL 16 to 18." in told["note"]
    assert any("the copy is equal" in step["message"] for step in told["steps"])
    assert version(older) == 18
    holds_all(older)
    assert sql(older, "SHOW max_connections") == "61"
    assert sql(older, "SHOW data_checksums") == "on"
    older.until_ok()
    assert older.heals() == []
    after = older.pids("web", "autoheal")
    assert after["autoheal"] == before["autoheal"]
    assert after["web"] != before["web"]
    sql(older, "INSERT INTO kept (what) VALUES ('since')", "SELECT 1")
    again = older.run("resource", "upgrade", "postgres")
    assert (again.returncode, "no newer one" in again.stderr) == (0, True), said(again)
    _go_back_and_forth(older)


def _go_back_and_forth(stack: LiveStack) -> None:
    asked = stack.run("resource", "upgrade", "postgres", "--undo")
    assert (asked.returncode, "--yes" in asked.stderr) == (2, True), said(asked)
    undone = stack.run("resource", "upgrade", "postgres", "--undo", "--yes")
    assert undone.returncode == 0, said(undone)
    assert "what was written since" in undone.stderr
    assert version(stack) == 16
    holds_all(stack)
    refused = stack.run("resource", "upgrade", "postgres")
    assert (refused.returncode, "--forget" in refused.stderr) == (1, True), said(refused)
    assert stack.run("resource", "upgrade", "postgres", "--forget", "--yes").returncode == 0
    assert stack.run("resource", "upgrade", "postgres", "--counts-only").returncode == 0
    assert version(stack) == 18
    forgotten = stack.run("resource", "upgrade", "postgres", "--forget", "--yes")
    assert forgotten.returncode == 0, said(forgotten)
    assert not (stack.home / "data" / "postgres").exists()
    assert stack.run("restart", "postgres").returncode == 0
    holds_all(stack)
    late = stack.run("resource", "upgrade", "postgres", "--undo", "--yes")
    assert (late.returncode, "no upgrade to go back" in late.stderr) == (1, True), said(late)


def test_data_of_debians_programs_comes_to_the_package(stack: LiveStack) -> None:
    assert DEBIAN, "apt install postgresql"
    stack.autoheal(enabled=False)
    of(stack, DEBIAN[-1])
    stack.up()
    fill(stack)
    was = version(stack)
    of(stack, None)
    refused = stack.run("up")
    assert refused.returncode == 1
    assert "resource upgrade postgres" in refused.stderr, said(refused)
    assert version(stack) == was
    ended = stack.run("resource", "upgrade", "postgres", "--to", "18")
    assert ended.returncode == 0, said(ended)
    assert version(stack) == 18
    holds_all(stack)
    undone = stack.run("resource", "upgrade", "postgres", "--undo", "--yes")
    assert undone.returncode == 0, said(undone)
    assert version(stack) == was
    holds_all(stack)


def test_what_fails_leaves_the_old_one_running(older: LiveStack) -> None:
    _refused_while_a_job_needs_it(older)
    of(older, None, old_snapshot_threshold="60")  # 17 knows it no more
    older.up()
    pid = older.pid("postgres")
    refused = older.run("resource", "upgrade", "postgres")
    assert refused.returncode == 1
    assert "old_snapshot_threshold" in refused.stderr, said(refused)
    assert older.pid("postgres") == pid, "it was not even stopped"
    of(older, None)
    older.up()
    sql(older, "CREATE VIEW gone AS SELECT buffers_backend FROM pg_stat_bgwriter", "SELECT 1")
    failed = older.run("resource", "upgrade", "postgres")
    assert failed.returncode == 1, said(failed)
    assert "could not copy and upgrade" in failed.stderr, said(failed)
    older.until_ok()
    assert version(older) == 16
    holds_all(older)
    assert not [*(older.home / "data").glob("postgres.1*"), *(older.home / "data").glob("*.up*")]
    assert older.heals() == []


def test_one_that_does_not_come_up_is_taken_back(older: LiveStack) -> None:
    ill = "SELECT 1 / (18 - current_setting('server_version_num')::int / 10000)"
    keys = {"settings": {"max_connections": "61"}, "start_timeout": 2}
    older.resource("postgres", "postgres", health={"sql": ill, "interval": 0.5}, **keys)
    older.write()
    older.up()
    failed = older.run("resource", "upgrade", "postgres")
    assert failed.returncode == 1, said(failed)
    assert "back to what was before" in failed.stderr, said(failed)
    older.until_ok()
    assert version(older) == 16
    holds_all(older)
    assert not [*(older.home / "data").glob("postgres.1*"), *(older.home / "data").glob("*.up*")]


def _refused_while_a_job_needs_it(stack: LiveStack) -> None:
    stack.job("report", "sleep 300", needs=["postgres"])
    stack.write()
    stack.up()
    assert stack.run("job", "run", "report", "--detach").returncode == 0
    refused = stack.run("resource", "upgrade", "postgres")
    assert (refused.returncode, "job report runs" in refused.stderr) == (1, True), said(refused)
    stack.remove("job report")
    stack.write()
    stack.up()


STEPS = (
    "read what it holds",
    "copy and upgrade",
    "compare the copy",
)


def test_a_kill_at_any_step_leaves_one_that_works(older: LiveStack) -> None:
    for step in STEPS:
        _killed_at(older, step)
        older.until(lambda: answers(older), f"it answers after a kill at `{step}`")
        older.until_ok()
        assert version(older) == 16, step
        holds_all(older)
    _killed_at(older, "the copy is equal")  # the switch is a moment later
    older.until(lambda: answers(older), "it answers")
    older.until_ok()
    assert version(older) in (16, 18)
    holds_all(older)


def _killed_at(stack: LiveStack, step: str) -> None:
    """Have the upgrade begin, and kill command and watchdog when it comes to `step`."""
    watchdog = stack.pid("autoheal")
    begun = stack.start("resource", "upgrade", "postgres")
    _until_said(begun, step)
    os.killpg(begun.pid, signal.SIGKILL)
    os.kill(watchdog, signal.SIGKILL)
    begun.wait()
    assert begun.stdout is not None
    begun.stdout.close()
    stack.until(lambda: stack.pid("autoheal") != watchdog, "another watchdog")


def _until_said(begun: "subprocess.Popen[str]", step: str) -> None:
    assert begun.stdout is not None
    watch = threading.Timer(60, begun.kill)
    watch.start()
    lines = []
    for line in begun.stdout:
        lines.append(line)
        if step in line:
            watch.cancel()
            return
    raise AssertionError(f"it never came to `{step}`:\n{''.join(lines)}")
