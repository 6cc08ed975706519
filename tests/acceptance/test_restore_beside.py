"""A restore point is looked at, and a table taken out of it, and what serves is not touched."""

import json
import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.leftovers import processes_of
from tests.support.older_postgres import sql
from tests.support.stack import LiveStack, said, section

MADE = """
CREATE TABLE orders (
    id int PRIMARY KEY, what text, doubled int GENERATED ALWAYS AS (id * 2) STORED);
INSERT INTO orders (id, what) SELECT n, 'order ' || n FROM generate_series(1, 100) n;
CREATE TABLE loose (what json); INSERT INTO loose VALUES ('{"a": 1}'), ('{"a": 1}'), ('{"b": 2}');
CREATE SCHEMA other; CREATE TABLE other.orders (id int);
CREATE TABLE "Odd. ""name" (id int PRIMARY KEY); INSERT INTO "Odd. ""name" VALUES (7);
"""


@pytest.fixture
def shop(stack: LiveStack) -> LiveStack:
    """A stack with some tables, a restore point of them, and changes since."""
    stack.resource("postgres", "postgres")
    stack.write()
    stack.up()
    sql(stack, MADE, "SELECT 1")
    taken = stack.run("backup", "run", "--no-verify")
    assert taken.returncode == 0, said(taken)
    sql(
        stack,
        "DELETE FROM orders WHERE id IN (3, 5)",
        "UPDATE orders SET what = 'changed' WHERE id = 9",
        "INSERT INTO orders (id, what) VALUES (101, 'new')",
        "DELETE FROM loose WHERE what::text = '{\"b\": 2}'",
        'DROP TABLE "Odd. ""name"',
        "SELECT 1",
    )
    return stack


def test_a_table_comes_beside_the_one_that_serves_with_what_differs(shop: LiveStack) -> None:
    ambiguous = shop.run("restore", "--only", "orders")
    assert ambiguous.returncode == 2, said(ambiguous)
    assert "vrooli.other.orders, vrooli.public.orders" in ambiguous.stderr, said(ambiguous)
    planned = shop.run("restore", "--only", "public.orders", "--dry-run")
    assert (planned.returncode, "nothing was done" in planned.stderr) == (0, True), said(planned)
    ended = shop.run("restore", "--only", "public.orders", "--json")
    assert ended.returncode == 0, said(ended)
    told = json.loads(ended.stdout)
    differ = told["rows_differ"]
    counts = [differ[name] for name in ("only_live", "only_rescued", "changed")]
    assert (counts, differ["rescued_rows"], differ["live_rows"]) == ([1, 2, 1], 100, 99)
    assert differ["keys"] == {
        "only_live": [["101"]],
        "only_rescued": [["3"], ["5"]],
        "changed": [["9"]],
    }
    assert sql(shop, "SELECT count(*) FROM orders") == 99
    for name in ("take_missing", "take_changed"):
        sql(shop, told[name], "SELECT 1")
    assert sql(shop, "SELECT count(*) FROM orders") == 101
    assert sql(shop, "SELECT what FROM orders WHERE id = 9") == "order 9"
    sql(shop, told["undo"], "SELECT 1")  # a dry run left no other one
    assert sql(shop, "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^rescued_'") == 0
    _without_a_key_and_without_a_table(shop)
    data = [path.name for path in (shop.home / "data").iterdir()]
    assert "postgres.rescue" not in data, data
    assert not [line for line in processes_of(shop.home).values() if "rescue" in line]


def _without_a_key_and_without_a_table(shop: LiveStack) -> None:
    loose = json.loads(shop.run("restore", "--only", "loose", "--json").stdout)
    differ = loose["rows_differ"]
    assert (differ["only_live"], differ["only_rescued"], differ["key"]) == (0, 1, [])
    odd = shop.run("restore", "--only", 'vrooli.public."Odd. ""name"')
    assert (odd.returncode, "all of it is missing" in odd.stdout) == (0, True), said(odd)
    missing = shop.run("restore", "--only", "ordrs")
    assert (missing.returncode, "did you mean" in missing.stderr) == (2, True), said(missing)


@pytest.fixture
def serving(shop: LiveStack) -> Iterator[str]:
    """The command that gets one into a copy beside the one in force."""
    ended = shop.run("restore", "--side-by-side", "--json")
    assert ended.returncode == 0, said(ended)
    yield json.loads(ended.stdout)["connect"]
    stopped = shop.run("restore", "--side-by-side", "--stop")
    assert stopped.returncode == 0, said(stopped)
    assert not (shop.home / "data" / "postgres.beside").exists()
    assert not [line for line in processes_of(shop.home).values() if "beside" in line]


