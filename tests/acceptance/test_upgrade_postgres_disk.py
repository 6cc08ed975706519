"""An upgrade of PostgreSQL on a disk that is too small, or fills up meanwhile."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.disks import ext4, fill
from tests.support.older_postgres import holds_all, made_by_an_older_package, sql, version
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
        assert "MiB are needed" in refused.stderr, said(refused)
    assert small.pid("postgres") == pid
    holds_all(small)


@mounts
@pytest.mark.parametrize("step", ["read what it holds", "copy and upgrade"])
def test_one_that_fills_the_disk_leaves_the_old_one_serving(small: LiveStack, step: str) -> None:
    planned = small.run("resource", "upgrade", "postgres", "--dry-run")
    assert "MiB are needed" in planned.stderr, said(planned)
    ended = _full_from(small, step)
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
    ended = _full_from(small, "starting")
    assert "back to what was before" in ended, ended
    assert version(small) == 16
    holds_all(small)
    assert not [*(small.home / "data").glob("postgres.1*"), *(small.home / "data").glob("*.up*")]


def _full_from(stack: LiveStack, step: str) -> str:
    """What an upgrade said that finds the disk full when it comes to `step`."""
    lines, ballast = [], stack.home.parent / "ballast-rest"
    with stack.start("resource", "upgrade", "postgres") as begun:
        watch = threading.Timer(120, begun.kill)
        watch.start()
        assert begun.stdout is not None
        for line in begun.stdout:
            lines.append(line)
            if step in line and not ballast.exists():
                os.killpg(begun.pid, signal.SIGSTOP)  # else it may be through before that
                _leave(stack, MIB)
                fill(ballast)
                os.killpg(begun.pid, signal.SIGCONT)
        watch.cancel()
    shown = "".join(lines)
    assert begun.returncode == 1, f"{shown}\n{stack.story()}"
    return shown


def _leave(stack: LiveStack, left: int) -> None:
    """Have so many bytes left on its disk."""
    facts = os.statvfs(stack.home)
    with (stack.home.parent / "ballast").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, facts.f_bavail * facts.f_frsize - left)
