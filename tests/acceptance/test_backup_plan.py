"""Restore points that are taken by themselves, judged, and pruned."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.support.stack import LiveStack, said
from vrooli.backup.keys import MAC
from vrooli.backup.store import Store
from vrooli.core.home import Home
from vrooli.host.blob_folder import BlobFolder
from vrooli.stack.backup_ledger import ledger_read

NEVER = "0 0 29 2 *"
"""No due time of the test's day."""


@pytest.fixture
def planned(stack: LiveStack) -> LiveStack:
    """A stack with a database that is backed up, at no time of its own."""
    stack.resource("postgres", "postgres")
    for name in ("freshness", "store", "drill"):
        stack.check(f"backup-{name}", interval=1)
    _plan(stack)
    stack.up()
    return stack


def _plan(stack: LiveStack, **keys: Any) -> None:
    times = dict.fromkeys(("schedule", "incremental", "prune", "drill"), NEVER)
    stack.plan_backups(**{**times, "wal": False, "keep_weeks": 0, "keep_months": 0, **keys})
    stack.write()


def _check(stack: LiveStack, id: str) -> dict[str, Any]:
    rows = json.loads(stack.autoheal_command("checks", "--json").stdout)
    return dict(next(row for row in rows if row["id"] == id)["result"] or {})


def _says(stack: LiveStack, id: str, status: str, text: str) -> None:
    def there() -> bool:
        found = _check(stack, id)
        return found.get("status") == status and text in found["message"]

    stack.until(there, f"{id} is {status}: {text}")


def _ids(stack: LiveStack) -> list[str]:
    said = json.loads(stack.run("backup", "list", "--json").stdout)
    return [row["id"] for row in said["points"]]


def _grow_old(stack: LiveStack, days: int) -> None:
    """Have every point be taken so much earlier, signed by the stack's own key."""
    mac = (stack.home / "secrets" / MAC).read_text(encoding="utf-8").strip()
    store = Store(BlobFolder(stack.home / "backups"), mac.encode())
    for id in store.ids():
        point = store.point(id)
        store.forget(id)
        store.keep(replace(point, taken=point.taken - days * 86_400))


def test_a_job_takes_one_checks_judge_it_and_what_is_old_is_pruned(planned: LiveStack) -> None:
    _says(planned, "backup-freshness", "warning", "there is no restore point yet")
    assert planned.run("backup", "run", "--no-verify").returncode == 0
    _says(planned, "backup-freshness", "ok", "postgres: not proven yet")
    ran = planned.run("job", "run", "backup")
    assert (ran.returncode, "verified" in ran.stdout) == (0, True), said(ran)
    _says(planned, "backup-freshness", "ok", " old")
    objectives = json.loads(planned.run("backup", "objectives", "--json").stdout)
    assert [(row["service"], row["rpo_met"]) for row in objectives] == [("postgres", True)]
    _the_key_is_handed_out_once(planned)
    _prunes_all_but_the_verified_one(planned)


def _the_key_is_handed_out_once(stack: LiveStack) -> None:
    _says(stack, "backup-store", "warning", "backup key export")
    file = stack.folder / "key"
    assert stack.run("backup", "key", "export", "--out", str(file)).returncode == 0
    assert file.stat().st_mode & 0o777 == 0o600
    again = stack.run("backup", "key", "export", "--out", str(file))
    assert (again.returncode, "never written over" in again.stderr) == (2, True), said(again)
    shown = stack.run("backup", "key", "show").stdout.strip()
    assert f"# public key: {shown}\n" in file.read_text(encoding="utf-8")

    def gone() -> bool:
        return "backup key export" not in _check(stack, "backup-store")["message"]

    stack.until(gone, "it is known that the key was handed out")
    assert "on the disk of the data itself" in _check(stack, "backup-store")["message"]


def _prunes_all_but_the_verified_one(stack: LiveStack) -> None:
    ids = _ids(stack)
    _plan(stack, keep_days=3)
    assert "backup.keep_days" in stack.run("up").stderr
    asked = stack.run("backup", "prune")
    assert (asked.returncode, _ids(stack)) == (0, ids), "all are younger than three days"
    _grow_old(stack, days=4)
    refused = stack.run("backup", "prune")
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True), said(refused)
    shown = json.loads(stack.run("backup", "retention", "--json").stdout)
    assert {row["id"]: row["stays"] for row in shown["points"]} == {ids[0]: False, ids[1]: True}
    ran = stack.run("job", "run", "backup-prune")
    assert (ran.returncode, "1 removed, 1 kept" in ran.stderr + ran.stdout) == (0, True), said(ran)
    ledger = ledger_read(Home(stack.home, stack.home).backup_ledger.read_bytes())
    assert _ids(stack) == [point.id for point in ledger.points] == ids[1:]
    scheduled = json.loads(stack.run("backup", "schedule", "--json").stdout)
    assert {job["name"]: job["last"] and job["last"]["outcome"] for job in scheduled} == {
        "backup": "ok",
        "backup-incremental": None,
        "backup-prune": "ok",
        "backup-drill": None,
        "backup-reread": None,
    }
