"""A home on a full disk: a clear error, and nothing half-made."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.disks import tmpfs
from vrooli.core.command import CopyTree, WriteFile
from vrooli.core.errors import StorageError
from vrooli.host.execute import LocalExecutor
from vrooli.host.memory.clock import MemoryClock
from vrooli.host.memory.keeper import MemoryKeeper
from vrooli.stack.postgres.installation import embedded


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 8 MiB; only root can make one, others get a folder that takes nothing."""
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield folder
        folder.chmod(0o700)
        return
    with tmpfs(folder, 8 << 20) as disk:
        yield disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    with small_disk(folder) as made:
        yield made


async def test_a_copy_that_does_not_fit_leaves_nothing_and_says_so(disk: Path) -> None:
    programs = embedded(disk / "pgsql", None)
    executor = LocalExecutor(MemoryKeeper(MemoryClock()))
    with pytest.raises(StorageError) as caught:
        await executor.run([CopyTree(programs.sources, programs.root)], lambda _: None)
    assert caught.value.where.startswith(str(disk))
    assert caught.value.next_step
    assert not list(disk.glob("pgsql/*"))
    assert not list(disk.glob("pgsql/.*"))


async def test_a_file_that_does_not_fit_leaves_the_old_one(disk: Path, tmp_path: Path) -> None:
    executor = LocalExecutor(MemoryKeeper(MemoryClock()))
    path = disk / "conf"
    if os.geteuid() == 0:
        await executor.run([WriteFile(str(path), "old", 0o600)], lambda _: None)
    with pytest.raises(StorageError):
        await executor.run([WriteFile(str(path), "x" * (9 << 20), 0o600)], lambda _: None)
    assert [entry.name for entry in disk.iterdir()] in (["conf"], [])
    if os.geteuid() == 0:
        assert path.read_text(encoding="ascii") == "old"
        path.write_bytes(b"")
