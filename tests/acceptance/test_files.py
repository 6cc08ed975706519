"""Which file's stack a command reaches, and whose it leaves alone."""

import json
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
    assert run_in(tmp_path, web, "down").returncode == 0


def test_what_stops_leaves_the_stack_of_another_file_alone(web: LiveStack, tmp_path: Path) -> None:
    pid, other = web.pid("web"), tmp_path / "vrooli.toml"
    other.write_text("[scenarios.web]\ncommand = ['sleep', '1']\n")
    for arguments in (
        ["down"],
        ["stop", "web"],
        ["restart"],
        ["start", "web"],
        ["scenario", "stop", "web"],
        ["stop", "autoheal"],
    ):
        ended = run_in(tmp_path, web, *arguments)
        assert ended.returncode == 2, said(ended)
        for words in (f"as {web.file} declares it, not {other}", f"-f {web.file}", "[stack]"):
            assert words in ended.stderr
    assert web.pid("web") == pid
    for arguments in (["status"], ["logs", "web"], ["scenario", "list"]):
        ended = run_in(tmp_path, web, *arguments)  # who only looks is told whose it is
        assert f"runs as {web.file} declares it, not {other}" in ended.stderr, said(ended)
    assert run_in(tmp_path, web, "stop", "web", "-f", str(web.file)).returncode == 0
    other.unlink()  # where there is no file, the default stack is meant
    assert run_in(tmp_path, web, "down").returncode == 0


def test_the_built_in_stack_is_replaced_only_when_that_is_said(stack: LiveStack) -> None:
    stack.write()
    stack.up()
    compiled = stack.home / "stack.json"
    compiled.write_text(json.dumps({**json.loads(compiled.read_text()), "source": ""}))
    for arguments in (["up"], ["down"]):
        ended = stack.run(*arguments)
        assert ended.returncode == 2, said(ended)
        assert "the built-in stack" in ended.stderr
    assert stack.run("up", "--takeover").returncode == 0


def test_a_broken_file_reaches_the_stack_that_was_brought_up_from_it_and_no_other(
    web: LiveStack, tmp_path: Path
) -> None:
    pid, other = web.pid("web"), tmp_path / "vrooli.toml"
    other.write_text('[stack]\nname = "trial-v\n[scenarios.web]\ncommand = ["sleep", "1"]\n')
    for arguments in (["down"], ["stop", "web"], ["logs", "web"], ["up"], ["status"]):
        ended = run_in(tmp_path, web, *arguments)
        assert ended.returncode == (3 if arguments == ["status"] else 2), said(ended)
        assert f"{other}:2" in ended.stderr
    assert web.pid("web") == pid
    web.file.write_text(other.read_text())
    assert web.run("status").returncode == 0
    assert web.run("down").returncode == 0


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
