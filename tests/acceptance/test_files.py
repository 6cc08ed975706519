"""Which file's stack a command reaches, and whose it leaves alone."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.root import becomes_another
from tests.support.stack import PROGRAM, ROOT, VROOLI, Ended, LiveStack, said


def run_in(folder: Path, stack: LiveStack, *arguments: str) -> Ended:
    """`vrooli ARGUMENTS` in another folder, with the home of `stack`."""
    return subprocess.run(
        [VROOLI, *arguments],
        cwd=folder,
        env=stack.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def web(stack: LiveStack) -> LiveStack:
    """One service; up."""
    stack.add("web")
    stack.write()
    stack.up()
    return stack


def test_another_files_stack_is_taken_over_only_when_that_is_said(
    web: LiveStack, tmp_path: Path
) -> None:
    pid = web.pid("web")
    other = tmp_path / "vrooli.toml"
    other.write_text(f'[stack]\nname = "test"\n[autoheal]\nport = {web.port("autoheal")}\n')
    ended = run_in(tmp_path, web, "up")
    assert ended.returncode == 2, said(ended)
    for words in (str(web.file), str(other), "[stack]", "--takeover"):
        assert words in ended.stderr
    assert web.pid("web") == pid
    ended = run_in(tmp_path, web, "up", "--takeover")
    assert "1 service stopped" in ended.stderr, said(ended)
    assert run_in(tmp_path, web, "up").returncode == 0, "it is this one's now"


def test_a_file_that_was_moved_is_still_the_same_stack(web: LiveStack, tmp_path: Path) -> None:
    moved = tmp_path / "vrooli.toml"
    web.file.rename(moved)
    (web.folder / "vrooli.toml").symlink_to(moved)  # and reached over a link as well
    assert web.up().returncode == 0
    web.file.unlink()
    shutil.copy(PROGRAM, tmp_path)
    tmp_path.chmod(0o755)
    assert "--takeover" not in web.run("up", "-f", str(moved)).stderr


@pytest.mark.parametrize("kind", ["folder", "link", "fifo"])
def test_a_stack_file_that_is_none_stops_no_other_stack(
    web: LiveStack, tmp_path: Path, kind: str
) -> None:
    pid, odd = web.pid("web"), tmp_path / "vrooli.toml"
    if kind == "folder":
        odd.mkdir()
    elif kind == "link":
        odd.symlink_to("gone.toml")
    else:
        os.mkfifo(odd)
    for arguments in (["down"], ["status"], ["up"]):
        ended = run_in(tmp_path, web, *arguments)
        assert ended.returncode == (3 if arguments == ["status"] else 2), said(ended)
        assert f"{odd}: this is no stack file" in ended.stderr
    assert web.pid("web") == pid


@becomes_another
def test_another_user_is_told_that_the_stack_is_not_theirs(web: LiveStack) -> None:
    pid = web.pid("web")
    web.prefix = [sys.executable, str(ROOT / "tests" / "support" / "as_user.py"), "nobody"]
    for arguments in (["down"], ["up"], ["stop", "web"], ["logs", "web"]):
        ended = web.run(*arguments)
        assert ended.returncode == 1, said(ended)
        assert "next: run as the user" in ended.stderr
    web.prefix = []
    assert web.pid("web") == pid
