"""Databases, files and what the stack is made of are one point, and each comes back by itself."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support import redis_data
from tests.support.stack import LiveStack, said


@pytest.fixture
def filled(stack: LiveStack) -> LiveStack:
    """A stack with a Redis, and files beside it."""
    stack.resource("redis", "redis")
    folder = stack.folder / "site"
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / "one.bin").write_bytes(os.urandom(400_000))
    (folder / "index.html").write_text("hello", encoding="ascii")
    (folder / "current").symlink_to("pictures")
    (stack.folder / "beside").write_text("one more", encoding="ascii")
    stack.files("site", paths=[str(folder), str(stack.folder / "beside")], exclude=["*.tmp"])
    stack.write()
    stack.up()
    redis_data.fill(stack, 100)
    return stack


def _taken(stack: LiveStack, *options: str) -> dict[str, Any]:
    ended = stack.run("backup", "run", "--json", *options)
    assert ended.returncode == 0, said(ended)
    return dict(json.loads(ended.stdout))


def test_one_point_has_all_of_it_in_order(filled: LiveStack) -> None:
    point = _taken(filled)
    assert [part["service"] for part in point["parts"]] == ["redis", "site", "system"]
    assert point["proof"]["outcome"] == "verified", point
    moments = [part["facts"]["begun"] for part in point["parts"]]
    assert moments == sorted(moments)
    size = _stored(filled)
    _taken(filled)
    assert _stored(filled) - size < 60_000
    _gives_files_back(filled, filled.folder / "site")
    into = filled.folder / "looked-at"
    ended = filled.run("restore", "--only", "system", "--into", str(into))
    assert ended.returncode == 0, said(ended)
    about = json.loads((into / "system" / "system.json").read_text(encoding="utf-8"))
    assert about["home"] == str(filled.home)
    tree = into / "system" / "files"
    assert Path(f"{tree}{filled.file}").read_bytes() == filled.file.read_bytes()
    secrets = Path(f"{tree}{filled.home}/secrets")
    assert (secrets / "redis-password").exists()
    assert not (secrets / "backup-identity").exists()
    _tells_what_is_left_out(filled, filled.folder / "beside")


def _gives_files_back(stack: LiveStack, folder: Path) -> None:
    (folder / "index.html").write_text("defaced", encoding="ascii")
    (folder / "new").write_text("new", encoding="ascii")
    (folder / "current").unlink()
    planned = stack.run("restore", "--only", "files", "--dry-run")
    lines = [line.strip() for line in planned.stdout.splitlines()]
    assert [line[0] for line in lines] == ["-", "~", "+"], said(planned)
    assert (folder / "new").exists()
    refused = stack.run("restore", "--only", "files")
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True), said(refused)
    ended = stack.run("restore", "--only", "site", "--yes")
    assert ended.returncode == 0, said(ended)
    assert (folder / "index.html").read_text(encoding="ascii") == "hello"
    assert (os.readlink(folder / "current"), (folder / "new").exists()) == ("pictures", False)
    (kept,) = stack.folder.glob("site.*.before")
    assert (kept / "index.html").read_text(encoding="ascii") == "defaced"
    _takes_that_back(stack, folder)


def _takes_that_back(stack: LiveStack, folder: Path) -> None:
    planned = stack.run("restore", "--undo", "--dry-run")
    assert (planned.returncode, "would be what is" in planned.stderr) == (0, True), said(planned)
    refused = stack.run("restore", "--undo", "--only", "site")
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True), said(refused)
    mixed = stack.run("restore", "latest", "--undo", "--yes")
    assert (mixed.returncode, "leave all but" in mixed.stderr) == (2, True), said(mixed)
    for text, links in (("defaced", False), ("hello", True)):
        ended = stack.run("restore", "--undo", "--only", "site", "--yes")
        assert ended.returncode == 0, said(ended)
        assert (folder / "index.html").read_text(encoding="ascii") == text
        assert (folder / "current").is_symlink() is links
    assert len([*stack.folder.glob("site.*.before")]) == 1
    unknown = stack.run("restore", "--undo", "--only", "sit", "--yes")
    assert (unknown.returncode, "`site`" in unknown.stderr) == (2, True), said(unknown)


def test_a_part_is_taken_and_restored_by_itself(filled: LiveStack) -> None:
    whole = _taken(filled, "--no-verify")["id"]
    redis_data.change(filled, 10)
    with redis_data.client(filled) as redis:
        redis.set("since", "1")
    part = _taken(filled, "--only", "redis")
    assert [one["service"] for one in part["parts"]] == ["redis"]
    (filled.folder / "site" / "index.html").write_text("later", encoding="ascii")
    ended = filled.run("restore", "--only", "redis,site", "--yes")
    assert ended.returncode == 0, said(ended)
    assert (whole in ended.stderr, part["id"] in ended.stderr) == (True, True), said(ended)
    assert redis_data.number(filled, "since") == 1
    assert (filled.folder / "site" / "index.html").read_text(encoding="ascii") == "hello"
    unknown = filled.run("backup", "run", "--only", "nothing")
    assert (unknown.returncode, "choose of" in unknown.stderr) == (2, True), said(unknown)
    filled.run("stop", "redis")
    assert filled.run("backup", "run").returncode == 1
    assert len(json.loads(filled.run("backup", "list", "--json").stdout)["points"]) == 2


def _tells_what_is_left_out(stack: LiveStack, file: Path) -> None:
    file.unlink()
    ended = stack.run("backup", "run", "--only", "site", "--json")
    point = json.loads(ended.stdout)
    assert (ended.returncode, point["left_out"]) == (1, 1), said(ended)
    assert point["proof"]["outcome"] == "verified"
    assert f"left out, though asked for: {file}: nothing is there" in str(point["proof"]["checks"])
    assert "verified, 1 left out" in stack.run("backup", "list").stdout
    record = json.loads((stack.home / "backup-ledger.json").read_text(encoding="utf-8"))
    assert record["points"][-1]["left_out"] == {"site": 1}
    ended = stack.run("backup", "run", "--only", "site", "--missing-ok", "--no-verify")
    assert (ended.returncode, "is left out" in ended.stderr) == (0, True), said(ended)


def _stored(stack: LiveStack) -> int:
    found = (stack.home / "backups").rglob("*")
    return sum(path.stat().st_size for path in found if path.is_file())
