"""What changed since a point is taken, proven and given back, also while rows are written."""

import json
from typing import Any

import pytest

from tests.support.older_postgres import OLDER, sql
from tests.support.stack import LiveStack, said
from tests.support.transfers import Transfers, add_up


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
    with Transfers(up) as transfers:
        whole = _taken(up)
        assert transfers.done > 0
        between = transfers.done
        first = _taken(up, "--incremental")
        second = _taken(up, "--incremental")
        assert transfers.done > between
    seen = second["proof"]["facts"]["postgres"]
    assert (seen["same_content"] > 0, seen["written_meanwhile"] <= 2) == (True, True), seen
    assert _facts(first)["base"] == whole["id"]
    assert _facts(second)["base"] == first["id"]
    written = add_up(up)
    for point in (second, whole):
        assert up.run("restore", point["id"], "--yes").returncode == 0
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
    whole = _taken(up, "--deep")
    seen = whole["proof"]["facts"]["postgres"]
    assert seen["same_content"] == seen["tables"] + seen["databases"], seen
    idle = _taken(up, "--incremental")
    assert idle["stored_bytes"] < 1_000_000 < whole["stored_bytes"]
    into = up.folder / "into"
    into.mkdir()
    fetched = up.run("backup", "fetch", idle["id"], "--service", "postgres", "--into", str(into))
    assert fetched.returncode == 0, said(fetched)
    assert (into / "PG_VERSION").exists()
    assert not list(into.glob(".chain*"))
    shown = up.run("backup", "show", idle["id"])
    assert f"what changed since {whole['id']}" in shown.stdout
    manifest = up.home / "backups" / "points" / f"{whole['id']}.json"
    manifest.rename(up.folder / "gone")
    lost = up.run("backup", "verify", idle["id"])
    assert (lost.returncode, "is missing" in lost.stderr) == (1, True), said(lost)
    assert _facts(_taken(up, "--incremental"))["base"] == first["id"]


def test_a_version_that_cannot_tell_gives_the_whole(stack: LiveStack) -> None:
    stack.resource("postgres", "postgres", installation=str(OLDER))
    stack.write()
    stack.up()
    assert "cannot tell" in _facts(_taken(stack, "--incremental"))["whole_because"]
