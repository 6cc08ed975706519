"""A long campaign of kills, at any moment of a backup and of a restore: nothing is lost, nothing
half-done is left, and the next one succeeds.
"""

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.leftovers import processes_of
from tests.support.older_postgres import answers, sql
from tests.support.stack import LiveStack, said

SAMPLE, FULL = 6, 200
"""Kills of each of the two."""

ROWS = 1000


@pytest.fixture
def filled(stack: LiveStack) -> LiveStack:
    """A stack with a database that is healed soon, and a verified restore point of it."""
    stack.autoheal(stability=0.5, sweep=1, heal_budget=1000)
    stack.resource("postgres", "postgres", health={"interval": 0.5, "failures": 2, "over": 1})
    stack.write()
    stack.up()
    sql(stack, f"CREATE TABLE kept AS SELECT generate_series(1, {ROWS}) AS n", "SELECT 1")
    assert stack.run("backup", "run").returncode == 0
    return stack


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_backup_that_is_killed_anywhere(filled: LiveStack, full_campaign: bool) -> None:
    dice, lasts = random.Random(20261128), _lasts(filled, "backup", "run")
    victims = ("backup run", "walsender", "postgres.proof", "postgres", "autoheal")
    for number in range(FULL if full_campaign else SAMPLE):
        victim, after = dice.choice(victims), dice.uniform(0.0, lasts)
        ended, told = _killed(filled, ("backup", "run"), victim, after)
        what = f"kill {number}: {victim} after {after:.2f} s: {told}"
        filled.until(lambda: _serves(filled), what)
        assert sql(filled, "SELECT count(*) FROM kept") == ROWS, what
        points = _listed(filled)
        if ended == 0:
            assert points[-1]["state"] == "verified", what
        if number % 5 == 0:
            filled.until_ok()
            again = filled.run("backup", "run")
            assert again.returncode == 0, f"{what}\n{said(again)}"
    filled.until_ok()
    assert filled.run("backup", "run").returncode == 0
    for point in _listed(filled):
        if point["state"] != "verified":
            verified = filled.run("backup", "verify", point["id"])
            assert verified.returncode == 0, said(verified)
    _nothing_is_left(filled)
    assert _packs(filled) == _named(filled)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_restore_that_is_killed_anywhere(filled: LiveStack, full_campaign: bool) -> None:
    dice = random.Random(20261129)
    command = ("restore", "--only", "postgres", "--yes")
    lasts, in_force = _lasts(filled, *command), {"postgres", _in_force(filled)}
    victims = ("vrooli restore", "backup fetch", "postgres.restore", "postgres", "autoheal")
    for number in range(FULL if full_campaign else SAMPLE):
        sql(filled, "CREATE TABLE IF NOT EXISTS since (n int)", "SELECT 1")
        victim, after = dice.choice(victims), dice.uniform(0.0, lasts)
        ended, told = _killed(filled, command, victim, after)
        what = f"kill {number}: {victim} after {after:.2f} s: {told}"
        _settled(filled, what)
        assert sql(filled, "SELECT count(*) FROM kept") == ROWS, what
        if ended == 0:
            assert sql(filled, "SELECT to_regclass('since') IS NULL"), what
        in_force.add(_in_force(filled))
        folders = {path.name for path in _data(filled).iterdir() if path.is_dir()}
        assert folders <= in_force, what
    restored = filled.run(*command)
    assert restored.returncode == 0, said(restored)
    assert sql(filled, "SELECT to_regclass('since') IS NULL")
    _nothing_is_left(filled)


def _lasts(stack: LiveStack, *command: str) -> float:
    """Seconds that the command takes when nobody is killed."""
    begun = time.monotonic()
    ended = stack.run(*command)
    assert ended.returncode == 0, said(ended)
    return time.monotonic() - begun


def _killed(
    stack: LiveStack, command: tuple[str, ...], victim: str, after: float
) -> tuple[int, str]:
    """How the command ended during which `victim` was killed, and what it said."""
    with stack.start(*command) as run:
        time.sleep(after)
        if victim.startswith(("backup run", "vrooli restore")):
            os.killpg(run.pid, signal.SIGKILL)
        elif victim in ("postgres", "autoheal"):
            if pid := int(stack.service(victim).get("pid") or 0):
                _kill(pid)
        else:
            for pid, line in processes_of(stack.home).items():
                if victim in line:
                    _kill(pid)
        told = run.communicate(timeout=300)[0]
        assert "Traceback" not in told, told
        return run.returncode, told


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _settled(stack: LiveStack, what: str) -> None:
    """No restore goes on, and the database serves."""

    def still() -> bool:
        gone = not (_data(stack) / "postgres.restore").exists()
        before = (_data(stack) / "postgres.clusters.json.before").exists()
        return gone and not before and _serves(stack)

    stack.until(still, what)
    stack.until_ok()


def _serves(stack: LiveStack) -> bool:
    """Whether the database does. Killed too often, it is started no more by itself for long: that
    is ended as an operator does.
    """
    if answers(stack):
        return True
    if stack.service("postgres")["state"] == "failed":
        stack.run("resource", "start", "postgres")
    return False


def _nothing_is_left(stack: LiveStack) -> None:
    beside = ("postgres.proof", "postgres.restore", "postgres.new", "postgres.clusters.json.before")
    assert not [name for name in beside if (_data(stack) / name).exists()]
    slots = "SELECT count(*) FROM pg_replication_slots WHERE slot_name ~ 'backup'"
    stack.until(lambda: sql(stack, slots) == 0, "no slot is left", 10)
    at_work = ("sending backup", "backup fetch", "postgres.proof", "postgres.restore")
    lines = processes_of(stack.home).values()
    assert not [line for line in lines if any(name in line for name in at_work)]


def _data(stack: LiveStack) -> Path:
    return stack.home / "data"


def _in_force(stack: LiveStack) -> str:
    note = _data(stack) / "postgres.clusters.json"
    return str(json.loads(note.read_text(encoding="utf-8"))["current"]) if note.exists() else ""


def _listed(stack: LiveStack) -> list[dict[str, Any]]:
    ended: subprocess.CompletedProcess[str] = stack.run("backup", "list", "--json")
    assert ended.returncode == 0, said(ended)
    return list(json.loads(ended.stdout)["points"])


def _packs(stack: LiveStack) -> set[str]:
    return {path.name for path in (stack.home / "backups" / "packs").rglob("*") if path.is_file()}


def _named(stack: LiveStack) -> set[str]:
    texts = (path.read_text(encoding="utf-8") for path in stack.home.glob("backups/points/*.json"))
    parts = [part for text in texts for part in json.loads(text)["parts"]]
    return {pack["name"] for part in parts for pack in part["packs"]}
