"""Port `Workspaces`: folders, and the twin."""

import os
import stat
from pathlib import Path

import pytest

from vrooli.core.errors import TooLarge, UsageError
from vrooli.core.ports.workspaces import DEEPEST, MOST_FILES, NoSuchFile, Workspaces
from vrooli.host.memory.workspaces import MemoryWorkspaces
from vrooli.host.workspaces import FolderWorkspaces

RUN = "0197c0de-run"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "work"


@pytest.fixture
def disk(root: Path) -> FolderWorkspaces:
    return FolderWorkspaces(root)


@pytest.fixture(params=["disk", "memory"])
def workspaces(request: pytest.FixtureRequest, disk: FolderWorkspaces) -> Workspaces:
    return disk if request.param == "disk" else MemoryWorkspaces()


@pytest.mark.parametrize("path", ["report.md", "a/b/c", ".hidden", "ä ✓", "x" * 200])
async def test_what_is_written_is_read(workspaces: Workspaces, path: str) -> None:
    await workspaces.write(RUN, path, b"one, and longer")
    await workspaces.write(RUN, path, b"two")
    assert await workspaces.read(RUN, path, 3) == b"two"
    with pytest.raises(TooLarge):
        await workspaces.read(RUN, path, 2)


@pytest.mark.parametrize(
    "path",
    [
        *("", "/", "/etc/passwd", "..", "../x", "a/../x", "a/..", ".", "./x", "a//b", "a/", "a\0b"),
        *("x" * 201, "/".join("a" * (DEEPEST + 1)), "\ud800" * 100),
    ],
)
async def test_a_path_that_leads_elsewhere(workspaces: Workspaces, path: str) -> None:
    with pytest.raises(UsageError):
        await workspaces.write(RUN, path, b"x")
    with pytest.raises(UsageError):
        await workspaces.read(RUN, path, 9)


@pytest.mark.parametrize("run", ["", "..", "a/b", "../x", ".x"])
async def test_what_is_no_run(workspaces: Workspaces, run: str) -> None:
    with pytest.raises(UsageError):
        await workspaces.write(run, "x", b"x")
    with pytest.raises(UsageError):
        await workspaces.read(run, "x", 9)
    with pytest.raises(UsageError):
        await workspaces.remove(run)


async def test_what_is_not_there(workspaces: Workspaces) -> None:
    for path in ("x", "a/x"):
        with pytest.raises(NoSuchFile):
            await workspaces.read(RUN, path, 9)


async def test_a_file_is_no_folder(workspaces: Workspaces) -> None:
    await workspaces.write(RUN, "a/b", b"x")
    for path in ("a", "a/b/c"):
        with pytest.raises(UsageError):
            await workspaces.write(RUN, path, b"x")
        with pytest.raises(UsageError):
            await workspaces.read(RUN, path, 9)
    assert await workspaces.read(RUN, "a/b", 9) == b"x"


async def test_each_run_has_its_own_until_it_is_removed(workspaces: Workspaces) -> None:
    await workspaces.write("one", "x", b"1")
    await workspaces.write("two", "x", b"2")
    await workspaces.remove("one")
    await workspaces.remove("one")
    assert await workspaces.read("two", "x", 9) == b"2"
    with pytest.raises(NoSuchFile):
        await workspaces.read("one", "x", 9)


async def test_a_run_has_so_much_and_no_more(workspaces: Workspaces) -> None:
    third = b"x" * (22 * 2**20)
    await workspaces.write(RUN, "1", third)
    await workspaces.write(RUN, "2", third)
    with pytest.raises(TooLarge):
        await workspaces.write(RUN, "3", third)
    await workspaces.write(RUN, "3", b"x")


async def test_so_many_files_and_no_more(disk: FolderWorkspaces, root: Path) -> None:
    (root / RUN / "a").mkdir(parents=True)
    for number in range(MOST_FILES):
        (root / RUN / "a" / str(number)).touch()
    with pytest.raises(TooLarge):
        await disk.write(RUN, "x", b"x")


async def test_no_link_is_followed(disk: FolderWorkspaces, root: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").write_bytes(b"private")
    await disk.write(RUN, "a/b", b"x")
    (root / RUN / "file").symlink_to(outside / "file")
    (root / RUN / "folder").symlink_to(outside)
    (root / RUN / "a" / "folder").symlink_to("../../../outside")
    for path in ("file", "folder/file", "a/folder/file"):
        with pytest.raises(UsageError):
            await disk.read(RUN, path, 99)
    for path in ("folder/file", "a/folder/new", "a/folder/new/er"):
        with pytest.raises(UsageError):
            await disk.write(RUN, path, b"x")
    await disk.write(RUN, "file", b"mine")  # the link itself is replaced
    assert await disk.read(RUN, "file", 99) == b"mine"
    assert [one.name for one in outside.iterdir()] == ["file"]
    assert (outside / "file").read_bytes() == b"private"
    await disk.remove(RUN)
    assert (outside / "file").read_bytes() == b"private"


async def test_a_folder_of_a_run_that_is_a_link(
    disk: FolderWorkspaces, root: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    root.mkdir()
    (root / RUN).symlink_to(outside)
    with pytest.raises(UsageError):
        await disk.write(RUN, "x", b"x")
    assert not list(outside.iterdir())


async def test_what_is_no_file_does_not_hold_us_up(disk: FolderWorkspaces, root: Path) -> None:
    await disk.write(RUN, "x", b"x")
    os.mkfifo(root / RUN / "fifo")
    with pytest.raises(UsageError):
        await disk.read(RUN, "fifo", 9)


async def test_files_are_private_and_nothing_is_left_beside(
    disk: FolderWorkspaces, root: Path
) -> None:
    before = os.umask(0)
    try:
        await disk.write(RUN, "a/x", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((root / RUN).stat().st_mode) == 0o700
    assert stat.S_IMODE((root / RUN / "a").stat().st_mode) == 0o700
    assert stat.S_IMODE((root / RUN / "a" / "x").stat().st_mode) == 0o600
    assert [one.name for one in (root / RUN / "a").iterdir()] == ["x"]


async def test_files_are_listed_by_their_paths(workspaces: Workspaces) -> None:
    for path in ("b", "a/y", "a/x"):
        await workspaces.write(RUN, path, b"123")
    found = await workspaces.listed(RUN)
    assert [(one.path, one.bytes) for one in found] == [("a/x", 3), ("a/y", 3), ("b", 3)]
    assert await workspaces.listed("nobody") == []
    with pytest.raises(UsageError):
        await workspaces.listed("../x")


async def test_only_files_are_listed(disk: FolderWorkspaces, root: Path) -> None:
    await disk.write(RUN, "x", b"1")
    (root / RUN / "link").symlink_to("/etc")
    (root / RUN / ".x.0123abcd.part").write_bytes(b"half")
    os.mkfifo(root / RUN / "pipe")
    assert [one.path for one in await disk.listed(RUN)] == ["x"]


async def test_folders_that_nobody_touches(disk: FolderWorkspaces, root: Path) -> None:
    assert await disk.untouched(2e9) == []
    for run in ("old", "new"):
        await disk.write(run, "x", b"1")
    os.utime(root / "old", (1e9, 1e9))
    (root / "no run.").mkdir()
    assert await disk.untouched(1.1e9) == ["old"]
    assert await disk.untouched(4e9) == ["new", "old"]
