"""Migrations on a real PostgreSQL: once, twice, and many at the same time."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from tests.support.ports import free_port
from vrooli.core.errors import VrooliError
from vrooli.main.migrate import MIGRATIONS, migrate
from vrooli.server.migrator import newest_revision


def test_an_empty_database_gets_the_table_and_a_second_run_changes_nothing(empty_dsn: str) -> None:
    assert migrate(empty_dsn) == migrate(empty_dsn) == newest_revision(MIGRATIONS / "versions")


def test_the_newest_file_is_the_head_that_alembic_sees() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    heads = ScriptDirectory.from_config(config).get_heads()
    assert heads == [newest_revision(MIGRATIONS / "versions")]


def test_six_at_once_all_succeed(empty_dsn: str) -> None:
    def run(_: int) -> subprocess.CompletedProcess[str]:
        return run_module(empty_dsn)

    with ThreadPoolExecutor(6) as pool:
        ends = list(pool.map(run, range(6)))
    assert [(end.returncode, end.stderr) for end in ends] == [(0, "")] * 6


async def test_every_index_that_queries_rely_on_is_there(empty_dsn: str) -> None:
    run_module(empty_dsn)
    connection = await asyncpg.connect(empty_dsn)
    try:
        rows = await connection.fetch("SELECT indexname FROM pg_indexes WHERE tablename='history'")
    finally:
        await connection.close()
    names = {row["indexname"].removeprefix("history_") for row in rows}
    assert names == {"pkey", "at", "kind_at", "subject_at", "host_at"}


def test_a_missing_postgres_says_so_without_the_password_and_asks_for_a_retry() -> None:
    end = run_module(f"postgresql://someone:hunter2hunter2@127.0.0.1:{free_port()}/x")
    assert end.returncode == 75
    assert "cannot be reached" in end.stderr
    assert "hunter2" not in end.stderr
    assert "Traceback" not in end.stderr


def test_a_wrong_password_needs_a_person(empty_dsn: str) -> None:
    wrong = empty_dsn.replace("postgres:", "postgres:wrong", 1)
    with pytest.raises(VrooliError, match="rejected our user or password") as caught:
        migrate(wrong)
    assert not caught.value.retryable


def test_without_a_database_url_it_is_a_usage_error() -> None:
    end = run_module("")
    assert end.returncode == 2
    assert "DATABASE_URL is not set" in end.stderr
    of_service = run_module("", VROOLI_SERVICE="worker").stderr
    assert "service `worker`: DATABASE_URL is not set" in of_service
    assert 'env = { DATABASE_URL = "resource:postgres" }' in of_service


def run_module(dsn: str, **more: str) -> subprocess.CompletedProcess[str]:
    """`python -m vrooli.main.migrate`, as the server runs it."""
    return subprocess.run(
        [sys.executable, "-m", "vrooli.main.migrate"],
        env={**os.environ, "DATABASE_URL": dsn, **more},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
