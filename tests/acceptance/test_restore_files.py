"""Files that are put back: killed in the middle nothing is lost, and all of it can be undone."""

import json
import os
import signal
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.support.leftovers import processes_of
from tests.support.stack import LiveStack, said

COUNT = 400
"""So many that it is at it for a while: each is on the disk before the next."""


@pytest.fixture
def site(stack: LiveStack) -> Path:
    """A folder whose files are paths of their own, in a point, and all of them were changed."""
    folder = stack.folder / "site"
    folder.mkdir()
    stack.files("site", paths=[f"{folder}/*.txt"])
    stack.add("web")
    stack.write()
    stack.up()
    _fill(folder, "then")
    ended = stack.run("backup", "run", "--only", "site", "--no-verify")
    assert ended.returncode == 0, said(ended)
    _fill(folder, "now")
    return folder


def _fill(folder: Path, text: str) -> None:
    for number in range(COUNT):
        (folder / f"{number:03}.txt").write_text(text, encoding="ascii")


def _texts(folder: Path, pattern: str = "*.txt") -> list[str]:
    return [path.read_text(encoding="ascii") for path in folder.glob(pattern)]


def _record(stack: LiveStack) -> dict[str, str]:
    path = stack.home / "files-restored.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))["site"])


def _ask(stack: LiveStack, body: dict[str, str]) -> Any:
    """The answer as soon as it begins."""
    head = {"Authorization": f"Bearer {stack.token()}"}
    url, data = stack.url("autoheal", "/backups/files"), json.dumps(body).encode()
    return urllib.request.urlopen(urllib.request.Request(url, data, head), timeout=60)


def _putting(stack: LiveStack) -> int:
    """The process that puts them back."""
    for pid in processes_of(stack.home):
        if b"vrooli.main.backup_putting" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    raise AssertionError("nobody puts them back")


def _cut_short(stack: LiveStack, folder: Path) -> None:
    """A restore that was killed when some of them were back."""
    with stack.start("restore", "--only", "site", "--yes") as restore:
        stack.until(lambda: len([*folder.glob("*.before")]) > 5, "some are moved aside")
        os.killpg(restore.pid, signal.SIGKILL)
    assert _record(stack)["state"] == "restoring"
    assert sorted(set(_texts(folder))) == ["now", "then"]


def test_one_that_was_killed_goes_on_and_what_was_there_is_all_kept(
    stack: LiveStack, site: Path
) -> None:
    _cut_short(stack, site)
    ended = stack.run("restore", "--only", "site", "--yes")
    assert (ended.returncode, "is back already" in ended.stdout) == (0, True), said(ended)
    assert _texts(site) == ["then"] * COUNT
    assert _texts(site, "*.before") == ["now"] * COUNT
    assert [*site.glob("*.new*")] == []
    undone = stack.run("restore", "--undo", "--yes")
    assert undone.returncode == 0, said(undone)
    assert _texts(site) == ["now"] * COUNT
    assert _texts(site, "*.before") == ["then"] * COUNT


def test_one_that_was_killed_is_undone(stack: LiveStack, site: Path) -> None:
    _cut_short(stack, site)
    undone = stack.run("restore", "--undo", "--yes")
    assert (undone.returncode, "not put back yet" in undone.stdout) == (0, True), said(undone)
    assert _texts(site) == ["now"] * COUNT
    again = stack.run("restore", "--undo", "--only", "site", "--yes")
    assert again.returncode == 0, said(again)
    texts = _texts(site)
    assert (len(texts), {*texts}) == (COUNT, {"now", "then"}), "what was never put back stays"


def test_the_watchdog_has_them_put_back_and_one_that_is_killed_ends_nothing(
    stack: LiveStack, site: Path
) -> None:
    point = json.loads(stack.run("backup", "list", "--json").stdout)["points"][-1]["id"]
    wrong = {"name": "site", "point": point, "confirm": "sight"}
    with pytest.raises(urllib.error.HTTPError) as refused:
        _ask(stack, wrong)
    assert json.load(refused.value)["error"]["where"] == "confirm"
    assert _texts(site) == ["now"] * COUNT
    with _ask(stack, {**wrong, "confirm": "site"}):
        stack.until(lambda: len([*site.glob("*.before")]) > 5, "some are moved aside")
        putting = _putting(stack)
        os.kill(putting, signal.SIGSTOP)
        before = stack.kill("autoheal")
    stack.until(lambda: stack.pid("autoheal") != before, "there is another watchdog")
    stack.until_ok()
    os.kill(putting, signal.SIGCONT)
    back = "all of them are back, each by writes that wait for the disk"
    stack.until(lambda: _record(stack)["state"] == "restored", back, 180)
    assert _texts(site) == ["then"] * COUNT
    assert _texts(site, "*.before") == ["now"] * COUNT


def test_nothing_is_begun_where_a_link_is_in_the_way(stack: LiveStack, site: Path) -> None:
    os.rename(site, site.with_name("elsewhere"))
    site.symlink_to("elsewhere")
    planned = stack.run("restore", "--only", "site", "--dry-run")
    assert f"{site} is a link or a file, and was a folder" in planned.stderr, said(planned)
    ended = stack.run("restore", "--only", "site", "--yes")
    assert (ended.returncode, "nothing can be put there" in ended.stderr) == (1, True), said(ended)
    assert not (stack.home / "files-restored.json").exists()
    assert _texts(site) == ["now"] * COUNT
