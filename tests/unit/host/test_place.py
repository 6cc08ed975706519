"""What a look at the home sees, and when that is evidence enough to stop a stack."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.disks import read_only, tmpfs
from tests.support.root import mounts
from vrooli.host.keeper.place import (
    CERTAIN,
    DELETED,
    EMPTIED,
    MOVED,
    REPLACED,
    RETURN,
    THERE,
    UNCLEAR,
    UNLOCKED,
    Doubt,
    Place,
)


def made(home: Path) -> Path:
    home.mkdir(parents=True)
    (home / "keeper.lock").touch()
    (home / "stack.json").touch()
    return home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return made(tmp_path / "above" / "home")


@pytest.fixture
def place(home: Path) -> Iterator[Place]:
    place = Place(str(home))
    with (home / "keeper.lock").open("rb"):  # as who holds it: its number is not given away
        yield place
    os.close(place.fd)


def test_a_home_that_is_used_is_there(home: Path, place: Place) -> None:
    (home / "data").mkdir()
    (home / "stack.json.new").touch()
    (home / "stack.json.new").replace(home / "stack.json")
    assert place.look() == THERE


def test_a_deleted_home_is_deleted_whatever_comes_in_its_place(home: Path, place: Place) -> None:
    shutil.rmtree(home)
    assert place.look() == DELETED
    made(home)
    assert place.look() == DELETED
    shutil.rmtree(home.parent)
    assert place.look() == DELETED


def test_a_home_whose_content_is_gone_is_emptied(home: Path, place: Place) -> None:
    for path in home.iterdir():
        path.unlink()
    assert place.look() == EMPTIED
    (home / "spool.db").touch()
    assert place.look() == EMPTIED


def test_a_lock_that_is_gone_alone_is_no_loss_of_the_home(home: Path, place: Place) -> None:
    (home / "keeper.lock").unlink()
    assert place.look() == UNLOCKED
    (home / "keeper.lock").touch()
    assert place.look() == UNLOCKED
    place.relocked()
    assert place.look() == THERE


def test_a_home_that_was_moved_away_with_its_parent_or_without_is_moved(
    home: Path, place: Place
) -> None:
    home.rename(home.with_name("elsewhere"))
    assert place.look() == MOVED
    home.with_name("elsewhere").rename(home)
    assert place.look() == THERE
    home.parent.rename(home.parent.with_name("below"))
    assert place.look() == MOVED
    home.parent.with_name("below").rename(home.parent)
    assert place.look() == THERE


def test_a_home_in_whose_place_another_stands_is_replaced(home: Path, place: Place) -> None:
    home.rename(home.with_name("elsewhere"))
    made(home)
    assert place.look() == REPLACED
    shutil.rmtree(home)
    home.touch()
    assert place.look() == REPLACED


def test_a_home_reached_by_a_link_is_there_and_moved_with_the_link(tmp_path: Path) -> None:
    made(tmp_path / "real" / "home")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    place = Place(str(tmp_path / "link" / "home"))
    assert place.look() == THERE
    (tmp_path / "link").unlink()
    assert place.look() == MOVED
    os.close(place.fd)


@mounts
def test_a_disk_that_is_unmounted_or_mounted_over_is_no_evidence(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    with tmpfs(tmp_path / "disk", 1 << 20) as disk:
        within, whole = Place(str(made(disk / "home"))), Place(str(disk), lock="home/keeper.lock")
        (disk / "stack.json").touch()
        assert (within.look(), whole.look()) == (THERE, THERE)
        with tmpfs(disk, 1 << 20):
            assert (within.look(), whole.look()) == (UNCLEAR, UNCLEAR)
            made(disk / "home")
            assert within.look() == UNCLEAR
        assert (within.look(), whole.look()) == (THERE, THERE)
        with read_only(disk):
            assert (within.look(), whole.look()) == (THERE, THERE)
    assert (within.look(), whole.look()) == (UNCLEAR, UNCLEAR)
    os.close(within.fd)
    os.close(whole.fd)


@mounts
def test_another_folder_of_the_same_disk_bound_over_the_home_is_no_evidence(
    tmp_path: Path, home: Path, place: Place
) -> None:
    other = made(tmp_path / "other")
    subprocess.run(["mount", "--bind", str(other), str(home)], check=True)
    try:
        assert place.look() == UNCLEAR
    finally:
        subprocess.run(["umount", str(home)], check=True)
    assert place.look() == THERE


def test_a_look_that_fails_is_no_evidence(home: Path, place: Place) -> None:
    os.close(place.fd)
    assert place.look() == UNCLEAR
    place.fd = os.open(home, os.O_PATH)


@pytest.mark.parametrize("seen", [DELETED, EMPTIED, REPLACED])
def test_one_look_is_never_enough(seen: int) -> None:
    doubt = Doubt()
    assert not doubt.certain(seen, 100.0)
    assert not doubt.certain(seen, 100.0 + CERTAIN - 0.1)
    assert doubt.certain(seen, 100.0 + CERTAIN)


@pytest.mark.parametrize("between", [THERE, UNCLEAR, UNLOCKED])
def test_a_look_that_saw_it_or_nothing_begins_the_doubt_anew(between: int) -> None:
    doubt = Doubt()
    assert not doubt.certain(DELETED, 100.0)
    assert not doubt.certain(between, 102.0)
    assert not doubt.certain(DELETED, 104.0)
    assert doubt.certain(DELETED, 104.0 + CERTAIN)


def test_a_moved_home_gets_time_to_come_back_unless_another_takes_its_place() -> None:
    doubt = Doubt()
    assert not doubt.certain(MOVED, 100.0)
    assert not doubt.certain(MOVED, 100.0 + RETURN - 1)
    assert doubt.certain(MOVED, 100.0 + RETURN)
    doubt = Doubt()
    assert not doubt.certain(MOVED, 100.0)
    assert doubt.certain(REPLACED, 100.0 + CERTAIN)


def test_what_is_never_there_or_never_clear_is_never_certain() -> None:
    doubt = Doubt()
    assert not any(doubt.certain(UNCLEAR, float(now)) for now in range(0, 10_000, 10))
