"""WAL in a store: what was kept comes back, and what no point needs is told from the rest."""

from pathlib import Path

import pytest

from vrooli.backup.keys import keys_of
from vrooli.backup.sealing import new_identity
from vrooli.backup.store import Store
from vrooli.backup.wal import StoredName, WalShelf
from vrooli.core.errors import Damaged
from vrooli.host.blob_folder import BlobFolder
from vrooli.main.backup_ship import obsolete
from vrooli.main.backup_wal import merged
from vrooli.stack.postgres.wal.choosing import Base
from vrooli.stack.postgres.wal.names import Segment, name_of
from vrooli.stack.postgres.wal.streams import Stream

MIB = 1024 * 1024
KEYS = keys_of(new_identity(), "a key")
ABOUT = (10.0, 20.0, "")


def _shelf(folder: Path) -> WalShelf:
    return WalShelf(Store(BlobFolder(folder), KEYS.mac))


def _name(number: int, turn: int = 0, stream: str = "0000000A-2") -> StoredName:
    return StoredName("db", "77", stream, name_of(Segment(number, 10), 16 * MIB), turn)


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path)
    names = [
        _name(5),
        _name(6, 1795867746678),
        StoredName("db", "77", "0000000A", "0000000A.history"),
    ]
    for number, name in enumerate(names):
        shelf.keep(name, bytes([number]) * (17 * MIB if not number else 50), ABOUT, KEYS.seal)
    assert sorted(shelf.names("db"), key=str) == sorted(names, key=str)
    assert shelf.content(names[0], KEYS.opener) == bytes(17 * MIB)
    assert shelf.content(names[1], KEYS.opener) == b"\1" * 50
    assert (shelf.index(names[2]).begun, shelf.index(names[2]).seen) == ABOUT[:2]
    assert shelf.remove(names[:1]) == 1
    assert set(shelf.names("db")) == set(names[1:])
    assert not [path for path in tmp_path.rglob("*5-*") if path.is_file()]


def test_damage_is_found(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path)
    shelf.keep(_name(5), b"x" * 100, ABOUT, KEYS.seal)
    (piece,) = tmp_path.rglob("*-0")
    good = piece.read_bytes()
    piece.chmod(0o600)
    piece.write_bytes(good[:-1])
    with pytest.raises(Damaged):
        shelf.content(_name(5), KEYS.opener)
    piece.unlink()
    with pytest.raises(Damaged, match="missing"):
        shelf.content(_name(5), KEYS.opener)
    # The index of one file in the place of another's.
    (index,) = tmp_path.rglob("*.json")
    index.rename(index.with_name(index.name.replace("5.json", "6.json")))
    with pytest.raises(Damaged):
        shelf.index(_name(6))


def test_what_the_first_point_does_not_need_can_go() -> None:
    size = 16 * MIB
    bases = [
        Base("b", 2.0, "77", 10, 9 * size, 9 * size),
        Base("a", 1.0, "77", 10, 7 * size, 8 * size),
    ]
    known = [_name(number) for number in range(5, 9)]
    other = StoredName("db", "78", "00000001", known[0].name)
    history = StoredName("db", "77", "0000000A", "0000000A.history")
    assert obsolete([*known, other, history], bases, size) == known[:2]
    assert obsolete(known, [], size) == []


def test_what_is_here_and_what_is_in_the_store_is_one_stream() -> None:
    there = Stream("00000001", 1.0, 5.0, files={"A": 1, "B": 1})
    here = Stream("00000001", 1.0, 9.0, files={"C": 1}, partial="D", folder="/wal")
    later = Stream("00000002", 7.0, 9.0)
    (first, second) = merged([here], [later, there])
    assert (sorted(first.files), first.partial, first.folder) == (["A", "B", "C"], "D", "/wal")
    assert second is later
