"""A restore point in several stores: what one lacks comes later, what is damaged comes from
another, and nobody is told of a copy that is none.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.disks import resized, tmpfs
from tests.support.hung_disk import dead_disk
from tests.support.older_postgres import fill, holds_all, sql
from tests.support.root import mounts
from tests.support.s3 import ACCESS, S3, SECRET, Wire, running_s3, wire_to
from tests.support.stack import LiveStack, said

MIB, GIB = 2**20, 2**30


@pytest.fixture(scope="module")
def server() -> Iterator[S3]:
    with running_s3() as server:
        server.bucket("offsite")
        yield server


@pytest.fixture
def wire(server: S3) -> Iterator[Wire]:
    with wire_to(server) as wire:
        yield wire


@pytest.fixture
def filled(stack: LiveStack, wire: Wire) -> LiveStack:
    """A stack with a database that holds something, a folder and a bucket."""
    stack.resource("postgres", "postgres")
    path = stack.folder / "secret"
    path.write_text(SECRET, encoding="ascii")
    path.chmod(0o600)
    offsite = {
        "url": f"s3://offsite/{stack.folder.name}",
        "endpoint": wire.endpoint,
        "access_key": "env:BACKUP_ACCESS",
        "secret_key": f"file:{stack.folder / 'secret'}",
    }
    stack.environment["BACKUP_ACCESS"] = ACCESS
    stack.backup({"offsite": offsite, "near": {"url": f"file://{stack.folder / 'near'}"}})
    stack.write()
    stack.up()
    fill(stack)
    return stack


def taken(stack: LiveStack, code: int = 0) -> dict[str, Any]:
    ended = stack.run("backup", "run", "--json")
    assert ended.returncode == code, said(ended)
    assert SECRET not in said(ended)
    return dict(json.loads(ended.stdout))


def stores_in_the_record(stack: LiveStack, point: str) -> set[str]:
    record = json.loads((stack.home / "backup-ledger.json").read_text(encoding="utf-8"))
    return set(next(one["stores"] for one in record["points"] if one["id"] == point))


@pytest.fixture
def small_near(filled: LiveStack) -> Iterator[Path]:
    """The folder, on a disk of its own."""
    near = filled.folder / "near"
    near.mkdir()
    with tmpfs(near, 2 * GIB):
        yield near


@mounts
def test_a_store_that_is_away_fails_no_backup_and_is_not_passed_over(
    filled: LiveStack, wire: Wire, server: S3, small_near: Path
) -> None:
    wire.cut_after(60_000)  # in the middle of the first pack
    first = taken(filled, code=1)
    assert (first["proof"]["outcome"], first["stores"]) == ("verified", ["near"])
    assert "offsite" in first["missing"]
    assert stores_in_the_record(filled, first["id"]) == {"near"}
    assert not [name for name in server.names("offsite") if "/points/" in name]
    wire.mend()
    second = taken(filled)
    assert second["missing"] == {}
    for point in (first["id"], second["id"]):
        assert stores_in_the_record(filled, point) == {"near", "offsite"}
        assert filled.run("backup", "verify", point, "--store", "offsite").returncode == 0
    listed = filled.run("backup", "list", "--store", "offsite", "--json")
    states = [one["state"] for one in json.loads(listed.stdout)["points"]]
    assert states == ["verified", "verified"]
    nothing = json.loads(filled.run("backup", "copy", "--json").stdout)
    assert nothing["sent"] == {"near": 0, "offsite": 0}
    _a_full_one_is_passed_over(filled, small_near)
    _a_mistake_in_the_stack_file_is_not_passed_over(filled)


def _a_full_one_is_passed_over(stack: LiveStack, near: Path) -> None:
    resized(near, 40 * MIB)
    ended = stack.run("backup", "run")
    assert (ended.returncode, "offsite is written to" in ended.stderr) == (1, True), said(ended)
    assert ("near does not have all" in ended.stderr, "make room there" in ended.stderr) == (
        True,
        True,
    ), said(ended)
    resized(near, 2 * GIB)
    copied = json.loads(stack.run("backup", "copy", "--json").stdout)
    assert (len(copied["stores"]["near"]), copied["missing"]) == (3, {})


def _a_mistake_in_the_stack_file_is_not_passed_over(stack: LiveStack) -> None:
    """Such a store would be missed by whoever looks whether all of them are well."""
    written = stack.file.read_text(encoding="utf-8")
    stack.file.write_text(
        written + '\n[backup.stores.here]\nurl = "file:///srv"\n', encoding="utf-8"
    )
    for command in (("copy",), ("store", "check")):
        ended = stack.run("backup", *command)
        assert (ended.returncode, "backup.stores.here" in ended.stderr) == (2, True), said(ended)
    stack.file.write_text(written, encoding="utf-8")


def test_what_is_damaged_or_gone_comes_from_another_store(filled: LiveStack, wire: Wire) -> None:
    point = taken(filled)["id"]
    near = filled.folder / "near"
    parts = json.loads((near / "points" / f"{point}.json").read_text(encoding="ascii"))["parts"]
    (name,) = (one["packs"][0]["name"] for one in parts if one["service"] == "postgres")
    pack = near / "packs" / name[:2] / name
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.write_bytes(bytes(data))
    here = filled.run("backup", "verify", point, "--store", "near")
    assert (here.returncode, "not what was stored" in here.stderr) == (1, True), said(here)
    again = filled.run("backup", "reread", "--all", "--json")
    read = json.loads(again.stdout)
    assert (again.returncode, read["near"]["failed"], read["offsite"]["failed"]) == (1, [point], [])
    assert list(read["near"]["damaged"]) == [f"packs/{pack.parent.name}/{pack.name}"]
    assert (
        filled.run(
            "restore", point, "--only", "postgres", "--yes", "--from", "near", "--failed"
        ).returncode
        == 1
    )
    sql(filled, "DELETE FROM kept")
    restored = filled.run("restore", point, "--only", "postgres", "--yes", "--failed")
    assert restored.returncode == 0, said(restored)
    assert "damaged" in restored.stderr, said(restored)
    holds_all(filled)
    shutil.rmtree(near)
    sql(filled, "DELETE FROM kept")
    gone = filled.run("restore", "--only", "postgres", "--point-only", "--yes", "--from", "offsite")
    assert gone.returncode == 0, said(gone)
    holds_all(filled)
    refused = filled.run("backup", "run", "--no-verify", "--json")
    told = json.loads(refused.stdout)
    assert (refused.returncode, told["stores"]) == (1, ["offsite"]), said(refused)
    assert "may not be mounted" in told["missing"]["near"]
    assert not near.exists()


def test_the_store_of_another_stack_is_left_alone(filled: LiveStack) -> None:
    near = filled.folder / "near"
    (near / "keys").mkdir(parents=True)
    (near / "keys" / "mac.age").write_bytes(b"age-encryption.org/v1\n")
    told = taken(filled, code=1)
    assert told["stores"] == ["offsite"]
    assert "another key" in told["missing"]["near"]
    assert sorted(path.name for path in near.rglob("*") if path.is_file()) == ["mac.age"]


@mounts
def test_a_store_whose_mount_is_dead_is_told_and_keeps_nobody_from_the_other(
    filled: LiveStack,
) -> None:
    point = taken(filled)["id"]
    with dead_disk(filled.folder / "near"):
        for words in (("list",), ("show",), ("verify", point)):
            ended = filled.run("backup", *words)
            assert (ended.returncode, point in ended.stdout or words[0] == "verify") == (0, True), (
                said(ended)
            )
            _told_in_a_line(ended.stderr)
        planned = filled.run("restore", "--dry-run")
        assert planned.returncode == 0, said(planned)
        _told_in_a_line(planned.stderr)
        told = taken(filled, code=1)
        assert told["stores"] == ["offsite"]
        assert "its mount is dead" in told["missing"]["near"]
        for words in (("copy",), ("prune", "--yes"), ("reread",)):
            ended = filled.run("backup", *words)
            assert (ended.returncode, "its mount is dead" in ended.stderr) == (1, True), said(ended)
        checked = filled.run("backup", "store", "check", "--json")
        looks = json.loads(checked.stdout)
        assert (checked.returncode, [one["ok"] for one in looks["near"]]) == (1, [False])
        assert "its mount is dead" in looks["near"][0]["said"]
        assert all(one["ok"] is not False for one in looks["offsite"])
        sql(filled, "DELETE FROM kept")
        restored = filled.run("restore", "--only", "postgres", "--point-only", "--yes")
        assert restored.returncode == 0, said(restored)
    holds_all(filled)
    copied = json.loads(filled.run("backup", "copy", "--json").stdout)
    assert (len(copied["stores"]["near"]), copied["missing"]) == (2, {})


def _told_in_a_line(text: str) -> None:
    """Of the store, what is wrong with it, and what to do."""
    (line,) = [line for line in text.splitlines() if "its mount is dead" in line]
    assert ("near" in line, "mount it again" in line) == (True, True), text
