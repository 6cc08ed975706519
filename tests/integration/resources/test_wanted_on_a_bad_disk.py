"""What an operator said is kept on a disk that takes nothing: full, read-only, hung or closed."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.support.disks import ext4, fill, read_only, tmpfs
from tests.support.hung_disk import hung_disk
from tests.support.root import mounts
from tests.support.waiting import wait_for
from vrooli.stack.wanted import Wanted

pytestmark = mounts

ALL = ("web", "worker")
Disk = Callable[[Path, int], AbstractContextManager[Path]]


class Place:
    """A home on a small disk, and a run folder elsewhere."""

    def __init__(self, home: Path, run: Path) -> None:
        self.home, self.run = home, run
        self.wanted = self.load()
        self.wanted.start(ALL, ALL)

    def load(self) -> Wanted:
        return Wanted(self.home / "wanted.json", self.run / "wanted.json")

    def in_the_home(self) -> list[str]:
        """What runs by the home alone, as after a reboot."""
        found = Wanted(self.home / "wanted.json", self.run / "nothing")
        return [name for name in ALL if found.running(name)]


@pytest.fixture(params=["ext4", "tmpfs"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    home, run = tmp_path / "home", tmp_path / "run"
    home.mkdir()
    run.mkdir()
    make: Disk = ext4 if request.param == "ext4" else tmpfs
    with make(home, 4 << 20):
        yield Place(home, run)


def test_on_a_full_disk_it_is_durable_all_the_same(place: Place) -> None:
    fill(place.home / "ballast")
    place.wanted.stop(["web"])
    assert place.in_the_home() == ["worker"]
    assert place.wanted.trouble == ""
    assert list(place.run.iterdir()) == []


def test_said_again_and_again_on_a_full_disk_nothing_is_forgotten(place: Place) -> None:
    fill(place.home / "ballast")
    for _ in range(5):
        place.wanted.stop(["web"])
        fill(place.home / "more-ballast")
        assert not place.load().running("web")
        place.wanted.start(["web"], ALL)
        fill(place.home / "more-ballast")
        assert place.load().running("web")
    (place.home / "ballast").unlink()
    place.wanted.settle()
    assert place.wanted.trouble == ""
    assert place.in_the_home() == list(ALL)
    assert list(place.run.iterdir()) == []


def test_on_a_read_only_disk_it_stands_in_the_run_folder_and_that_is_said(place: Place) -> None:
    with read_only(place.home):
        place.wanted.stop(["web"])
        assert not place.wanted.running("web")
        assert "Read-only file system" in place.wanted.trouble
        assert str(place.run) in place.wanted.trouble
        assert place.in_the_home() == list(ALL)
        later = place.load()  # the next watchdog, or a command
        assert not later.running("web")
        assert later.trouble
    later.settle()
    assert later.trouble == ""
    assert place.in_the_home() == ["worker"]
    assert list(place.run.iterdir()) == []


def test_on_a_disk_that_hangs_it_is_said_in_time_and_written_when_it_is_back(
    place: Place,
) -> None:
    with hung_disk(place.home):
        place.wanted.stop(["web"])
        place.wanted.stop_all()
        assert not place.wanted.running("worker")
        assert "no answer" in place.wanted.trouble

    def settled() -> bool:
        place.wanted.settle()
        return not place.wanted.trouble

    wait_for(settled, "it is written")
    assert place.in_the_home() == []
    assert list(place.run.iterdir()) == []


def test_where_nothing_can_be_written_it_is_remembered_in_memory_and_that_is_said(
    place: Place,
) -> None:
    place.run.rmdir()
    with read_only(place.home):
        place.wanted.stop(["web"])
        assert not place.wanted.running("web")
        assert "in memory alone" in place.wanted.trouble
    place.wanted.settle()
    assert place.in_the_home() == ["worker"]
