"""Another major version of PostgreSQL: everything comes along, and one can go back."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.support.stack import LiveStack, said
from vrooli.stack.postgres.installation import PACKAGE

OLDER = next(Path(path) / PACKAGE for path in sys.path if (Path(path) / PACKAGE).is_dir())
OLDER = OLDER / "pginstall" / "bin"
"""The older of the two majors that the package carries."""

DEBIAN = sorted(Path("/usr/lib/postgresql").glob("*/bin"))

FILLED = """
CREATE TABLE kept (id bigserial PRIMARY KEY, what text NOT NULL, at timestamptz DEFAULT now());
INSERT INTO kept (what) SELECT repeat('x', n % 50) || n FROM generate_series(1, 5000) AS n;
CREATE TABLE "Odd %s 'name'" (vrooli_row int, t text); INSERT INTO "Odd %s 'name'" VALUES (1, 'ä');
CREATE VIEW seen AS SELECT count(*) FROM kept;
CREATE MATERIALIZED VIEW summed AS SELECT what, count(*) FROM kept GROUP BY what;
SELECT lo_from_bytea(0, 'large'::bytea);
CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT 2 * n';
"""


def sql(stack: LiveStack, *statements: str, user: str = "vrooli", database: str = "vrooli") -> Any:
    """The first value of the last statement."""
    name = "superuser" if user == "postgres" else user
    password = (stack.home / "secrets" / f"postgres-{name}").read_text(encoding="ascii").strip()

    async def ask() -> Any:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=stack.ports["postgres"], user=user, password=password,
            database=database, ssl=False,
        )  # fmt: skip
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return await connection.fetchval(statements[-1])
        finally:
            await connection.close()

    return asyncio.run(ask())


def version(stack: LiveStack) -> int:
    """Of the server that answers."""
    return int(sql(stack, "SHOW server_version_num")) // 10000


def fill(stack: LiveStack) -> None:
    """Tables, roles, settings, a second database."""
    sql(
        stack,
        "CREATE ROLE reader LOGIN PASSWORD 'secret-of-reader'",
        "GRANT reader TO vrooli",
        "ALTER ROLE reader SET work_mem = '7MB'",
        "ALTER SYSTEM SET log_min_duration_statement = '42s'",
        "SELECT 1",
        user="postgres",
    )
    sql(stack, "CREATE DATABASE second OWNER vrooli", "SELECT 1", user="postgres")
    for database in ("vrooli", "second"):
        sql(stack, FILLED, "SELECT 1", database=database)
    sql(stack, "SELECT nextval('kept_id_seq')")


def holds_all(stack: LiveStack) -> None:
    """What `fill` made is there, and the role may log in as before."""
    assert sql(stack, "SELECT count(*) FROM kept") == 5000
    assert sql(stack, "SELECT count(*) FROM kept", database="second") == 5000
    assert sql(stack, "SELECT t FROM \"Odd %s 'name'\"") == "ä"
    assert sql(stack, "SELECT twice(21)") == 42
    assert sql(stack, "SHOW log_min_duration_statement") == "42s"
    assert sql(stack, "SELECT rolconfig[1] FROM pg_roles WHERE rolname = 'reader'")


def of(stack: LiveStack, programs: Path | None, **settings: str) -> None:
    """Have the file say which programs run it."""
    keys: dict[str, Any] = {"settings": {"max_connections": "61", **settings}}
    if programs is not None:
        keys["installation"] = str(programs)
    stack.resource("postgres", "postgres", health={"interval": 0.5}, **keys)
    stack.write()


@pytest.fixture
def older(stack: LiveStack) -> LiveStack:
    """A stack whose data an older package made, and `web`, which needs it."""
    of(stack, OLDER)
    stack.add("web", needs=["postgres"])
    stack.write()
    stack.up()
    fill(stack)
    of(stack, None)
    stack.up()
    return stack


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
        older.until(lambda: _answers(older), f"it answers after a kill at `{step}`")
        older.until_ok()
        assert version(older) == 16, step
        holds_all(older)
    _killed_at(older, "the copy is equal")  # the switch is a moment later
    older.until(lambda: _answers(older), "it answers")
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


def _answers(stack: LiveStack) -> bool:

    try:
        return bool(sql(stack, "SELECT 1"))
    except (OSError, asyncpg.PostgresError):
        return False
