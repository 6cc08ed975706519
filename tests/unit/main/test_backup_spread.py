"""Stores on a disk that is missing or full: nobody is told that nothing was ever taken, and another
one takes it meanwhile.
"""

import errno
import math
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.hung_disk import dead_disk, refusing_disk
from tests.support.root import mounts
from tests.unit.backup.made import new_keys, part_of, point_of, stored
from vrooli.backup.owning import Owner, adopt
from vrooli.backup.store import Store
from vrooli.core.errors import ConfigError, NoRoom, Refused, StorageError
from vrooli.core.home import Home
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_check import Checking
from vrooli.main.backup_spread import BackupSpread
from vrooli.main.backup_stores import BackupStores
from vrooli.stack.backup_settings import StoreSettings
from vrooli.stack.room import LEFT


@dataclass(frozen=True, slots=True)
class _Stores(BackupStores):
    """Folders beside the home, of a stack that was never brought up.

    Attributes:
        full: those without room.
    """

    names: tuple[str, ...] = ("near", "far")
    full: set[str] = field(default_factory=set)

    def room(self, name: str) -> float:
        return LEFT if name in self.full else math.inf

    def settings(self) -> dict[str, StoreSettings]:
        top = self.home.root.parent
        return {name: StoreSettings(name, f"file://{top / name}") for name in self.names}


class Place:
    """A home whose record knows a point in the store `near`, which is not there."""

    def __init__(self, folder: Path, *names: str) -> None:
        self.folder, self.said = folder, list[str]()
        home = Home(folder / "home", folder / "run")
        home.root.mkdir()
        self.stores = _Stores(home, {}, names)
        self.spread = BackupSpread(self.stores, new_keys(), self.said.append)
        BackupBook(home).taken(point_of(), ("near",))


def test_a_disk_that_is_missing_is_told_by_whoever_reads_writes_or_checks(tmp_path: Path) -> None:
    place = Place(tmp_path, "near")
    with pytest.raises(StorageError, match="may not be mounted"):
        place.spread.reading()
    with pytest.raises(StorageError, match="may not be mounted"):
        place.spread.reading("near")
    with pytest.raises(StorageError, match="may not be mounted"):
        place.spread.writing({})
    [look] = Checking(place.stores, place.spread.keys, 0.0).looks("near")
    assert (look.ok, "may not be mounted" in look.said, "\n" in look.said) == (False, True, False)
    assert not (tmp_path / "near").exists(), "nobody writes where a disk belongs"
    assert place.said == []  # there is no other store to tell of


def test_another_store_is_read_and_written_meanwhile(tmp_path: Path) -> None:
    place = Place(tmp_path, "near", "far")
    assert place.spread.writing({})[0] == "far"
    assert place.spread.reading().ids() == []
    gone = (
        "near: the restore points that were here are gone: it may not be mounted (next: mount it; "
        "if it was emptied, name it anew in the stack file)"
    )
    assert place.said == [f"{gone}; far is written to", gone]
    assert not (tmp_path / "near").exists()


def test_a_full_store_is_passed_over_and_completed_when_it_has_room(tmp_path: Path) -> None:
    place = Place(tmp_path, "one", "two")
    full = NoRoom("it is full", next_step="make room")
    name, two = place.spread.writing({"one": full})
    assert (name, place.said) == ("two", ["one: it is full (next: make room); two is written to"])
    with pytest.raises(NoRoom, match="it is full"):
        place.spread.writing({"one": full, "two": full})

    keys = place.spread.keys
    assert keys is not None
    point = point_of(part_of(stored(b"a row" * 1000, two, keys)))
    two.share_key(keys.seal)
    two.keep(point)
    place.stores.full.add("one")
    done = place.spread.spread(lambda *_: None)
    assert done.stores_of(point.id) == ["two"]
    assert isinstance(done.errors["one"], NoRoom)
    assert "are needed, 67.1 MB are free" in done.reasons()["one"]
    assert not (tmp_path / "one" / "packs").exists()
    place.stores.full.clear()
    done = place.spread.spread(lambda *_: None)
    assert (done.stores_of(point.id), done.errors) == (["one", "two"], {})


def test_what_kills_left_half_written_goes_from_every_store_that_is_ours(tmp_path: Path) -> None:
    place = Place(tmp_path, "one", "two", "theirs")
    assert place.spread.keys is not None
    adopt(Store(place.stores.blobs("theirs"), place.spread.keys.mac), Owner("other", "", "", 1.0))
    left = []
    for name in ("one", "two", "theirs"):
        left.append(tmp_path / name / "packs" / ".0123456789abcdef.part")
        place.stores.blobs(name).put("packs/1", b"1")
        Store(place.stores.blobs(name), place.spread.keys.mac).share_key(place.spread.keys.seal)
        left[-1].write_bytes(b"half")
        os.utime(left[-1], (1, 1))
    done = place.spread.spread(lambda *_: None)
    assert list(done.errors) == ["theirs"]
    assert [path.exists() for path in left] == [False, False, True]


