"""A Redis is backed up while it serves, proven, and given back after it was lost."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support import redis_data
from tests.support.stack import LiveStack, said

DEBUG = {"enable-debug-command": "local"}


@pytest.fixture
def filled(stack: LiveStack) -> LiveStack:
    """A stack with a Redis that holds something."""
    stack.resource("redis", "redis", settings=DEBUG)
    stack.write()
    stack.up()
    redis_data.fill(stack)
    return stack


def _taken(stack: LiveStack, *options: str) -> dict[str, Any]:
    ended = stack.run("backup", "run", "--json", *options)
    assert ended.returncode == 0, said(ended)
    return dict(json.loads(ended.stdout))


def test_keys_are_back_after_the_data_folder_is_gone(filled: LiveStack) -> None:
    before = redis_data.digest(filled)
    point = _taken(filled)
    assert point["proof"]["outcome"] == "verified", point
    assert point["proof"]["facts"]["redis"]["digest"] in before
    filled.kill("redis")
    shutil.rmtree(filled.home / "data" / "redis")
    filled.until_ok()
    restored = filled.run("restore", "--only", "redis", "--yes")
    assert restored.returncode == 0, said(restored)
    filled.until_ok()
    assert redis_data.digest(filled) == before


def test_what_did_not_change_costs_nothing(filled: LiveStack) -> None:
    _taken(filled)
    whole = _stored(filled)
    _taken(filled)
    again = _stored(filled)
    assert again - whole < 20_000, (whole, again)
    redis_data.change(filled)
    before = redis_data.digest(filled)
    point = _taken(filled)
    assert _stored(filled) - again < 500_000, (whole, again, _stored(filled))
    assert point["proof"]["facts"]["redis"]["digest"] in before


def _stored(stack: LiveStack) -> int:
    found: Callable[[str], Any] = (stack.home / "backups").rglob
    return sum(path.stat().st_size for path in found("*") if Path(path).is_file())


def test_a_copy_under_writes_is_of_one_moment(filled: LiveStack) -> None:
    """Two counters are raised in one transaction; in every copy they are the same."""
    with redis_data.raising(filled, "one", "two"):
        proof = _taken(filled)["proof"]
    assert (proof["outcome"], "that were written meanwhile" in str(proof)) == ("verified", True)
    last = redis_data.number(filled, "one")
    assert filled.run("restore", "--only", "redis", "--yes").returncode == 0
    one, two = (redis_data.number(filled, name) for name in ("one", "two"))
    assert 0 < one == two <= last


def test_without_an_append_only_file_a_save_is_taken(stack: LiveStack) -> None:
    settings = {"appendonly": "no", "save": ""}
    stack.resource("redis", "redis", settings=settings | DEBUG)
    stack.write()
    stack.up()
    redis_data.fill(stack, 100)
    before = redis_data.digest(stack)
    assert _taken(stack)["proof"]["facts"]["redis"]["digest"] in before
    redis_data.change(stack, 100)
    changed = redis_data.digest(stack)
    stack.resource("redis", "redis", settings=DEBUG)  # from now on it reads the other file alone
    stack.write()
    stack.up()
    assert stack.run("restore", "--only", "redis", "--yes").returncode == 0
    assert redis_data.digest(stack) == before != changed


def test_an_empty_redis_in_the_place_of_a_lost_one_is_no_newer_point(filled: LiveStack) -> None:
    _taken(filled)
    filled.run("stop", "redis")
    shutil.rmtree(filled.home / "data" / "redis")
    filled.up()
    refused = filled.run("backup", "run")
    assert (refused.returncode, "was made anew" in refused.stderr) == (1, True), said(refused)
    redis_data.fill(filled, 1)
    mine = redis_data.digest(filled)
    assert filled.run("restore", "--only", "redis", "--yes").returncode == 0
    assert redis_data.digest(filled) != mine
    assert filled.run("resource", "upgrade", "redis", "--undo", "--yes").returncode == 0
    assert redis_data.digest(filled) == mine
