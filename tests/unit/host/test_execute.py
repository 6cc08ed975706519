"""Commands carried out on real files; processes are rows of the keeper's twin."""

import asyncio
import os
import stat
from pathlib import Path

import pytest

from vrooli.core.command import (
    Command,
    CopyTree,
    EndLaunches,
    EnsureDirectory,
    Remove,
    Rename,
    RunOnce,
    WriteFile,
)
from vrooli.core.errors import StartFailed, StorageError
from vrooli.core.launch import LaunchSpec
from vrooli.host.execute import LocalExecutor
from vrooli.host.memory.clock import MemoryClock
from vrooli.host.memory.keeper import Behaviour, MemoryKeeper


def mode(path: Path) -> int:
    """Its permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


async def do(*commands: Command, keeper: MemoryKeeper | None = None) -> list[str]:
    """Carry out; the titles that were told."""
    told: list[str] = []
    executor = LocalExecutor(keeper or MemoryKeeper(MemoryClock()))
    await executor.run(commands, told.append)
    return told


def spec(root: Path, service: str = "db.prepare") -> LaunchSpec:
    """A process that writes to a log below `root`."""
    return LaunchSpec(service, ("/bin/initdb",), str(root), {}, str(root / "log"))


async def test_a_folder_is_made_with_its_parents_and_put_right_later(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    await do(EnsureDirectory(str(folder), 0o711))
    assert mode(folder) == 0o711
    folder.chmod(0o777)
    await do(EnsureDirectory(str(folder), 0o700))
    assert mode(folder) == 0o700


async def test_a_folder_may_be_our_own_link_to_another_disk(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    await do(EnsureDirectory(str(tmp_path / "data"), 0o700))
    assert mode(tmp_path / "disk") == 0o700


async def test_a_file_in_the_place_of_a_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("", encoding="ascii")
    with pytest.raises(StorageError) as caught:
        await do(EnsureDirectory(str(tmp_path / "data"), 0o700))
    assert caught.value.where == str(tmp_path / "data")


async def test_a_file_is_replaced_whole_and_an_equal_one_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    await do(WriteFile(str(path), "one", 0o600))
    first = path.stat()
    await do(WriteFile(str(path), "one", 0o600))
    assert path.stat().st_ino == first.st_ino
    await do(WriteFile(str(path), "two", 0o600))
    assert path.read_text(encoding="ascii") == "two"
    assert mode(path) == 0o600
    assert os.listdir(tmp_path) == ["secret"]


async def test_a_link_in_the_place_of_a_file_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("untouched", encoding="ascii")
    (tmp_path / "conf").symlink_to(tmp_path / "victim")
    await do(WriteFile(str(tmp_path / "conf"), "new", 0o600))
    assert (tmp_path / "victim").read_text(encoding="ascii") == "untouched"
    assert not (tmp_path / "conf").is_symlink()


async def test_a_wider_mode_is_put_right_although_the_text_is_the_same(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("one", encoding="ascii")
    path.chmod(0o644)
    await do(WriteFile(str(path), "one", 0o600))
    assert mode(path) == 0o600


def tree(root: Path) -> CopyTree:
    """A package with a strict umask, to be copied."""
    source = root / "package"
    (source / "bin").mkdir(parents=True, mode=0o700)
    (source / "bin" / "program").write_bytes(b"#!")
    (source / "bin" / "program").chmod(0o700)
    (source / "text").write_bytes(b"text")
    (source / "text").chmod(0o600)
    (source / "link").symlink_to("text")
    return CopyTree(((str(source), "package"),), str(root / "copies" / "1.0"))


async def test_a_tree_is_copied_once_and_open_to_readers(tmp_path: Path) -> None:
    command = tree(tmp_path)
    assert await do(command) == [f"copy to {command.target}"]
    copied = Path(command.target) / "package"
    assert mode(copied / "bin" / "program") == 0o755
    assert mode(copied / "text") == 0o644
    assert (copied / "link").is_symlink()
    (copied / "text").write_bytes(b"changed")
    assert await do(command) == []
    assert (copied / "text").read_bytes() == b"changed"


async def test_what_a_killed_copy_left_is_cleared_away(tmp_path: Path) -> None:
    command = tree(tmp_path)
    (tmp_path / "copies" / ".1.0.abcd.part" / "package").mkdir(parents=True)
    await do(command)
    assert os.listdir(tmp_path / "copies") == ["1.0"]


async def test_a_tree_that_several_need_at_once_is_copied_once(tmp_path: Path) -> None:
    """As two services of a new stack need the same programs."""
    command = tree(tmp_path)
    await asyncio.gather(*(do(command) for _ in range(8)))
    assert os.listdir(tmp_path / "copies") == ["1.0"]
    assert (Path(command.target) / "package" / "text").read_bytes() == b"text"


async def test_a_failed_copy_leaves_nothing(tmp_path: Path) -> None:
    target = tmp_path / "copies" / "1.0"
    with pytest.raises(StorageError):
        await do(CopyTree(((str(tmp_path / "missing"), "x"),), str(target)))
    assert os.listdir(tmp_path / "copies") == []


async def test_a_rename_may_be_repeated_and_takes_an_empty_place(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "file").write_bytes(b"")
    (tmp_path / "final").mkdir()
    command = Rename(str(tmp_path / "new"), str(tmp_path / "final"))
    await do(command)
    await do(command)
    assert os.listdir(tmp_path / "final") == ["file"]


async def test_a_rename_never_replaces_data(tmp_path: Path) -> None:
    for name in ("new", "final"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_bytes(b"")
    with pytest.raises(StorageError):
        await do(Rename(str(tmp_path / "new"), str(tmp_path / "final")))
    assert os.listdir(tmp_path / "final") == ["final"]


async def test_removing_takes_files_folders_links_and_nothing(tmp_path: Path) -> None:
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    await do(Remove(str(tmp_path / "link")))
    assert (tmp_path / "folder" / "deep").exists()
    await do(Remove(str(tmp_path / "folder")), Remove(str(tmp_path / "folder")))
    assert os.listdir(tmp_path) == []


async def test_an_unknown_user_is_named(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        return  # only root gives folders away
    with pytest.raises(StartFailed, match="nobody-knows"):
        await do(EnsureDirectory(str(tmp_path / "x"), 0o700, "nobody-knows"))


async def test_a_process_runs_once_and_tells_its_title(tmp_path: Path) -> None:
    keeper = MemoryKeeper(MemoryClock(), lambda _: Behaviour(ends_after=0.0))
    assert await do(RunOnce("make it", spec(tmp_path), 60.0), keeper=keeper) == ["make it"]
    done = RunOnce("make it", spec(tmp_path), 60.0, unless_exists=str(tmp_path))
    assert await do(done, keeper=keeper) == []
    assert len(keeper.spawned) == 1


async def test_a_failed_process_shows_what_it_said_and_is_undone(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("of an earlier start\n", encoding="ascii")
    (tmp_path / "stage").mkdir()

    def behave(_: LaunchSpec) -> Behaviour:
        with (tmp_path / "log").open("a", encoding="ascii") as log:
            log.write("initdb: error: no space\n")
        return Behaviour(ends_after=0.0, code=1)

    keeper = MemoryKeeper(MemoryClock(), behave)
    run = RunOnce("make it", spec(tmp_path), 60.0, undo_path=str(tmp_path / "stage"))
    with pytest.raises(StartFailed, match="no space") as caught:
        await do(run, WriteFile(str(tmp_path / "after"), ""), keeper=keeper)
    assert "earlier" not in str(caught.value)
    assert not (tmp_path / "stage").exists()
    assert not (tmp_path / "after").exists()


async def test_the_same_step_of_a_killed_attempt_is_ended_first(tmp_path: Path) -> None:
    endless = [Behaviour(), Behaviour(ends_after=0.0)]
    keeper = MemoryKeeper(MemoryClock(), lambda _: endless.pop(0))
    await keeper.spawn(spec(tmp_path))
    await do(RunOnce("make it", spec(tmp_path), 60.0), keeper=keeper)
    assert await keeper.launches() == []


async def test_what_was_left_running_is_ended_by_its_name(tmp_path: Path) -> None:
    keeper = MemoryKeeper(MemoryClock(), lambda _: Behaviour())
    await keeper.spawn(spec(tmp_path))
    await do(EndLaunches("another"), keeper=keeper)
    assert len(await keeper.launches()) == 1
    await do(EndLaunches(spec(tmp_path).service), keeper=keeper)
    assert await keeper.launches() == []


async def test_a_user_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartFailed) as failed:
        await do(EnsureDirectory(str(tmp_path / "data"), user="nosuchuser"))
    assert failed.value.what == "there is no system user `nosuchuser`"
