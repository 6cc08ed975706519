"""An upgrade of PostgreSQL on a disk that is too small, or fills up meanwhile."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.disks import ext4, fill
from tests.support.held_program import HeldProgram
from tests.support.older_postgres import (
    copied,
    holds_all,
    made_by_an_older_package,
    sql,
    version,
)
from tests.support.root import mounts
from tests.support.stack import LiveStack, said

MIB = 2**20
SIZE = 900 * MIB


@pytest.fixture
def small(new_stack: Callable[..., LiveStack], tmp_path: Path) -> Iterator[LiveStack]:
    """A stack as an older package made it, on a small file system of its own."""
    disk = tmp_path / "small"
    disk.mkdir()
    tmp_path.chmod(0o755)
    with ext4(disk, SIZE):
        disk.chmod(0o755)
        stack = new_stack(home=disk / "h")
        try:
            yield made_by_an_older_package(stack)
        finally:
            for path in disk.glob("ballast*"):
                path.unlink()
            stack.run("down")


@mounts
def test_without_room_for_a_copy_nothing_is_begun(small: LiveStack) -> None:
    pid = small.pid("postgres")
    _leave(small, 200 * MIB)
    for wish in ("--dry-run", "--counts-only"):
        refused = small.run("resource", "upgrade", "postgres", wish)
        assert refused.returncode == 1, said(refused)
        assert "MB are needed" in refused.stderr, said(refused)
    assert small.pid("postgres") == pid
    holds_all(small)


@mounts
@pytest.mark.parametrize(("step", "major"), [("read what it holds", 16), ("compare the copy", 18)])
def test_one_that_fills_the_disk_leaves_the_old_one_serving(
    small: LiveStack, step: str, major: int
) -> None:
    """While a server comes up that only the upgrade reaches: of the old data, or of the copy."""
    planned = small.run("resource", "upgrade", "postgres", "--dry-run")
    assert "MB are needed" in planned.stderr, said(planned)
    ended = _full_at(small, major, "*' -c listen_addresses='")
    assert [line for line in ended.splitlines() if "preparing" in line and step in line], ended
    assert "there is not room enough any more" in ended, ended
    assert "the old data is untouched" in ended, ended
    assert version(small) == 16
    holds_all(small)
    assert not [*(small.home / "data").glob("postgres.1*"), *(small.home / "data").glob("*.up*")]
    for path in small.home.parent.glob("ballast*"):
        path.unlink()
    sql(small, "INSERT INTO kept (what) VALUES ('after')", "SELECT 1")
    again = small.run("resource", "upgrade", "postgres")
    assert again.returncode == 0, said(again)
    assert version(small) == 18
    assert sql(small, "SELECT count(*) FROM kept WHERE what = 'after'") == 1


@mounts
def test_one_that_does_not_come_up_is_taken_back_on_a_full_disk(small: LiveStack) -> None:
    ill = "SELECT 1 / (18 - current_setting('server_version_num')::int / 10000)"
    health = {"sql": ill, "interval": 0.5}
    small.resource("postgres", "postgres", health=health, start_timeout=4)
    small.write()
    small.up()
    ended = _full_at(small, 18, "*/data/postgres.18*")
    assert "back to what was before" in ended, ended
    assert version(small) == 16
    holds_all(small)
    assert not [*(small.home / "data").glob("postgres.1*"), *(small.home / "data").glob("*.up*")]


def _full_at(stack: LiveStack, major: int, arguments: str) -> str:
    """What an upgrade said that finds the disk full where it starts the server of a major version
    with such arguments.
    """
    server = HeldProgram(copied(stack, major) / "postgres", arguments, stack.folder)
    begun = stack.start("resource", "upgrade", "postgres")
    try:
        stack.until(lambda: server.waits or begun.poll() is not None, "it comes so far", 180)
        _leave(stack, MIB)
        fill(stack.home.parent / "ballast-rest")
        server.let_go()
        shown, _ = begun.communicate(timeout=180)
    finally:
        begun.kill()
    assert server.waits, f"it came not so far: {shown}"
    assert begun.returncode == 1, f"{shown}\n{stack.story()}"
    return shown


def _leave(stack: LiveStack, left: int) -> None:
    """Have so many bytes left on its disk."""
    facts = os.statvfs(stack.home)
    with (stack.home.parent / "ballast").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, facts.f_bavail * facts.f_frsize - left)
