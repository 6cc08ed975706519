"""A restore point is taken, proven and given back; what is damaged is never taken for whole."""

import json
import shutil
from typing import Any

import pytest

from tests.support.older_postgres import fill, holds_all, sql
from tests.support.stack import LiveStack, said

NAMED = ("--only", "postgres", "--yes")
"""What serves is replaced only when it is named."""


@pytest.fixture
def filled(stack: LiveStack) -> LiveStack:
    """A stack with a database that holds something."""
    stack.resource("postgres", "postgres")
    stack.write()
    stack.up()
    fill(stack)
    return stack


def _taken(stack: LiveStack) -> dict[str, Any]:
    ended = stack.run("backup", "run", "--json", "--only", "postgres")
    assert ended.returncode == 0, said(ended)
    return dict(json.loads(ended.stdout))


def test_rows_are_back_after_the_data_folder_is_gone(filled: LiveStack) -> None:
    point = _taken(filled)
    assert point["proof"]["outcome"] == "verified", point
    assert point["proof"]["facts"]["postgres"]["rows"] > 0
    shutil.rmtree(filled.home / "data" / "postgres")
    asked = filled.run("restore")
    assert (asked.returncode, "--yes" in asked.stderr) == (2, True), said(asked)
    restored = filled.run("restore", "--yes", "--json")
    assert restored.returncode == 0, said(restored)
    reached = json.loads(restored.stdout)
    assert 0 < reached["rto_seconds"] < 120, reached
    assert 0 <= reached["rpo_seconds"] < reached["written_until"] - point["begun"] + 1, reached
    filled.until_ok()
    holds_all(filled)
    assert filled.run("restart", "postgres").returncode == 0
    holds_all(filled)
    _goes_back_and_forth(filled)


def test_a_point_can_be_restored_again_and_nothing_that_was_in_force_is_lost(
    filled: LiveStack,
) -> None:
    point = _taken(filled)["id"]
    for name in ("one", "two"):
        sql(filled, f"CREATE TABLE {name} (what int)", "SELECT 1")
        assert filled.run("restore", point, *NAMED).returncode == 0
        assert sql(filled, f"SELECT to_regclass('{name}') IS NOT NULL") is False
    assert sql(filled, "SELECT timeline_id FROM pg_control_checkpoint()") > 1
    folders = [path for path in (filled.home / "data").glob("postgres*") if path.is_dir()]
    assert len(folders) == 3, folders
    shutil.rmtree(filled.home / "data" / _in_force(filled))
    assert filled.run("restore", point, *NAMED).returncode == 0
    _what_was_kept_is_told_and_goes(filled)
    assert sql(filled, "SELECT count(*) FROM kept") == 5000


def _what_was_kept_is_told_and_goes(stack: LiveStack) -> None:
    told = stack.run("backup", "list").stderr
    assert told.count("kept of postgres: ") == 2, told
    kept = json.loads(stack.run("backup", "list", "--json").stdout)["kept"]
    assert len(kept) == 2, kept
    for one in kept:
        assert (one["service"], one["path"] in told) == ("postgres", True)
        assert one["bytes"] > 1_000_000
    assert (
        stack.run("resource", "upgrade", "postgres", "--forget", "--all", "--yes").returncode == 0
    )
    left = [path.name for path in (stack.home / "data").glob("postgres*") if path.is_dir()]
    assert left == [_in_force(stack)]


def test_an_empty_database_in_the_place_of_a_lost_one_is_no_newer_point(
    filled: LiveStack,
) -> None:
    point = _taken(filled)["id"]
    filled.run("stop", "postgres")
    shutil.rmtree(filled.home / "data" / "postgres")
    filled.up()
    refused = filled.run("backup", "run")
    assert (refused.returncode, "was made anew" in refused.stderr) == (1, True), said(refused)
    assert filled.run("restore", *NAMED).returncode == 0
    assert sql(filled, "SELECT count(*) FROM kept") == 5000
    (filled.home / "secrets" / "backup-identity").rename(filled.folder / "kept-elsewhere")
    lost = filled.run("backup", "list")
    assert (lost.returncode, "their key is missing" in lost.stderr) == (2, True), said(lost)
    (filled.folder / "kept-elsewhere").rename(filled.home / "secrets" / "backup-identity")
    assert point in filled.run("backup", "list").stdout
    (filled.home / "backups").rename(filled.folder / "unplugged")
    lost = filled.run("backup", "list", "--json")
    assert (lost.returncode, point in lost.stderr) == (1, True), said(lost)
    assert json.loads(lost.stdout)["points"] == []


def _in_force(stack: LiveStack) -> str:
    note = stack.home / "data" / "postgres.clusters.json"
    return str(json.loads(note.read_text(encoding="utf-8"))["current"])


def _goes_back_and_forth(stack: LiveStack) -> None:
    """What was written since is not in an older point, and is kept until it is forgotten."""
    point = _taken(stack)["id"]
    sql(stack, "CREATE TABLE since (what int)", "SELECT 1")
    planned = stack.run("restore", point, "--dry-run")
    assert (planned.returncode, point in planned.stderr) == (0, True), said(planned)
    assert sql(stack, "SELECT to_regclass('since') IS NOT NULL") is True
    unnamed = stack.run("restore", point, "--yes")
    assert (unnamed.returncode, "--only postgres --yes" in unnamed.stderr) == (2, True)
    restored = stack.run("restore", point, *NAMED)
    assert (restored.returncode, "RPO at most" in restored.stderr) == (0, True), said(restored)
    assert sql(stack, "SELECT to_regclass('since') IS NOT NULL") is False
    assert stack.run("resource", "upgrade", "postgres", "--undo", "--yes").returncode == 0
    assert sql(stack, "SELECT to_regclass('since') IS NOT NULL") is True


def test_without_a_server_nothing_is_taken(filled: LiveStack) -> None:
    filled.run("stop", "postgres")
    ended = filled.run("backup", "run")
    assert ended.returncode == 1, said(ended)
    assert json.loads(filled.run("backup", "list", "--json").stdout)["points"] == []
    filled.down()
    ended = filled.run("backup", "run")
    assert (ended.returncode, "vrooli up" in ended.stderr) == (1, True), said(ended)
