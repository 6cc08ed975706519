"""The operator's will: kept, and read back as it was meant."""

from pathlib import Path

import pytest

from vrooli.stack.wanted import Wanted

ALL = ("web", "postgres", "worker")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path


def wanted(folder: Path) -> Wanted:
    return Wanted(folder / "wanted.json", folder / "run" / "wanted.json")


def running(found: Wanted) -> list[str]:
    return [name for name in ALL if found.running(name)]


def test_before_the_first_up_nothing_is_meant_to_run(folder: Path) -> None:
    assert running(wanted(folder)) == []


def test_after_an_up_all_runs_but_what_was_stopped_and_that_is_remembered(folder: Path) -> None:
    first = wanted(folder)
    first.start(ALL, ALL)
    first.stop(["web"])
    assert running(first) == running(wanted(folder)) == ["postgres", "worker"]


def test_after_a_down_only_what_is_started_runs(folder: Path) -> None:
    first = wanted(folder)
    first.start(ALL, ALL)
    first.stop_all()
    assert running(wanted(folder)) == []
    first.start(["postgres"], ALL)
    assert running(wanted(folder)) == ["postgres"]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"stopped": 7}', "\udcff"])
def test_a_damaged_file_means_that_nothing_was_stopped(folder: Path, damage: str) -> None:
    path = folder / "wanted.json"
    path.write_bytes(damage.encode("utf-8", "surrogateescape"))
    assert running(wanted(folder)) == list(ALL)


def test_it_is_closed_to_others(folder: Path) -> None:
    wanted(folder).start(ALL, ALL)
    assert {path.stat().st_mode & 0o777 for path in folder.glob("*wanted*")} == {0o600}
