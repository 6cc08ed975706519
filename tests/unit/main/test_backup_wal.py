"""WAL that was received here and is damaged: seen by the plan, and taken from a store."""

import os
import shutil
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.disks import tmpfs
from tests.support.root import mounts
from tests.unit.backup.made import new_keys, new_store
from vrooli.backup.point import Part, Point
from vrooli.backup.wal import StoredName, WalShelf
from vrooli.core.errors import Refused, StorageError
from vrooli.core.home import Home
from vrooli.main.backup_ship import Shipping
from vrooli.main.backup_wal import BackupWal
from vrooli.stack import pace
from vrooli.stack.postgres.wal.ending import Early, early_in
from vrooli.stack.postgres.wal.moments import Moment
from vrooli.stack.postgres.wal.names import Segment, lsn_of, name_of
from vrooli.stack.postgres.wal.streams import note_written
from vrooli.stack.room import LEFT

PAGE, SIZE = 8192, 16 * 1024 * 1024
AT = 1_795_000_000.0
"""When the point was taken, Unix seconds."""
KEYS = new_keys()
NAMES = [name_of(Segment(number, 1), SIZE) for number in range(1, 5)]
POINT = "20261118t000000z-000001"


def _content(number: int) -> bytes:
    """A segment with three pages that somebody wrote."""
    pages = [struct.pack("<HHIQ", 0xD118, 0, 1, number * SIZE + at * PAGE) for at in range(3)]
    return b"".join(page.ljust(PAGE, b"x") for page in pages).ljust(SIZE, b"\0")


@pytest.fixture
def wal(tmp_path: Path) -> BackupWal:
    """All of it lies here, and all but the last in the store as well."""
    folder = tmp_path / "wal" / "db" / "77" / "00000001"
    folder.mkdir(parents=True)
    store, _ = new_store(KEYS)
    for number, name in enumerate(NAMES, 1):
        (folder / name).write_bytes(_content(number))
        os.utime(folder / name, (AT + number, AT + number))
        if name != NAMES[-1]:
            about = (AT - 9, AT + number, "")
            WalShelf(store).keep(
                StoredName("db", "77", "00000001", name), _content(number), about, KEYS.seal
            )
    (folder / "stream.json").write_text(note_written(AT - 9, ""), encoding="ascii")
    os.utime(folder / "stream.json", (AT + 9, AT + 9))
    facts = {"system": "77", "timeline": 1, "lsn": lsn_of(SIZE + 40)}
    part = Part("postgres-physical", "db", "tar", 1, "", (), {"before": facts, "after": facts})
    store.keep(Point(POINT, "shop", "web1", AT - 5, AT, "0.1.0", (part,)))
    return BackupWal(Home(tmp_path, tmp_path), store, "db", lambda: KEYS.opener)


def _flip(wal: BackupWal, name: str, at: int) -> None:
    path = wal.home.root / "wal" / "db" / "77" / "00000001" / name
    content = bytearray(path.read_bytes())
    content[at] ^= 4
    path.write_bytes(content)


def _gathered(wal: BackupWal, folder: Path) -> Early:
    folder.mkdir()
    wal.gather(wal.store.point(POINT), 1, folder, None)
    return early_in(folder)


def test_what_is_damaged_here_comes_from_a_store(wal: BackupWal, tmp_path: Path) -> None:
    assert wal.way(Moment("latest")).mended == []
    _flip(wal, NAMES[1], PAGE + 100)
    wal = replace(wal)  # the next command
    way = wal.way(Moment("latest"))
    assert (len(way.files), way.gap, way.mended) == (4, "", [NAMES[1]])
    assert _gathered(wal, tmp_path / "given") == Early()
    assert (tmp_path / "given" / NAMES[1]).read_bytes() == _content(2)


