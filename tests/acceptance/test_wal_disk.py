"""A table as it was then, on a disk that is too small for the WAL, or fills up meanwhile."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.disks import ext4
from tests.support.older_postgres import sql
from tests.support.root import mounts
from tests.support.stack import LiveStack, said, section

MIB = 2**20
SEGMENTS = 20


@pytest.fixture
def small(new_stack: Callable[..., LiveStack], tmp_path: Path) -> Iterator[LiveStack]:
    """A stack whose WAL is received, on a small file system of its own; there is much of it since
    its restore point.
    """
    disk = tmp_path / "small"
    disk.mkdir()
    tmp_path.chmod(0o755)
    with ext4(disk, 1800 * MIB):
        disk.chmod(0o755)
        stack = new_stack(home=disk / "h")
        stack.resource("postgres", "postgres")
        never = dict.fromkeys(("schedule", "incremental", "redis", "drill", "prune"), "never")
        stack._sections["backup"] = section("backup", {**never, "system": False})
        stack.write()
        try:
            yield _with_wal(stack)
        finally:
            (disk / "ballast").unlink(missing_ok=True)
            stack.run("down")


def _with_wal(stack: LiveStack) -> LiveStack:
    stack.up()
    sql(stack, "CREATE TABLE seen AS SELECT 1 AS n", "SELECT 1")
    ended = stack.run("backup", "run", "--no-verify")
    assert ended.returncode == 0, said(ended)
    for _ in range(SEGMENTS):
        sql(stack, "SELECT pg_logical_emit_message(false, 'fill', 'x')::text", user="postgres")
        sql(stack, "SELECT pg_switch_wal()::text", user="postgres")
    last = str(sql(stack, "SELECT pg_walfile_name(pg_current_wal_lsn())"))
    stack.until(lambda: [*(stack.home / "wal").rglob(f"{last}*")], "it is received")
    return stack


def _leave(stack: LiveStack, left: int) -> None:
    """Have so many bytes left on its disk."""
    with (stack.home.parent / "ballast").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(stack.home).free - left)


@mounts
def test_one_that_has_no_room_for_the_wal_is_refused(small: LiveStack) -> None:
    """It is linked where it lies, and a server copies each file of it."""
    assert small.run("backup", "ship").returncode == 0
    for stream in (small.home / "wal").rglob("stream.json"):
        for path in stream.parent.glob("0*[0-9A-F]"):
            path.unlink()  # a store alone has it: it is fetched, and then copied
    _leave(small, (256 + 100 + SEGMENTS * 16 * 3 // 2) * MIB)
    ended = small.run("restore", "--only", "seen", "--to", "latest")
    assert (ended.returncode, "are needed" in ended.stderr) == (1, True), said(ended)
    assert "follow its WAL" not in ended.stderr, "it was refused too late"
    assert not (small.home / "data" / "postgres.rescue").exists()


@mounts
def test_one_that_fills_the_disk_is_ended_before_it_is_full(small: LiveStack) -> None:
    rescue = small.start("restore", "--only", "seen", "--to", "latest")
    copy = small.home / "data" / "postgres.rescue"
    small.until((copy / "wal").exists, "it gathers")
    _leave(small, 40 * MIB)
    told, _ = rescue.communicate(timeout=120)
    assert (rescue.returncode, "it fills up" in told) == (1, True), told
    assert not copy.exists()
    assert sql(small, "SELECT n FROM seen") == 1
