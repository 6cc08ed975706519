"""A restore point is taken, proven and given back; what is damaged is never taken for whole."""

import json
import random
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.support.older_postgres import fill, holds_all, sql
from tests.support.stack import LiveStack, said


@pytest.fixture
def filled(stack: LiveStack) -> LiveStack:
    """A stack with a database that holds something."""
    stack.resource("postgres", "postgres")
    stack.write()
    stack.up()
    fill(stack)
    return stack


def _taken(stack: LiveStack) -> dict[str, Any]:
    ended = stack.run("backup", "run", "--json")
    assert ended.returncode == 0, said(ended)
    return dict(json.loads(ended.stdout))


def test_rows_are_back_after_the_data_folder_is_gone(filled: LiveStack) -> None:
    point = _taken(filled)
    assert point["proof"]["outcome"] == "verified", point
    assert point["proof"]["facts"]["postgres"]["rows"] > 0
    shutil.rmtree(filled.home / "data" / "postgres")
    asked = filled.run("restore")
    assert (asked.returncode, "--yes" in asked.stderr) == (2, True), said(asked)
    restored = filled.run("restore", "--yes")
    assert restored.returncode == 0, said(restored)
    filled.until_ok()
    holds_all(filled)
    assert filled.run("restart", "postgres").returncode == 0
    holds_all(filled)
    _goes_back_and_forth(filled)


def _goes_back_and_forth(stack: LiveStack) -> None:
    """What was written since is not in an older point, and is kept until it is forgotten."""
    point = _taken(stack)["id"]
    sql(stack, "CREATE TABLE since (what int)", "SELECT 1")
    planned = stack.run("restore", point, "--dry-run")
    assert (planned.returncode, point in planned.stderr) == (0, True), said(planned)
    assert sql(stack, "SELECT to_regclass('since') IS NOT NULL") is True
    assert stack.run("restore", point, "--yes").returncode == 0
    assert sql(stack, "SELECT to_regclass('since') IS NOT NULL") is False
    assert stack.run("resource", "upgrade", "postgres", "--undo", "--yes").returncode == 0
    assert sql(stack, "SELECT to_regclass('since') IS NOT NULL") is True


def test_every_damage_is_found_and_ends_with_1(filled: LiveStack) -> None:
    point = _taken(filled)["id"]
    store = filled.home / "backups"
    packs = sorted(path for path in (store / "packs").rglob("*") if path.is_file())
    for damage in (_flip, _cut, Path.unlink):
        victim = random.Random(str(damage)).choice(packs)
        good = victim.read_bytes()
        victim.chmod(0o600)
        damage(victim)
        ended = filled.run("backup", "verify", point, "--json")
        assert (ended.returncode, json.loads(ended.stdout)["outcome"]) == (1, "failed"), said(ended)
        refused = filled.run("restore", point, "--yes")
        assert refused.returncode == 1, said(refused)
        assert sql(filled, "SELECT count(*) FROM kept") == 5000
        victim.write_bytes(good)
    assert filled.run("backup", "verify", point).returncode == 0
    manifest = store / "points" / f"{point}.json"
    _flip(manifest)
    listed = filled.run("backup", "list", "--json")
    assert (listed.returncode, json.loads(listed.stdout)[0]["state"]) == (1, "damaged")


def test_without_a_server_nothing_is_taken(filled: LiveStack) -> None:
    filled.run("stop", "postgres")
    ended = filled.run("backup", "run")
    assert ended.returncode == 1, said(ended)
    assert json.loads(filled.run("backup", "list", "--json").stdout) == []
    filled.down()
    ended = filled.run("backup", "run")
    assert (ended.returncode, "vrooli up" in ended.stderr) == (1, True), said(ended)


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])
