"""Log files: their end."""

from pathlib import Path
from threading import Thread

import pytest

from vrooli.host.rotation import rotate
from vrooli.stack import logs


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with something in it."""
    path = tmp_path / "a.log"
    path.write_text("one\ntwo\nthree\n", encoding="utf-8")
    return path


def test_the_end_is_shown_and_what_came_before_a_point_left_out(log: Path) -> None:
    assert logs.tail(log, 2) == ["two", "three"]
    assert logs.tail(log, 10, since=len("one\n")) == ["two", "three"]
    assert logs.tail(log, 10, since=logs.size(log)) == []
    assert logs.tail(log, 10, since=10_000) == ["one", "two", "three"], "it was rotated since"
    assert logs.tail(log.with_name("none.log"), 5) == []


def test_right_after_a_rotation_the_lines_before_it_are_shown_as_well(log: Path) -> None:
    log.with_name("a.log.1").write_text("older\nol", encoding="utf-8")
    log.write_text("d\nnew\n", encoding="utf-8")
    assert logs.tail(log, 10) == ["older", "old", "new"]
    assert logs.tail(log, 1) == ["new"]
    assert logs.tail(log, 10, since=2) == ["new"]
    log.write_text("", encoding="utf-8")
    assert logs.tail(log, 1) == ["ol"]


def test_its_last_line_is_shown_whole_while_what_came_before_is_moved_away(log: Path) -> None:
    for _ in range(20):
        log.write_text("the flood\n" * 400_000 + "the end\n", encoding="utf-8")
        mover = Thread(target=rotate, args=(log, 1_000_000))
        mover.start()
        while mover.is_alive():
            assert logs.tail(log, 1) == ["the end"]
        mover.join()
