"""What writes to a disk is ended before it is full."""

import asyncio
from pathlib import Path

import pytest

from tests.support.disks import tmpfs
from tests.support.root import mounts
from vrooli.core.errors import StorageError
from vrooli.stack.room import LEFT, Room

MIB = 1024 * 1024


async def _writes(path: Path, ended: list[str]) -> None:
    """More than there is room for."""
    try:
        with path.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(MIB))
                await asyncio.sleep(0.01)
    except asyncio.CancelledError:
        ended.append("cancelled")
        raise


@mounts
async def test_what_fills_a_disk_is_ended_before(tmp_path: Path) -> None:
    ended = list[str]()
    with tmpfs(tmp_path, LEFT + 20 * MIB):
        with pytest.raises(StorageError, match="it fills up"):
            await Room(tmp_path).watched(_writes(tmp_path / "file", ended))
        assert ended == ["cancelled"]
        assert Room(tmp_path).free > LEFT // 2


async def test_what_comes_to_its_end_is_left_alone(tmp_path: Path) -> None:
    async def says() -> str:
        return "done"

    async def fails() -> None:
        raise ValueError("of its own")

    assert await Room(tmp_path).watched(says()) == "done"
    with pytest.raises(ValueError, match="of its own"):
        await Room(tmp_path).watched(fails())
