"""Places that are not as one would like: a full disk, and a user who is not root."""

import os
import pwd
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.disks import fill, tmpfs
from tests.support.leftovers import processes_of
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


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a file system")
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


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user")
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
