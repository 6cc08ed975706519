"""Views for people and dashboards, on a real PostgreSQL: what they hold, and who may read them."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from tests.support.postgres import Postgres
from vrooli.main.migrate import migrate
from vrooli.migrations.versions.v010_views import READER, grants
from vrooli.migrations.versions.v014_ends import VIEWS

NAMES = {view.name for view in VIEWS}

_FILL = """
INSERT INTO routine_versions (hash, name, definition) VALUES ('v', 'report', '{}');
INSERT INTO routines (name, hash) VALUES ('report', 'v');
INSERT INTO run_trees (root, seq, steps) VALUES ('a', 1, 3);
INSERT INTO runs (id, root, routine, version, inputs, status, created_by, created_at, started_at,
                  ended_at, failure)
VALUES ('a', 'a', 'report', 'v', '{"password": "hunter2"}', 'failed', 'ann@example.org',
        '2026-11-01 10:00Z', '2026-11-01 10:00:02Z', '2026-11-01 10:01Z',
        '{"kind": "budget", "reason": "too much"}');
INSERT INTO steps (run, path, attempt, type, status, output, begun_at, ended_at) VALUES
    ('a', 'cut', 1, 'http', 'begun', NULL, '2026-11-01 10:00:30Z', NULL),
    ('a', 'lost', 1, 'http', 'begun', NULL, '2026-11-01 10:00:30Z', NULL),
    ('a', 'say', 1, 'llm', 'failed', NULL, '2026-11-01 10:00:03Z', '2026-11-01 10:00:05Z'),
    ('a', 'say', 2, 'llm', 'completed', '"hunter2"', NULL, '2026-11-01 10:00:09Z'),
    ('a', 'say/model[1]', 1, 'model', 'completed', '{}', NULL, '2026-11-01 10:00:07Z'),
    ('a', 'say/model[2]', 1, 'model', 'completed', '{}', NULL, '2026-11-01 10:00:08Z'),
    ('a', 'say2', 1, 'value', 'completed', '{}', NULL, '2026-11-01 10:00:10Z');
INSERT INTO retries (run, path, attempt) VALUES ('a', 'say', 1), ('a', 'lost', 1);
INSERT INTO budgets (run, on_limit, micros_limit, micros_spent, micros_reserved, tokens_spent)
VALUES ('a', 'stop', 1000000, 250000, 100000, 40);
INSERT INTO budget_reservations (run, key, tokens, micros, status, real_tokens, real_micros) VALUES
    ('a', 'a:say/model[1]:0123456789abcdef:1', 50, 200000, 'settled', 30, 150000),
    ('a', 'a:say/model[2]:0123456789abcdef:1', 50, 200000, 'settled', 10, 100000),
    ('a', 'a:say/model[2]:0123456789abcdef:2', 50, 100000, 'open', NULL, NULL);
INSERT INTO run_events (root, seq, run, at, kind, data)
VALUES ('a', 1, 'a', '2026-11-01 10:00Z', 'step.failed',
        '{"path": "say", "attempt": 1, "why": "no", "gist": "hunter2"}');
