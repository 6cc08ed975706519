"""Places that are not as one would like: a full disk, and a user who is not root."""

import json
import pwd
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.disks import fill, read_only, tmpfs
from tests.support.leftovers import processes_of
from tests.support.root import becomes_another, mounts
from tests.support.stack import ROOT, LiveStack, gone, said

SIZE = 80 * 2**20  # the gate wants 32 MiB free; PostgreSQL is not here


@pytest.fixture
def small(new_stack: Callable[..., LiveStack], tmp_path: Path) -> Iterator[LiveStack]:
    """A stack whose home is a small file system of its own."""
    home = tmp_path / "small"
    home.mkdir()
    tmp_path.chmod(0o755)
    with tmpfs(home, SIZE):
        stack = new_stack(home=home / "h")
        try:
            stack.add("web")
            stack.add("other")
            stack.write()
            stack.up()
            stack.until_ok()
            yield stack
        finally:
            (home / "ballast").unlink(missing_ok=True)
            stack.run("down")


@mounts
def test_a_full_disk_is_said_and_survived_and_nothing_acknowledged_is_lost(
    small: LiveStack,
) -> None:
    small.kill("web")
    small.until_healed("web")
    acknowledged = {heal["id"] for heal in small.heals()}
    watchdog, other = small.pid("autoheal"), small.pid("other")
    fill(small.home.parent / "ballast")
    small.kill("web")
    small.until(lambda: "disk full" in small.service("web")["message"], "the reason is said")
    assert small.service("web")["state"] == "failed"
    status = small.run("status")
    assert status.returncode == 2, said(status)
    assert "disk full" in status.stdout
    assert small.pid("autoheal") == watchdog, small.story()
    assert small.pid("other") == other
    (small.home.parent / "ballast").unlink()
    small.until(lambda: small.service("web").get("health") == "ok", "it is back")
    small.until_ok()
    assert small.pid("autoheal") == watchdog
    assert acknowledged <= {heal["id"] for heal in small.heals()}
    assert "Traceback" not in small.log("autoheal")


@mounts
def test_on_a_full_disk_what_is_stopped_stops_and_stays_stopped(small: LiveStack) -> None:
    fill(small.home.parent / "ballast")
    stopped = small.run("stop", "web")
    assert stopped.returncode == 0, said(stopped)
    assert "Traceback" not in stopped.stderr
    other = small.pid("other")
    old = small.kill("autoheal")
    small.until(lambda: small.service("web").get("state") == "stopped", "it is remembered")
    assert small.pid("autoheal") != old
    assert small.pid("other") == other
    down = small.run("down")
    assert down.returncode == 0, said(down)
    assert processes_of(small.home) == {}
    (small.home.parent / "ballast").unlink()
    small.run("scenario", "start", "vrooli-autoheal")
    small.until(lambda: small.service("web").get("state") == "stopped", "down is remembered")
    assert small.service("other")["state"] == "stopped"


@mounts
def test_on_a_read_only_disk_a_stop_is_carried_out_kept_and_said(small: LiveStack) -> None:
    with read_only(small.home):
        stopped = small.run("stop", "web")
        assert stopped.returncode == 0, said(stopped)
        assert "Read-only file system" in stopped.stderr
        assert "a reboot forgets it" in stopped.stderr
        assert "Read-only file system" in small.run("status").stdout
        small.until(lambda: small.service("web").get("state") == "stopped", "it is stopped")
    small.until(
        lambda: "web" in json.loads((small.home / "wanted.json").read_text())["stopped"],
        "it is written down",
    )
    small.until(lambda: "wanted" not in "".join(small.status()["watchdog"]["trouble"]), "and said")


@mounts
def test_without_a_watchdog_a_full_or_read_only_disk_keeps_nobody_from_stopping(
    new_stack: Callable[..., LiveStack], tmp_path: Path
) -> None:
    home = tmp_path / "small"
    home.mkdir()
    tmp_path.chmod(0o755)
    with tmpfs(home, SIZE):
        stack = new_stack(home=home / "h")
        stack.autoheal(enabled=False)
        for name in ("web", "other", "third"):
            stack.add(name)
        stack.write()
        stack.up()
        fill(home / "ballast")
        full = stack.run("stop", "web")
        assert full.returncode == 0, said(full)
        with read_only(stack.home):
            closed = stack.run("stop", "other")
            assert closed.returncode == 0, said(closed)
            assert "a reboot forgets it" in closed.stderr
            down = stack.run("down")
            assert down.returncode == 0, said(down)
            assert processes_of(stack.home) == {}


@becomes_another
def test_a_user_who_is_not_root_has_all_of_it(new_stack: Callable[..., LiveStack]) -> None:
    nobody = pwd.getpwnam("nobody")
    prefix = [sys.executable, str(ROOT / "tests" / "support" / "as_user.py"), "nobody"]
    stack = new_stack(prefix=prefix)
    stack.environment |= {"HOME": str(stack.folder), "TMPDIR": str(stack.folder)}
    stack.with_postgres_and_server()
    stack.add("web", needs=["server"])
    stack.write()
    shutil.chown(stack.file, "nobody")
    stack.up()
    stack.until_ok()
    assert Path(f"/proc/{stack.pid('web')}").stat().st_uid == nobody.pw_uid
    before = stack.pids("server", "autoheal", "keeper")
    for name in ("web", "postgres"):
        old = stack.kill(name)
        stack.until_healed(name)
        assert gone(old)
    assert stack.pids("server", "autoheal", "keeper") == before
    assert stack.run("down").returncode == 0
    assert processes_of(stack.home) == {}


@becomes_another
def test_a_program_in_a_closed_folder_is_shown_to_its_user(stack: LiveStack) -> None:
    closed = stack.folder / "closed"
    for folder in (closed, closed / "tools"):
        folder.mkdir()
        program = folder / "program"
        program.write_text('#!/bin/sh\nls "$1"\nexec sleep 600\n', encoding="utf-8")
        program.chmod(0o755)
        (folder / "other").touch()
    closed.chmod(0o700)
    stack.add("in-it", port=False, command=[str(closed / "program"), str(closed)])
    stack.add("below", port=False, command=[str(closed / "tools/program"), str(closed)])
    stack.write()
    stack.up()
    assert stack.log("in-it").split() == ["program"]
    assert stack.log("below").split() == ["tools"]
