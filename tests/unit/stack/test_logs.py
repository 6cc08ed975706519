"""The end of a log."""

from pathlib import Path

from vrooli.stack.logs import size_of, tail


def test_the_end_is_that_of_the_latest_start(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    assert (size_of(log), tail(log, 5)) == (0, [])
    log.write_text("boom\n" * 3, encoding="utf-8")
    began = size_of(log)
    assert tail(log, 5, began) == []
    with log.open("a", encoding="utf-8") as file:
        file.write("bang\n")
    assert tail(log, 5, began) == ["bang"]
    assert tail(log, 2) == ["boom", "bang"]


def test_after_a_rotation_all_of_it_is_of_the_latest_start(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_text("bang\n", encoding="utf-8")
    assert tail(log, 5, since=100) == ["bang"]
