"""A restore that something happens to: what serves is healed, and nothing half-done is left."""

import json
import os
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.leftovers import processes_of
from tests.support.older_postgres import sql
from tests.support.stack import LiveStack, said


@pytest.fixture
def backed_up(stack: LiveStack) -> LiveStack:
    """A stack with a database, and a restore point of it."""
    stack.resource("postgres", "postgres", health={"interval": 0.5, "failures": 2, "over": 1})
    stack.write()
    stack.up()
    sql(stack, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n", "SELECT 1")
    ended = stack.run("backup", "run", "--no-verify")
    assert ended.returncode == 0, said(ended)
    return stack


def fetching(stack: LiveStack) -> int:
    """The process that unpacks a restore point, stopped in the middle."""

    def found() -> int:
        for pid in processes_of(stack.home):
            try:
                words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"fetch" in words and b"--into" in words:
                return pid
        return 0

    pid = stack.until(found, "a restore fetches")
    os.kill(pid, signal.SIGSTOP)
    return pid


def test_what_serves_is_healed_while_a_restore_fetches_and_its_end_leaves_nothing(
    backed_up: LiveStack,
) -> None:
    stack = backed_up
    sql(stack, "CREATE TABLE since (what int)", "SELECT 1")
    with stack.start("restore", "--only", "postgres", "--yes") as restore:
        pid = fetching(stack)
        stack.kill("postgres")
        stack.until_healed("postgres")
        assert sql(stack, "SELECT count(*) FROM since") == 0
        os.killpg(restore.pid, signal.SIGKILL)
    stack.kill("autoheal")
    data = stack.home / "data"
    stack.until(lambda: not (data / "postgres.restore").exists(), "nothing of it is left")
    stack.until(lambda: pid not in processes_of(stack.home), "nobody fetches any more")
    stack.until_ok()
    assert [*data.glob("postgres.*")] == []
    assert sql(stack, "SELECT count(*) FROM since") == 0
    told = json.dumps(stack.ask("timeline"))
    assert "its restore was cut short" in told
    restored = stack.run("restore", "--only", "postgres", "--yes")
    assert restored.returncode == 0, said(restored)
    assert sql(stack, "SELECT to_regclass('since') IS NULL") is True
    assert sql(stack, "SELECT count(*) FROM kept") == 1000


def test_a_server_that_hangs_while_it_recovers_is_told_of_with_what_ends_it(
    backed_up: LiveStack,
) -> None:
    stack = backed_up
    with stack.start("restore", "--only", "postgres", "--yes") as restore:
        pid = stack.until(lambda: _recovering(stack), "a server recovers")
        assert restore.stdout is not None
        told = []
        for line in restore.stdout:
            told.append(line)
            if f"process {pid} says nothing for 30 s" in line:
                os.kill(pid, signal.SIGKILL)
        assert restore.wait(60) == 1, "".join(told)
    assert f"`kill -9 {pid}` ends this" in "".join(told)
    assert "was killed before it answered" in "".join(told)
    assert not (stack.home / "data" / "postgres.restore").exists()
    assert sql(stack, "SELECT count(*) FROM kept") == 1000


def _recovering(stack: LiveStack) -> int:
    """The server beside what serves, stopped as soon as it is there; 0 before."""
    for path in stack.home.glob("data/postgres.restore/cluster/postmaster.pid"):
        with suppress(OSError, ValueError):
            pid = int(path.read_text(encoding="ascii").splitlines()[0])
            os.kill(pid, signal.SIGSTOP)
            return pid
    return 0
