"""What is found of upgrades and restores whose author was killed."""

import json
from pathlib import Path

import pytest

from vrooli.core.command import EndLaunches, Remove
from vrooli.stack.postgres.left import TARGET, cut_short, unmade

NAMED, MADE = "db.aaaaaa-00000001", "db.bbbbbb-00000002"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of data in which `NAMED` is in force."""
    for name in ("db", NAMED, MADE):
        (tmp_path / name).mkdir()
    note = {"current": NAMED, "other": "db"}
    (tmp_path / "db.clusters.json").write_text(json.dumps(note), encoding="utf-8")
    return tmp_path


def _stage(data: Path, target: str) -> None:
    stage = data / "db.restore"
    stage.mkdir()
    (stage / TARGET).write_text(f"{target}\n", encoding="utf-8")


def _removed(data: Path) -> list[str]:
    found = [command for one in cut_short(data, ()) for command in one.commands]
    return [Path(command.path).name for command in found if isinstance(command, Remove)]


def test_where_nothing_was_cut_short_nothing_is_touched(data: Path) -> None:
    assert [*cut_short(data, ["db", "db.proof", "web"])] == []


def test_a_folder_that_only_the_stage_names_goes_before_the_stage(data: Path) -> None:
    _stage(data, MADE)
    assert _removed(data) == [MADE, "db.restore"]


@pytest.mark.parametrize("target", [NAMED, "db", "other.aaaaaa-00000001", "../db", "", "ä"])
def test_what_is_in_force_or_kept_or_not_ours_stays(data: Path, target: str) -> None:
    _stage(data, target)
    assert _removed(data) == ["db.restore"]


def test_where_nobody_can_tell_what_is_in_force_no_data_goes(data: Path) -> None:
    _stage(data, MADE)
    (data / "db.clusters.json").write_text("{", encoding="ascii")
    assert _removed(data) == ["db.restore"]


def test_a_server_without_its_folder_is_ended(data: Path) -> None:
    (found,) = cut_short(data, ["db.restore", "db.proof"])
    assert EndLaunches("db.restore") in found.commands


def test_a_switch_that_nobody_settled_is_told_and_stays(data: Path) -> None:
    (data / "db.clusters.json.before").write_text("{}", encoding="ascii")
    (found,) = cut_short(data, ())
    assert (NAMED in found.said, "--undo" in found.said) == (True, True)
    assert _removed(data) == ["db.clusters.json.before"]


def test_the_rest_of_making_data_goes_where_a_restore_overtook_it(data: Path) -> None:
    assert [*unmade(data, "db")] == []
    for name in ("db.new", f"{NAMED}.new", "db-2.new", "db.newer", "db.x.new"):
        (data / name).mkdir()
    ended, *removed = unmade(data, "db")
    assert ended == EndLaunches("db.prepare")
    assert removed == [Remove(str(data / f"{NAMED}.new")), Remove(str(data / "db.new"))]