INSERT INTO unknown_effects (run, path, attempt) VALUES ('a', 'say', 1);
UPDATE steps SET failure = '{"kind": "unknown-effect", "reason": "who knows"}'
WHERE path = 'say' AND attempt = 1;
INSERT INTO users (id, email, password, role) VALUES ('u', 'ann@example.org', 'hunter2', 'admin');
INSERT INTO api_keys (id, user_id, name, role, digest, expires_at)
VALUES ('k', 'u', 'n', 'admin', 'hunter2', 'infinity');
"""


@pytest.fixture(scope="module")
def filled(cluster: Postgres) -> str:
    """A database with a run and a user."""
    name = f"t{secrets.token_hex(4)}"
    dsn = cluster.create_database(name)
    migrate(dsn)
    cluster.sql(_FILL, name)
    return dsn


async def test_a_reader_makes_no_table_of_its_own(reader: str) -> None:
    connection = await asyncpg.connect(reader)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="temporary"):
            await connection.execute("CREATE TEMP TABLE t (n integer)")
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def reader(cluster: Postgres, filled: str) -> Iterator[str]:
    """Somebody who is a member of the role."""
    user = f"r{secrets.token_hex(4)}"
    cluster.sql(f"CREATE ROLE {user} LOGIN PASSWORD 'reads' IN ROLE {READER}")
    yield filled.replace(f"postgres:{cluster.password}", f"{user}:reads", 1)
    cluster.sql(f"DROP ROLE {user}")


@pytest.fixture
async def reading(reader: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(reader)
    yield connection
    await connection.close()


async def test_every_column_is_as_it_is_described(reading: Any) -> None:
    rows = await reading.fetch(
        """
        SELECT c.relname, obj_description(c.oid), a.attname, format_type(a.atttypid, a.atttypmod),
               col_description(c.oid, a.attnum)
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relkind = 'v' AND c.relnamespace = current_schema()::regnamespace
        ORDER BY c.relname, a.attnum
        """
    )
    described = [
        (view.name, view.says, one.name, one.type, one.says)
        for view in sorted(VIEWS, key=lambda view: view.name)
        for one in view.columns
    ]
    assert [tuple(row) for row in rows] == described


async def test_the_reader_reads_the_views_and_nothing_else(reading: Any) -> None:
    rows = await reading.fetch(
        """
        SELECT relname, has_any_column_privilege(oid, 'SELECT') AS reads,
               has_any_column_privilege(oid, 'INSERT, UPDATE, REFERENCES')
                   OR has_table_privilege(oid, 'DELETE, TRUNCATE, TRIGGER') AS changes
        FROM pg_class WHERE relkind IN ('r', 'v', 'm', 'p', 'f', 'S')
            AND relnamespace = current_schema()::regnamespace
        """
    )
    assert {row["relname"] for row in rows if row["reads"]} == NAMES
    assert not [row["relname"] for row in rows if row["changes"]]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reading.fetch("SELECT password FROM users")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await reading.execute("UPDATE view_users SET role = 'admin'")


async def test_no_view_tells_a_secret_or_what_went_through_a_step(reading: Any) -> None:
    told = [await reading.fetch(f"SELECT * FROM {name}") for name in sorted(NAMES)]
    assert "ann@example.org" in str(told)
    assert "hunter2" not in str(told)


async def test_a_run_tells_how_long_it_took_and_what_it_cost(reading: Any) -> None:
    row = await reading.fetchrow("SELECT * FROM view_runs")
    assert (row["queue_seconds"], row["seconds"]) == (2.0, 58.0)
    assert (row["failure_kind"], row["tokens"], float(row["cost"])) == ("budget", 40, 0.25)


async def test_a_step_tells_how_long_it_took_and_what_it_cost(reading: Any) -> None:
    rows = await reading.fetch(
        "SELECT path, attempt, inside, given_up, seconds, tokens, cost::float8 FROM view_steps"
        " ORDER BY path, attempt"
    )
    assert [tuple(row) for row in rows] == [
        ("cut", 1, None, False, 30.0, 0, 0.0),
        ("lost", 1, None, True, None, 0, 0.0),
        ("say", 1, None, True, 2.0, 0, 0.0),
        ("say", 2, None, False, None, 40, 0.25),
        ("say/model[1]", 1, "say", False, None, 30, 0.15),
        ("say/model[2]", 1, "say", False, None, 10, 0.1),
        ("say2", 1, None, False, None, 0, 0.0),
    ]


async def test_a_step_that_was_under_way_ends_with_its_run(reading: Any) -> None:
    row = await reading.fetchrow(
        "SELECT status, ended_at = (SELECT ended_at FROM view_runs) AS together FROM view_steps"
        " WHERE path = 'cut'"
    )
    assert tuple(row) == ("cancelled", True)
    row = await reading.fetchrow("SELECT status, ended_at FROM view_steps WHERE path = 'lost'")
    assert tuple(row) == ("cancelled", None), "given up by a retry"


async def test_a_budget_tells_what_is_left(reading: Any) -> None:
    row = await reading.fetchrow("SELECT * FROM view_budgets")
    assert (float(row["cost_remaining"]), row["tokens_remaining"]) == (0.65, None)
    assert row["steps_spent"] == 3


async def test_what_nobody_has_decided_is_an_effect(reading: Any) -> None:
    row = await reading.fetchrow("SELECT path, attempt, reason, decision FROM view_effects")
    assert tuple(row) == ("say", 1, "who knows", None)


async def test_who_may_create_no_roles_gets_the_views_all_the_same(
    cluster: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    """In a cluster without the role: here, it has another name for a moment."""
    user = f"t{secrets.token_hex(4)}"
    cluster.sql(f"CREATE ROLE {user} LOGIN PASSWORD 'makes'")
    cluster.sql(f"DO $$ BEGIN CREATE ROLE {READER}; EXCEPTION WHEN duplicate_object THEN END $$")
    cluster.sql(f"ALTER ROLE {READER} RENAME TO {READER}_away")
    try:
        without = await migrated_by(cluster, user)
    finally:
        cluster.sql(f"ALTER ROLE {READER}_away RENAME TO {READER}")
    assert f"CREATE ROLE {READER} NOLOGIN; {grants()}" in caplog.text
    assert cluster.sql("SELECT count(*) FROM view_runs", without) == "0"
    assert cluster.sql(READS, without) == "f"
    # Where the role is there, as in a cluster of the stack's own, it may read.
    assert cluster.sql(READS, await migrated_by(cluster, user)) == "t"


READS = f"SELECT has_table_privilege('{READER}', 'view_runs', 'SELECT')"


async def migrated_by(cluster: Postgres, user: str) -> str:
    """A database of a user who may nothing else."""
    database = f"t{secrets.token_hex(4)}"
    cluster.sql(f"CREATE DATABASE {database} OWNER {user}")
    dsn = cluster.dsn_of(database).replace(f"postgres:{cluster.password}", f"{user}:makes", 1)
    await asyncio.to_thread(migrate, dsn)
    return database


def test_the_page_for_people_names_all_of_them() -> None:
    page = Path(__file__).parents[3] / "docs" / "how-to" / "query-the-database.md"
    assert f"{grants()};" in " ".join(page.read_text(encoding="utf-8").split())
