"""Whole pieces of files that grow, before their end is there."""

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vrooli.backup import growing
from vrooli.backup.growing import Growing

FOREVER = 1000.0
"""Seconds."""

LONG_AGO = 1_000_000_000
"""Unix seconds."""


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of few bytes; it is over as soon as there is nothing to read."""
    monkeypatch.setattr(growing, "PIECE", 10)
    monkeypatch.setattr(growing, "_LOOKS", FOREVER)
    monkeypatch.setattr(growing, "Event", Impatient)


class Impatient(threading.Event):
    """Is set by who would wait for a long time."""

    def wait(self, timeout: float | None = None) -> bool:
        """See the base."""
        if timeout is not None and timeout >= FOREVER:
            self.set()
        return self.is_set()


class Followed:
    """What is read of a folder while something happens to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stored: set[bytes] = set()
        self.asked = 0
        self.growing = Growing(folder, self._is_stored)
        self._pieces: Iterator[bytearray] = self.growing.pieces()

    def next(self) -> bytes:
        """The next piece."""
        return bytes(next(self._pieces))

    def rest(self) -> list[bytes]:
        """What comes until there is nothing to read."""
        return [bytes(piece) for piece in self._pieces]

    def _is_stored(self, piece: bytearray) -> bool:
        self.asked += 1
        return bytes(piece) in self.stored


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    """A folder that is not there yet."""
    return Followed(tmp_path / "dump")


def _add(path: Path, data: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(data)
    return path


def test_each_whole_piece_comes_once_and_no_rest(followed: Followed) -> None:
    one, other = followed.folder / "0000" / "1.dat", followed.folder / "0001" / "2.dat"
    _add(one, b"a" * 10 + b"b" * 9)
    assert followed.next() == b"a" * 10
    _add(one, b"b" + b"c" * 9)
    assert followed.next() == b"b" * 10
    _add(other, b"d" * 10 + b"e")
    assert followed.rest() == [b"d" * 10]


def test_files_take_turns(followed: Followed) -> None:
    _add(followed.folder / "1.dat", b"a" * 30)
    _add(followed.folder / "2.dat", b"b" * 30)
    assert {followed.next(), followed.next()} == {b"a" * 10, b"b" * 10}


def _replaced(path: Path) -> list[bytes]:
    os.replace(_add(path.with_name("new"), b"n" * 11), path)
    return [b"n" * 10]


def _cut_short(path: Path) -> list[bytes]:
    os.truncate(path, 3)
    return []


def _written_anew(path: Path) -> list[bytes]:
    os.truncate(path, 0)
    _add(path, b"w" * 10)
    return [b"w" * 10]


def _vanished(path: Path) -> list[bytes]:
    path.unlink()
    return []


def _a_link(path: Path) -> list[bytes]:
    os.replace(path, path.parent.parent / "elsewhere")
    path.symlink_to(path.parent.parent / "elsewhere")
    return []


@pytest.mark.parametrize("happens", [_replaced, _cut_short, _written_anew, _vanished, _a_link])
def test_what_is_no_longer_that_file_is_another_one(
    followed: Followed, happens: Callable[[Path], list[bytes]]
) -> None:
    path = _add(followed.folder / "1.dat", b"a" * 20 + b"b")
    assert (followed.next(), followed.next()) == (b"a" * 10, b"a" * 10)
    expected = happens(path)
    assert followed.rest() == expected


def test_what_vanishes_between_look_and_read_is_left_out(
    followed: Followed, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add(followed.folder / "1.dat", b"a" * 10)
    other = _add(followed.folder / "2.dat", b"b" * 10)
    opened = Path.open

    def gone(path: Path, *args: Any, **more: Any) -> Any:
        path.unlink() if path == other else None
        return opened(path, *args, **more)

    monkeypatch.setattr(Path, "open", gone)
    assert followed.rest() == [b"a" * 10]


def test_where_nothing_is_new_little_is_read(followed: Followed) -> None:
    followed.stored = {b"a" * 10}
    _add(followed.folder / "1.dat", b"a" * 10 * 100)
    assert followed.rest() == []
    assert followed.asked == 7  # 0, 2, 5, 10, 19, 36 and 69


def test_from_the_first_new_piece_on_all_are_read(followed: Followed) -> None:
    followed.stored = {b"a" * 10}
    _add(followed.folder / "1.dat", b"a" * 10 * 4 + b"n" * 10 * 4)
    assert followed.rest() == [b"n" * 10] * 3
    assert followed.asked == 3


def test_who_gives_up_gets_no_piece_more(followed: Followed) -> None:
    _add(followed.folder / "1.dat", b"a" * 100)
    followed.next()
    followed.growing.stop()
    assert followed.rest() == []


def test_what_another_one_left_is_left_alone(followed: Followed) -> None:
    left = _add(followed.folder / "1.dat", b"a" * 10)
    os.utime(left, (LONG_AGO, LONG_AGO))
    assert followed.rest() == []