def test_a_store_among_the_data_is_not_written_to(tmp_path: Path) -> None:
    place = Place(tmp_path, "home/data/kept", "far")
    (tmp_path / "link").symlink_to(tmp_path / "home" / "data")
    linked = _Stores(place.stores.home, {}, ("link",))
    for stores, name in ((place.stores, "home/data/kept"), (linked, "link")):
        with pytest.raises(ConfigError, match="among the data"):
            BackupSpread(stores, place.spread.keys, print).ours(name)
        [look] = Checking(stores, None, 0.0).looks(name)
        assert look.ok is False
    assert place.spread.writing({})[0] == "far"


def test_a_folder_in_which_other_files_lie_does_not_become_a_store(tmp_path: Path) -> None:
    place = Place(tmp_path, "far")
    theirs = tmp_path / "far" / "packs" / "mine"
    theirs.parent.mkdir(parents=True)
    (tmp_path / "far" / "lost+found").mkdir()
    assert place.spread.writing({})[0] == "far", "what a disk brings along is no file"
    (tmp_path / "far" / "owners" / "000001.json").unlink()
    theirs.write_text("precious", encoding="utf-8")
    (theirs.parent / ".0123456789abcdef.part").touch()
    fresh = BackupSpread(place.stores, place.spread.keys, place.said.append)
    with pytest.raises(Refused, match="other files already: packs"):
        fresh.writing({})
    looks = Checking(place.stores, place.spread.keys, 0.0).looks("far")
    assert [look.ok for look in looks] == [False]
    assert theirs.read_text(encoding="utf-8") == "precious"


def test_what_a_kill_left_of_our_first_write_keeps_no_folder_from_being_a_store(
    tmp_path: Path,
) -> None:
    place = Place(tmp_path, "far")
    left = tmp_path / "far" / "owners" / ".0123456789abcdef.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    looks = Checking(place.stores, place.spread.keys, 0.0).looks("far")
    assert "open" not in [look.what for look in looks]
    assert place.spread.writing({})[0] == "far"


@mounts
def test_a_mount_that_is_dead_is_told_in_a_line_and_another_store_goes_on(tmp_path: Path) -> None:
    place = Place(tmp_path, "near", "far")
    point = point_of()
    far = place.spread.ours("far")
    far.keep(point)
    (tmp_path / "near").mkdir()
    with dead_disk(tmp_path / "near"):
        store = place.spread.reading()
        assert (store.ids(), store.point("latest")) == ([point.id], point)
        assert place.spread.holding(point.id)[0] == "far"
        assert place.spread.writing({})[0] == "far"
        assert place.spread.paused() == {}
        done = place.spread.spread(lambda *_: None)
        assert (done.stores_of(point.id), list(done.errors)) == (["far"], ["near"])
        [look] = Checking(place.stores, place.spread.keys, 0.0).looks("near")
        assert (look.ok, _told_as_dead(look.said), "\n" in look.said) == (False, True, False)
        with pytest.raises(StorageError, match="its mount is dead"):
            place.spread.reading("near")
    assert {_told_as_dead(line) for line in place.said} == {True}, place.said
    assert all(line.startswith("near: ") and "\n" not in line for line in place.said)


def _told_as_dead(line: str) -> bool:
    """With what to do about it."""
    return "its mount is dead: Transport endpoint" in line and "mount it again" in line


@mounts
@pytest.mark.parametrize(
    ("error", "told"),
    [
        (errno.ESTALE, "its mount is dead: Stale file handle (next: unmount it"),
        (errno.EIO, "cannot look: Input/output error (next: check that the disk is mounted"),
        (errno.EACCES, "cannot look: Permission denied (next: check that the disk is mounted"),
    ],
)
def test_whatever_a_disk_says_instead_of_an_answer_another_store_goes_on(
    tmp_path: Path, error: int, told: str
) -> None:
    place = Place(tmp_path, "near", "far")
    place.spread.ours("far").keep(point_of())
    (tmp_path / "near").mkdir()
    with refusing_disk(tmp_path / "near", error):
        assert place.spread.reading().point("latest") == point_of()
        assert place.spread.writing({})[0] == "far"
    assert {told in line for line in place.said} == {True}, place.said


@mounts
@pytest.mark.parametrize("asked_before", [False, True])
def test_a_mount_that_dies_meanwhile_is_told_once(tmp_path: Path, asked_before: bool) -> None:
    place = Place(tmp_path, "near", "far")
    assert place.spread.keys is not None
    for name in ("near", "far"):
        whole = Store(place.stores.blobs(name), place.spread.keys.mac)
        whole.share_key(place.spread.keys.seal)
        whole.keep(point_of())
    store = place.spread.reading()
    if asked_before:
        store.ids()
    with dead_disk(tmp_path / "near"):
        assert [store.point(id) for id in store.ids()] == [point_of()]
    [line] = place.said
    assert (_told_as_dead(line), "another store is asked" in line) == (True, True), line
