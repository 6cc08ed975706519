"""A part is read as a tar from its beginning to its end, and poured into files as it is."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from tests.unit.backup.made import new_keys, new_store, part_of, stored
from vrooli.backup.forward import Forward
from vrooli.backup.packs import PIECE
from vrooli.backup.streams import PartReader

KEYS = new_keys()
DATA = bytes(range(256)) * ((PIECE + 300_000) // 256)
"""More than one piece."""


def _forward(data: bytes) -> Forward:
    store, _ = new_store(KEYS)
    part = part_of(stored(data, store, KEYS))
    return Forward(PartReader(part, store, KEYS.opener, 1, lambda _: None))


def test_it_reads_skips_and_never_goes_back() -> None:
    forward = _forward(DATA)
    assert forward.read(10) == DATA[:10]
    forward.seek(PIECE - 5)
    assert (forward.read(10), forward.tell()) == (DATA[PIECE - 5 : PIECE + 5], PIECE + 5)
    with pytest.raises(ValueError, match="forward only"):
        forward.seek(0)
    assert forward.read(len(DATA)) == DATA[PIECE + 5 :]
    assert forward.read(1) == b""


def test_what_a_member_holds_is_poured_over_the_borders_of_pieces(tmp_path: Path) -> None:
    member, forward, told = tarfile.TarInfo("base"), _forward(DATA), list[int]()
    member.offset_data, member.size = 512, PIECE + 1000
    with (tmp_path / "base").open("wb") as file:
        forward.pour(member, file.fileno(), told.append)
    assert (tmp_path / "base").read_bytes() == DATA[512 : 512 + PIECE + 1000]
    assert sum(told) == member.size
    assert forward.tell() == 512 + member.size


def test_a_member_that_ends_in_the_middle_is_told(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("base")
        info.size = 4000
        tar.addfile(info, io.BytesIO(bytes(4000)))
    forward = _forward(out.getvalue()[:3000])
    descriptor = os.open(tmp_path / "base", os.O_WRONLY | os.O_CREAT)
    try:
        info.offset_data = 512
        with pytest.raises(tarfile.ReadError, match="base ends in the middle"):
            forward.pour(info, descriptor, lambda _: None)
    finally:
        os.close(descriptor)
