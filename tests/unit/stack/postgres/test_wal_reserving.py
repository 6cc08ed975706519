"""A file of WAL that could not be made in full, since the disk was, is not refused for ever."""

from pathlib import Path

import pytest

from tests.support.disks import ramfs, resized, tmpfs
from vrooli.core.errors import NoRoom
from vrooli.stack.postgres.wal.reserving import reserve
from vrooli.stack.postgres.wal.streams import NOTE, Stream, note_written, streams_in

MIB = 1024 * 1024
SEGMENT = "000000010000000000000005"


def _stream(folder: Path) -> Stream:
    (found,) = streams_in(folder)
    return found


def test_it_waits_for_room_and_then_has_its_full_length_and_what_it_held(tmp_path: Path) -> None:
    with tmpfs(tmp_path, 2 * MIB) as disk:
        (folder := disk / "00000001").mkdir()
        (folder / NOTE).write_text(note_written(1.0, ""), encoding="utf-8")
        with pytest.raises(NoRoom, match="no room for WAL"):
            reserve(_stream(disk), 4 * MIB)
        path = folder / f"{SEGMENT}.partial"
        path.write_bytes(b"what came already" + bytes(MIB))
        with pytest.raises(NoRoom, match=r"a file of it takes 4\.2 MB"):
            reserve(_stream(disk), 4 * MIB)
        assert path.read_bytes().startswith(b"what came already")
        resized(disk, 8 * MIB)
        reserve(_stream(disk), 4 * MIB)
        assert (path.stat().st_size, path.read_bytes()[:17]) == (4 * MIB, b"what came already")
        before = path.stat().st_mtime_ns
        reserve(_stream(disk), 4 * MIB)  # nothing is to be done, full or not
        assert path.stat().st_mtime_ns == before


def test_it_has_its_full_length_also_where_the_file_system_reserves_nothing(tmp_path: Path) -> None:
    with ramfs(tmp_path) as disk:
        (folder := disk / "00000001").mkdir()
        (folder / NOTE).write_text(note_written(1.0, ""), encoding="utf-8")
        path = folder / f"{SEGMENT}.partial"
        path.write_bytes(b"what came already" + bytes(MIB))
        reserve(_stream(disk), 4 * MIB)
        assert (path.stat().st_size, path.read_bytes()[:17]) == (4 * MIB, b"what came already")
