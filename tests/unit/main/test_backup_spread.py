"""Stores on a disk that is missing: nobody is told that nothing was ever taken."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.unit.backup.made import new_keys, point_of
from vrooli.core.errors import ConfigError, StorageError
from vrooli.core.home import Home
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_check import Checking
from vrooli.main.backup_spread import BackupSpread
from vrooli.main.backup_stores import BackupStores
from vrooli.stack.backup_settings import StoreSettings


@dataclass(frozen=True, slots=True)
class _Stores(BackupStores):
    """Folders beside the home, of a stack that was never brought up; disks may be full."""

    names: tuple[str, ...] = ("near", "far")
    full: set[str] = field(default_factory=set)

    def room(self, name: str) -> float:
        return 1e6 if name in self.full else 1e12

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
        place.spread.writing()
    [look] = Checking(place.stores, place.spread.keys, 0.0).looks("near")
    assert (look.ok, "may not be mounted" in look.said, "\n" in look.said) == (False, True, False)
    assert not (tmp_path / "near").exists(), "nobody writes where a disk belongs"
    assert place.said == []  # there is no other store to tell of


def test_another_store_is_read_and_written_meanwhile(tmp_path: Path) -> None:
    place = Place(tmp_path, "near", "far")
    assert place.spread.writing()[0] == "far"
    assert place.spread.reading().ids() == []
    gone = "near: the restore points that were here are gone: it may not be mounted"
    assert place.said == [f"{gone}; far is written to", gone]
    assert not (tmp_path / "near").exists()


def test_a_store_that_is_full_is_passed_over_where_another_has_room(tmp_path: Path) -> None:
    place = Place(tmp_path, "first", "far")
    place.stores.full.add("first")
    assert place.spread.writing()[0] == "far"
    assert place.said == ["first: 1.0 MB are free, and more may be needed; far is written to"]
    place.stores.full.add("far")
    assert place.spread.writing()[0] == "first", "it refuses what has no room there, and says so"


def test_a_store_among_the_data_is_not_written_to(tmp_path: Path) -> None:
    place = Place(tmp_path, "home/data/kept", "far")
    (tmp_path / "link").symlink_to(tmp_path / "home" / "data")
    linked = _Stores(place.stores.home, {}, ("link",))
    for stores, name in ((place.stores, "home/data/kept"), (linked, "link")):
        with pytest.raises(ConfigError, match="among the data"):
            BackupSpread(stores, place.spread.keys, print).ours(name)
        [look] = Checking(stores, None, 0.0).looks(name)
        assert look.ok is False
    assert place.spread.writing()[0] == "far"
