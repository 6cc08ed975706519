"""A copy of a home is another home to the stores; one that was moved is the same."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from vrooli.backup.store import Store
from vrooli.core.errors import NotOurs
from vrooli.core.home import Home
from vrooli.main import home_owner
from vrooli.main.backup_book import BackupBook
from vrooli.main.backup_place import BackupPlace
from vrooli.main.backup_stores import BackupStores
from vrooli.main.home_owner import bound_id
from vrooli.stack.backup_settings import StoreSettings


def _home(path: Path) -> Home:
    path.mkdir(exist_ok=True)
    return Home(path, path.parent / "run")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    found = _home(tmp_path / "home")
    assert bound_id(found) == bound_id(found)
    return found


def test_a_copy_is_another_home_and_the_first_one_stays(home: Home, tmp_path: Path) -> None:
    was = bound_id(home)
    shutil.copytree(home.root, tmp_path / "copy")
    copy = bound_id(_home(tmp_path / "copy"))
    assert (copy.id != was.id, copy.before) == (True, str(home.root))
    assert (bound_id(_home(tmp_path / "copy")), bound_id(home)) == (copy, was)


def test_one_that_was_moved_is_the_same(home: Home, tmp_path: Path) -> None:
    was = bound_id(home)
    moved = _home(home.root.rename(tmp_path / "moved"))
    assert bound_id(moved) == replace(was, path=str(moved.root))
    shutil.copytree(moved.root, tmp_path / "home")
    assert bound_id(home).id != was.id, "a copy at the place where the first one was"
    assert bound_id(moved).id == was.id


def test_another_machine_and_another_disk_with_the_same_number_are_others(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(home.root, tmp_path / "disk")
    disk = _home(tmp_path / "disk")
    said = json.loads(disk.owner_json.read_text(encoding="utf-8"))
    said["inode"] = disk.root.stat().st_ino
    disk.owner_json.write_text(json.dumps(said), encoding="utf-8")
    assert bound_id(disk).id != said["id"]
    monkeypatch.setattr(home_owner, "host_id", lambda _: "another")
    assert bound_id(home).id != said["id"]


def test_the_id_of_before_it_was_bound_is_kept(tmp_path: Path) -> None:
    home = _home(tmp_path / "old")
    home.id.write_text("of before\n", encoding="ascii")
    home.id.chmod(0o644)
    assert bound_id(home).id == "of before"


def test_what_a_copy_is_told_says_where_it_comes_from(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = StoreSettings("near", f"file://{tmp_path / 'near'}")
    monkeypatch.setattr(BackupStores, "settings", lambda _: {"near": one})
    keys = BackupPlace(home, {}).keys()
    BackupPlace(home, {}).spread(lambda _: None).ours("near")
    shutil.copytree(home.root, tmp_path / "copy")
    copy = BackupPlace(_home(tmp_path / "copy"), {})
    with pytest.raises(NotOurs, match="copied or moved here from") as refused:
        copy.spread(lambda _: None).ours("near")
    assert "store adopt" in refused.value.next_step
    assert str(home.root) in BackupBook(copy.home).read().paused["near"]
    assert Store(BackupStores(home, {}).blobs("near"), keys.mac).ids() == []
    copy.spread(lambda _: None).adopt("near")
    assert copy.spread(lambda _: None).ours("near").ids() == []
    with pytest.raises(NotOurs):
        BackupPlace(home, {}).spread(lambda _: None).ours("near")
