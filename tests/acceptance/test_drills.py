"""A restore is practised beside what serves: what it measures is so, and what fails ends with 1."""

import asyncio
import json
import time
from typing import Any

import asyncpg
import pytest

from tests.support.older_postgres import fill, sql
from tests.support.stack import LiveStack, said


@pytest.fixture
def filled(stack: LiveStack) -> LiveStack:
    """A stack with a database that holds something."""
    stack.resource("postgres", "postgres")
    stack.write()
    stack.up()
    fill(stack)
    return stack


def _drilled(stack: LiveStack, *options: str, code: int = 0) -> dict[str, Any]:
    ended = stack.run("backup", "drill", "--only", "postgres", "--busy", "--json", *options)
    assert ended.returncode == code, said(ended)
    (row,) = json.loads(ended.stdout)
    return dict(row)


def test_a_drill_measures_what_a_restore_would_take_and_lose(filled: LiveStack) -> None:
    none = filled.run("backup", "drill", "--busy")
    assert (none.returncode, "no restore point" in none.stderr) == (2, True), said(none)
    taken = time.time()
    assert filled.run("backup", "run", "--no-verify").returncode == 0
    idle = _drilled(filled)
    assert idle["met"], idle
    assert idle["rpo"] == 0, "nothing was written since"
    assert (idle["rto_objective"], idle["rpo_objective"]) == (900, 21600)
    began = time.monotonic()
    sql(filled, "INSERT INTO kept (what) VALUES ('later')", "SELECT 1")
    late = _drilled(filled)
    assert 0 < late["rto"] < time.monotonic() - began
    assert late["rto"] < late["rpo"] <= time.time() - taken
    assert sql(filled, "SELECT count(*) FROM kept WHERE what = 'later'") == 1
    _is_kept_and_beside(filled)


def _is_kept_and_beside(stack: LiveStack) -> None:
    """What serves has not been touched, nothing is left, and everything is remembered."""
    assert not (stack.home / "data" / "postgres.proof").exists()
    shown = stack.run("backup", "drill", "--history")
    assert [line.split()[-1] for line in shown.stdout.splitlines()[1:]] == ["met", "met"]
    seen = stack.get("autoheal", "/backups")
    assert [drill["met"] for drill in seen["drills"]] == [True, True]
    assert (seen["services"][0]["name"], seen["trouble"], seen["working"]) == ("postgres", "", [])
    assert seen["points"][0]["outcome"] == "unverified"
    with stack.open("autoheal", "/metrics") as answer:
        numbers = answer.read().decode()
    assert 'vrooli_backup_verified_age_seconds{service="postgres"} +Inf' in numbers
    assert 'vrooli_backup_drill_met{service="postgres"} 1.0' in numbers
    other = stack.run("backup", "drill", "--only", "redis", "--busy")
    assert (other.returncode, "choose of: postgres" in other.stderr) == (2, True), said(other)


def test_a_commit_that_was_under_way_while_the_copy_was_made_counts_as_lost(
    filled: LiveStack,
) -> None:
    password = (filled.home / "secrets" / "postgres-vrooli").read_text(encoding="ascii").strip()

    async def across() -> None:
        connection = await asyncpg.connect(
            host="127.0.0.1", port=filled.ports["postgres"], user="vrooli", password=password,
            database="vrooli", ssl=False,
        )  # fmt: skip
        try:
            async with connection.transaction():
                await connection.execute("INSERT INTO kept (what) VALUES ('under way')")
                await asyncio.to_thread(filled.run, "backup", "run", "--no-verify")
        finally:
            await connection.close()

    asyncio.run(across())
    assert _drilled(filled)["rpo"] > 0


def test_a_drill_of_what_is_damaged_fails_and_is_remembered(filled: LiveStack) -> None:
    assert filled.run("backup", "run", "--no-verify").returncode == 0
    packs = [path for path in (filled.home / "backups/packs").rglob("*") if path.is_file()]
    victim = max(packs, key=lambda path: path.stat().st_size)  # one of PostgreSQL
    victim.chmod(0o600)
    victim.write_bytes(victim.read_bytes()[:-1])
    failed = _drilled(filled, code=1)
    assert (failed["ok"], failed["met"]) == (False, False)
    assert "it is not what was stored" in failed["why"]
    assert filled.run("backup", "drill", "--history").stdout.split()[-1] == "failed"
