"""WAL that is damaged in a store is put there anew, from where it is whole; else it is told."""

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.hung_disk import dead_disk
from tests.support.root import mounts
from tests.unit.backup.made import new_keys
from vrooli.backup.keys import Keys
from vrooli.backup.owning import Owner, adopt
from vrooli.backup.rereading import Reread
from vrooli.backup.wal import StoredName, WalShelf
from vrooli.core.errors import Damaged, StorageError, VrooliError
from vrooli.core.home import Home
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_reread import Rereading
from vrooli.main.backup_spread import BackupSpread
from vrooli.main.backup_stores import BackupStores
from vrooli.stack.backup_settings import StoreSettings
from vrooli.stack.postgres.wal.streams import wal_folder

NAME = StoredName("db", "77", "00000001", f"{1:08X}{0:08X}{5:08X}")
CONTENT = b"written" * 100


@dataclass(frozen=True, slots=True)
class _Two(BackupStores):
    """A near one and a far one, of a stack that was never brought up."""

    def settings(self) -> dict[str, StoreSettings]:
        top = self.home.root.parent
        return {name: StoreSettings(name, f"file://{top / name}") for name in ("near", "far")}


class Place:
    """A home with both stores, which hold the same WAL."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said = folder, list[str]()
        self.home = Home(folder / "home", folder / "run")
        self.home.root.mkdir()
        self.keys: Keys = new_keys()
        self.spread = BackupSpread(_Two(self.home, {}), self.keys, self.said.append)
        for name in ("near", "far"):
            self.shelf(name).keep(NAME, CONTENT, (10.0, 20.0, ""), self.keys.seal)

    def shelf(self, name: str) -> WalShelf:
        return WalShelf(self.spread.ours(name))

    def damage(self, store: str) -> None:
        piece = next((self.folder / store).rglob("*-0"))
        piece.write_bytes(piece.read_bytes()[:-1])

    def reread(self) -> Reread:
        return self.look("near")[0]["near"]

    def look(self, *names: str) -> tuple[dict[str, Reread], dict[str, VrooliError]]:
        return Rereading(self.spread, self.keys, nullcontext).look(names, None, lambda *_: None)

    @property
    def torn(self) -> dict[str, tuple[str, ...]]:
        return dict(BackupBook(self.home).read().torn)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_it_comes_from_another_store(place: Place) -> None:
    place.damage("near")
    found = place.reread()
    assert dict(found.mended) == {NAME.blob: str(place.folder / "far")}
    assert list(found.damaged) == [NAME.blob]
    assert (place.shelf("near").content(NAME, place.keys.opener), place.torn) == (CONTENT, {})
    assert not place.reread().damaged


def test_it_comes_from_what_was_received(place: Place) -> None:
    folder = wal_folder(place.home, "db") / NAME.system / NAME.stream
    folder.mkdir(parents=True)
    (folder / NAME.name).write_bytes(CONTENT)
    place.damage("near")
    place.damage("far")
    assert "received here" in place.reread().mended[NAME.blob]
    assert place.shelf("near").content(NAME, place.keys.opener) == CONTENT
    assert place.shelf("near").index(NAME).seen == 20.0


@mounts
def test_another_store_whose_mount_is_dead_keeps_it_from_no_other_place(place: Place) -> None:
    folder = wal_folder(place.home, "db") / NAME.system / NAME.stream
    folder.mkdir(parents=True)
    (folder / NAME.name).write_bytes(CONTENT)
    place.damage("near")
    with dead_disk(place.folder / "far"):
        assert "received here" in place.reread().mended[NAME.blob]


@mounts
def test_a_store_whose_mount_is_dead_is_told_and_the_others_are_read(place: Place) -> None:
    place.damage("far")
    with dead_disk(place.folder / "near"):
        found, away = place.look("near", "far")
        assert ([*found], [*away]) == (["far"], ["near"])
        assert list(found["far"].damaged) == [NAME.blob]
        with pytest.raises(StorageError, match="its mount is dead"):
            place.look("near")


def test_what_is_whole_nowhere_is_told_until_it_is_gone(place: Place) -> None:
    place.damage("near")
    place.damage("far")
    assert not place.reread().mended
    assert place.torn == {"near": (NAME.blob,)}
    with pytest.raises(Damaged):
        place.shelf("near").require_whole(NAME)
    place.shelf("near").remove([NAME])
    place.reread()
    assert place.torn == {}


def test_the_store_of_another_home_is_read_and_not_mended(place: Place) -> None:
    place.damage("near")
    adopt(place.shelf("near").store, Owner("other", "web2", "shop", 1.0))
    found = place.reread()
    assert (list(found.damaged), dict(found.mended)) == ([NAME.blob], {})
    assert "web2" in place.said[-1]
    assert "web2" in BackupBook(place.home).read().paused["near"]