def test_a_copy_serves_beside_and_outlasts_the_watchdog(shop: LiveStack, serving: str) -> None:
    assert _asked(serving, "SELECT count(*) FROM orders") == "100"
    assert _asked(serving, "SHOW cluster_name") == "postgres.beside"
    assert "read-only" in _asked(serving, "DELETE FROM orders")
    again = shop.run("restore", "--side-by-side")
    assert (again.returncode, "there is one already" in again.stderr) == (1, True), said(again)
    shop.kill("autoheal")
    shop.until_ok()
    assert _asked(serving, "SELECT count(*) FROM orders") == "100"
    assert sql(shop, "SELECT count(*) FROM orders") == 99


def test_it_is_unpacked_and_started_by_hand(shop: LiveStack) -> None:
    folder = shop.folder / "looked-at"
    ended = shop.run("restore", "--into", str(folder), "--json")
    assert ended.returncode == 0, said(ended)
    told = json.loads(ended.stdout)
    with subprocess.Popen(
        shlex.split(told["start"]), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/"
    ) as server:
        try:
            connect = f"{told['connect']} vrooli"
            count = "SELECT count(*) FROM orders"
            shop.until(lambda: _asked(connect, count, shop.home) == "100", "it answers")
        finally:
            server.terminate()
    full = shop.run("restore", "--into", str(folder))
    assert (full.returncode, "empty folder" in full.stderr) == (2, True), said(full)


def _asked(connect: str, statement: str, home: Path | None = None) -> str:
    """The answer, or why there is none."""
    secret = home / "secrets" / "postgres-superuser" if home is not None else None
    password = secret.read_text(encoding="ascii").strip() if secret is not None else ""
    ended = subprocess.run(
        [*shlex.split(connect), "--no-psqlrc", "--tuples-only", "--no-align", "-c", statement],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PGPASSWORD": password},
    )
    return (ended.stdout + ended.stderr).strip()


HANGS = """
CREATE FUNCTION hangs() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_sleep(300); END $$;
CREATE EVENT TRIGGER hangs ON ddl_command_end WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION hangs();
"""
FAILS = HANGS.replace("PERFORM pg_sleep(300)", "RAISE EXCEPTION 'not today'")
MADE_BY_IT = (
    "SELECT count(*) FROM pg_class WHERE relname = 'orders' AND relnamespace IN ("
    "SELECT oid FROM pg_namespace WHERE nspname ~ '^rescued_')"
)


def test_a_rescue_that_is_broken_off_once_the_table_is_there_removes_it(shop: LiveStack) -> None:
    sql(shop, HANGS, "SELECT 1", user="postgres")
    rescue = shop.start("restore", "--only", "public.orders")
    shop.until(lambda: sql(shop, MADE_BY_IT, user="postgres"), "the table is loaded")
    os.kill(rescue.pid, signal.SIGINT)
    told, _ = rescue.communicate(timeout=60)
    assert (rescue.returncode, "what serves was not changed" in told) == (130, True), told
    _nothing_is_left(shop)
    sql(shop, "DROP EVENT TRIGGER hangs", "DROP FUNCTION hangs()", FAILS, "SELECT 1",
        user="postgres")  # fmt: skip
    ended = shop.run("restore", "--only", "public.orders")
    assert (ended.returncode, "not today" in ended.stderr) == (1, True), said(ended)
    assert "is left" not in ended.stderr
    _nothing_is_left(shop)


def _nothing_is_left(shop: LiveStack) -> None:
    schemas = "SELECT count(*) FROM pg_namespace WHERE nspname ~ '^rescued_'"
    assert sql(shop, schemas, user="postgres") == 0
    assert "postgres.rescue" not in [path.name for path in (shop.home / "data").iterdir()]


def test_of_two_databases_the_one_is_named_that_a_table_is_of(stack: LiveStack) -> None:
    never = dict.fromkeys(("schedule", "incremental", "redis", "drill", "prune"), "never")
    for name in ("postgres", "second"):
        stack.resource(name, "postgres")
    stack._sections["backup"] = section("backup", {**never, "system": False})
    stack.write()
    stack.up()
    sql(stack, "CREATE TABLE orders AS SELECT 1 AS id", "SELECT 1")
    taken = stack.run("backup", "run", "--no-verify")
    assert taken.returncode == 0, said(taken)
    here, there = _ways(stack, "restore", "--only", "public.orders")
    ended = stack.run(*here)
    assert (ended.returncode, "is in vrooli.rescued_" in ended.stdout) == (0, True), said(ended)
    ended = stack.run(*there)
    assert (ended.returncode, "there is no table" in ended.stderr) == (2, True), said(ended)
    here, _ = _ways(stack, "restore", "--to", "latest", "--only", "public.orders")
    ended = stack.run(*here, "--dry-run")
    assert (ended.returncode, "recovered to latest" in ended.stderr) == (0, True), said(ended)


def _ways(stack: LiveStack, *words: str) -> list[list[str]]:
    """The commands that are offered, one for each database."""
    unclear = stack.run(*words)
    assert unclear.returncode == 2, said(unclear)
    ways = re.findall(r"`[^`]*vrooli (restore [^`]*)`", unclear.stderr)
    assert ["postgres:public.orders" in way for way in ways] == [True, False], said(unclear)
    return [shlex.split(way) for way in ways]
