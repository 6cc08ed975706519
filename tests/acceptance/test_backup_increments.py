"""What changed since a point is taken, proven and given back, also while rows are written."""

import asyncio
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.older_postgres import DEBIAN, sql, version
from tests.support.stack import LiveStack, said
from tests.support.transfers import Transfers, add_up
from vrooli.core.address import HostPort
from vrooli.host.streams import AsyncioStreams
from vrooli.stack.postgres import source_rows
from vrooli.stack.postgres.upgrade.ask import Asker


def _taken(stack: LiveStack, *how: str) -> dict[str, Any]:
    ended = stack.run("backup", "run", "--json", *how)
    assert ended.returncode == 0, said(ended)
    point = dict(json.loads(ended.stdout))
    assert point["proof"]["outcome"] == "verified", point
    return point


def _facts(point: dict[str, Any]) -> dict[str, Any]:
    return dict(point["parts"][0]["facts"])


@pytest.fixture
def up(stack: LiveStack) -> LiveStack:
    """A stack with an empty database."""
    stack.resource("postgres", "postgres")
    stack.write()
    stack.up()
    return stack


def test_points_of_a_database_that_is_written_to_are_consistent(up: LiveStack) -> None:
    sql(up, "CREATE TABLE quiet AS SELECT generate_series(1, 100) n", "SELECT 1")
    with Transfers(up) as transfers:
        whole = _taken(up)
        assert transfers.done > 0
        between = transfers.done
        first = _taken(up, "--incremental")
        second = _taken(up, "--incremental", "--deep")
        assert transfers.done > between
    seen = second["proof"]["facts"]["postgres"]
    assert (seen["same_content"] > 0, seen["written_meanwhile"] <= 2) == (True, True), seen
    assert _facts(first)["base"] == whole["id"]
    assert _facts(second)["base"] == first["id"]
    written = add_up(up)
    for point in (second, whole):
        assert up.run("restore", point["id"], "--only", "postgres", "--yes").returncode == 0
        found = add_up(up)
        assert 0 < found < written
        written = found


def test_an_increment_is_small_and_says_why_it_is_none(up: LiveStack) -> None:
    first = _taken(up, "--incremental")
    assert "no point yet" in _facts(first)["whole_because"]
    sql(
        up,
        "CREATE TABLE big AS SELECT n, md5(n::text) FROM generate_series(1, 200000) n",
        "SELECT 1",
    )
    # Else the first to read the rows marks every page, which is a change.
    sql(up, "VACUUM (FREEZE) big", "CHECKPOINT", "SELECT 1", user="postgres")
    whole = _taken(up, "--deep")
    seen = whole["proof"]["facts"]["postgres"]
    assert (seen["same_content"], seen["same_number"], seen["not_compared"]) == (1, 0, 0), seen
    idle = _taken(up, "--incremental", "--no-rows")
    assert idle["stored_bytes"] < 1_000_000 < whole["stored_bytes"]
    seen = idle["proof"]["facts"]["postgres"]
    assert (seen["same_content"], seen["same_number"], seen["not_compared"]) == (0, 0, 1), seen
    into = up.folder / "into"
    into.mkdir()
    fetched = up.run("backup", "fetch", idle["id"], "--service", "postgres", "--into", str(into))
    assert fetched.returncode == 0, said(fetched)
    assert (into / "PG_VERSION").exists()
    assert not list(into.glob(".chain*"))
    shown = up.run("backup", "show", idle["id"])
    assert f"what changed since {whole['id']}" in shown.stdout
    assert "postgres: rows were not compared with the source" in shown.stdout, said(shown)
    assert "tables hold what the source held" not in shown.stdout
    assert "verified, rows not compared" in up.run("backup", "list").stdout
    manifest = up.home / "backups" / "points" / f"{whole['id']}.json"
    manifest.rename(up.folder / "gone")
    lost = up.run("backup", "verify", idle["id"])
    assert (lost.returncode, "is missing" in lost.stderr) == (1, True), said(lost)
    assert _facts(_taken(up, "--incremental"))["base"] == first["id"]
    _tables_that_nobody_looked_at_are_counted(up)


def _tables_that_nobody_looked_at_are_counted(up: LiveStack) -> None:
    sql(up, "CREATE TABLE a (n int)", "SELECT 1")
    password = (up.home / "secrets" / "postgres-superuser").read_text(encoding="ascii").strip()
    asker = Asker(AsyncioStreams(), HostPort("127.0.0.1", up.ports["postgres"]), password)

    async def seen(most: int) -> Mapping[str, Any]:
        return await source_rows.read(asker, {"vrooli": {}}, "usual", most)

    found = asyncio.run(seen(1))
    assert (found["left_out"], list(found["in"]["vrooli"])) == (1, ["public.a"])
    found = asyncio.run(seen(2))
    assert (found["left_out"], list(found["in"]["vrooli"])) == (0, ["public.a", "public.big"])


def test_the_postgres_of_the_system_has_its_indexes_checked(stack: LiveStack) -> None:
    if not DEBIAN:
        pytest.skip("there is no PostgreSQL of this system")
    stack.autoheal(enabled=False)
    stack.resource("postgres", "postgres", installation=str(DEBIAN[-1]))
    stack.write()
    stack.up()
    made = "CREATE TABLE kept AS SELECT generate_series(1, 200) n; CREATE INDEX one ON kept (n)"
    sql(stack, made, "SELECT 1")
    point = _taken(stack, "--incremental", "--deep")
    assert "every index is in its order, and has an entry" in str(point["proof"]["checks"])
    if version(stack) < 17:
        assert "cannot tell" in _facts(point)["whole_because"]
    index = stack.home / "data" / "postgres" / sql(stack, "SELECT pg_relation_filepath('one')")
    assert stack.run("stop", "postgres").returncode == 0
    data = str(stack.home / "data" / "postgres")
    disable = [str(DEBIAN[-1] / "pg_checksums"), "--disable", data]
    subprocess.run(disable, check=True, capture_output=True)
    _swap_first_entries(index)
    stack.up()
    failed = stack.run("backup", "run")
    assert (failed.returncode, 'index "one"' in failed.stderr) == (1, True), said(failed)
    assert "failed" in stack.run("backup", "list").stdout


def _swap_first_entries(index: Path) -> None:
    """Of the first leaf: two line pointers, after a page header of 24 bytes. No row is read from
    there, and no checksum tells.
    """
    with index.open("r+b") as file:
        file.seek(8192 + 24)
        one, two = file.read(4), file.read(4)
        file.seek(8192 + 24)
        file.write(two + one)