def test_what_no_store_has_whole_ends_the_way(wal: BackupWal, tmp_path: Path) -> None:
    """The store has a copy of it as well, and that is damaged too."""
    _flip(wal, NAMES[2], PAGE + 100)
    wal.store.blobs.delete(f"{StoredName('db', '77', '00000001', NAMES[2]).blob}-0")
    way = wal.way(Moment("latest"))
    assert (len(way.files), way.gap, way.until) == (2, NAMES[2], AT + 2)
    early = _gathered(wal, tmp_path / "given")
    assert (early.planned, f"{NAMES[2]} is damaged" in early.why) == (True, True)
    assert not (tmp_path / "given" / NAMES[2]).exists()


def test_of_what_no_store_has_yet_the_pages_are_looked_at(wal: BackupWal) -> None:
    _flip(wal, NAMES[3], 2 * PAGE + 9)
    way = wal.way(Moment("latest"))
    assert (len(way.files), way.gap, way.until) == (3, NAMES[3], AT + 3)


def test_a_segment_that_was_cut_short_by_a_full_disk_is_given_in_its_full_length(
    wal: BackupWal, tmp_path: Path
) -> None:
    """A server takes no shorter one; nor are those before it taken for as short."""
    folder = tmp_path / "wal" / "db" / "77" / "00000001"
    (folder / NAMES[3]).rename(folder / f"{NAMES[3]}.partial")
    os.truncate(folder / f"{NAMES[3]}.partial", 5 * PAGE)
    assert (_gathered(wal, tmp_path / "here"), len(wal.way(Moment("latest")).files)) == (Early(), 4)
    assert (tmp_path / "here" / NAMES[3]).read_bytes() == _content(4)
    short = StoredName("db", "77", "00000001", NAMES[3], 1000)
    WalShelf(wal.store).keep(short, _content(4)[: 5 * PAGE], (AT - 9, AT + 9, ""), KEYS.seal)
    shutil.rmtree(folder)
    wal = replace(wal)
    assert [file.size for file in wal.way(Moment("latest")).files] == [SIZE] * 4
    _gathered(wal, tmp_path / "there")
    assert (tmp_path / "there" / NAMES[3]).read_bytes() == _content(4)


def test_what_is_brought_to_a_store_has_its_full_length(wal: BackupWal, tmp_path: Path) -> None:
    folder = tmp_path / "wal" / "db" / "77" / "00000001"
    for name in NAMES:
        (folder / name).unlink()
    (folder / f"{NAMES[3]}.partial").write_bytes(_content(4)[: 5 * PAGE])
    Shipping(wal.home, wal.store, KEYS, "db").ship()
    (stored,) = (one for one in WalShelf(wal.store).names("db") if one.turn)
    assert WalShelf(wal.store).content(stored, KEYS.opener) == _content(4)


def test_room_is_asked_for_what_is_copied_and_for_what_a_server_copies_again(
    wal: BackupWal, tmp_path: Path
) -> None:
    assert wal.way(Moment("latest")).room == 2 * 4 * SIZE  # nobody knows that data lies beside
    (tmp_path / "data").mkdir()
    assert replace(wal).way(Moment("latest")).room == 4 * SIZE
    folder = tmp_path / "wal" / "db" / "77" / "00000001"
    (folder / NAMES[1]).unlink()
    assert replace(wal).way(Moment("latest")).room == 5 * SIZE


@mounts
def test_it_is_given_up_before_the_disk_is_full(wal: BackupWal, tmp_path: Path) -> None:
    (small := tmp_path / "small").mkdir()
    with tmpfs(small, LEFT + 2 * SIZE), pytest.raises(StorageError, match="it fills up"):
        wal.gather(wal.store.point(POINT), 1, small, None)
    assert not list(small.iterdir())


@pytest.mark.parametrize(("at", "put"), [("WAL looked at: ", 0), ("WAL: ", 1)])
def test_whoever_breaks_it_off_waits_for_no_more_than_a_file(
    wal: BackupWal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, put: int
) -> None:
    monkeypatch.setattr(pace, "EVERY", 0.0)

    def told(line: str) -> None:
        if line.startswith(at):
            raise Refused("it was ended in the middle", next_step="begin anew")

    folder = tmp_path / "given"
    folder.mkdir()
    with pytest.raises(Refused):
        wal.gather(wal.store.point(POINT), 1, folder, None, told)
    assert len(list(folder.iterdir())) == put
