"""WAL in a store: what was kept comes back, and what no point needs is told from the rest."""

from pathlib import Path

import pytest

from vrooli.backup.copies import Copies
from vrooli.backup.keys import keys_of
from vrooli.backup.rereading import Seen, reread
from vrooli.backup.sealing import new_identity
from vrooli.backup.store import Store
from vrooli.backup.wal import StoredName, WalShelf
from vrooli.backup.wal_copying import spread_wal
from vrooli.core.errors import Damaged
from vrooli.host.blob_folder import BlobFolder
from vrooli.main.backup_ship import obsolete
from vrooli.main.backup_wal import merged, without
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


def test_what_a_killed_one_brought_is_gone_on_with(tmp_path: Path) -> None:
    """Its pieces were sealed otherwise than ours would be."""
    shelf = _shelf(tmp_path)
    shelf.keep(_name(5), b"x" * 100, ABOUT, KEYS.seal)
    next(tmp_path.rglob("*.json")).unlink()
    assert list(shelf.names("db")) == []
    shelf.keep(_name(5), b"x" * 100, ABOUT, KEYS.seal)
    assert shelf.content(_name(5), KEYS.opener) == b"x" * 100


def test_of_several_stores_the_first_that_has_it_whole_gives_it(tmp_path: Path) -> None:
    """Each has sealed it by itself: pieces of one fit no index of another."""
    places, said = [BlobFolder(tmp_path / name) for name in ("near", "far")], list[str]()
    for place in places:
        WalShelf(Store(place, KEYS.mac)).keep(_name(5), b"x" * 100, ABOUT, KEYS.seal)
    both = WalShelf(Store(Copies(places, KEYS.mac, said.append), KEYS.mac))
    next((tmp_path / "near").rglob("*-0")).unlink()
    assert (both.content(_name(5), KEYS.opener), len(said)) == (b"x" * 100, 1)
    index = next((tmp_path / "near").rglob("*.json"))
    index.write_bytes(index.read_bytes().replace(b"10.0", b"11.0"))
    assert both.index(_name(5)).begun == 10.0
    _flip(next((tmp_path / "far").rglob("*-0")))
    with pytest.raises(Damaged):
        both.content(_name(5), KEYS.opener)


def test_a_store_that_was_added_later_gets_what_its_points_need(tmp_path: Path) -> None:
    near, far = (WalShelf(Store(BlobFolder(tmp_path / n), KEYS.mac)) for n in ("near", "far"))
    names = [_name(5), _name(6), _name(7, 1000), _name(7, 2000), _name(6, 900)]
    for name in names:
        near.keep(name, b"x" * 100, ABOUT, KEYS.seal)
    stores = {"near": near.store, "far": far.store}
    sent, errors = spread_wal(stores, lambda _, found: [n for n in found if n != _name(5)])
    assert (set(far.names()), errors, sent["near"]) == ({_name(6), _name(7, 2000)}, {}, 0)
    assert far.content(_name(6), KEYS.opener) == b"x" * 100
    assert spread_wal(stores, lambda _, found: [n for n in found if n != _name(5)])[0]["far"] == 0


def test_wal_is_read_again_like_all_else(tmp_path: Path) -> None:
    shelf = _shelf(tmp_path)
    for number in (5, 6):
        shelf.keep(_name(number), b"x" * 100, ABOUT, KEYS.seal)
    _flip(next(tmp_path.rglob("*5-0")))
    next(tmp_path.rglob("*6-0")).unlink()
    found, seen = reread(shelf.store, KEYS, Seen(), 1e9, None, lambda *_: None)
    assert (found.packs, set(found.wal), found.failed) == (2, {_name(5), _name(6)}, ())
    assert sorted(found.damaged.values()) == ["it is missing", "it is not what was stored"]
    assert seen.read == {}


def _flip(path: Path) -> None:
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


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


def test_the_last_file_that_is_damaged_ends_what_is_promised() -> None:
    names = [_name(number).name for number in (5, 6, 7)]
    stream = Stream("0000000A", 1.0, 9.0, files=dict.fromkeys(names[:2], 1), partial=names[2])
    assert without(stream, [("0000000B", names[0])]) == stream
    last = without(stream, [("0000000A", names[2])])
    assert (last.torn, last.partial, last.files) == (True, "", stream.files)
    middle = without(stream, [("0000000A", names[0])])
    assert (middle.torn, list(middle.files)) == (False, names[1:2])


def test_what_is_here_and_what_is_in_the_store_is_one_stream() -> None:
    there = Stream("00000001", 1.0, 5.0, files={"A": 1, "B": 1})
    here = Stream("00000001", 1.0, 9.0, files={"C": 1}, partial="D", folder="/wal")
    later = Stream("00000002", 7.0, 9.0)
    (first, second) = merged([here], [later, there])
    assert (sorted(first.files), first.partial, first.folder) == (["A", "B", "C"], "D", "/wal")
    assert second is later
