"""What was kept of data is told from what is in force, and from what is none of it."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from vrooli.core.errors import ConfigError
from vrooli.stack.kept_data import kept_among, kept_in
from vrooli.stack.postgres.clusters import NOTE, Clusters

KNOWN = Clusters("db.aaaaaa-11112222", other="db.18")
OURS = ("db", "db.17", "db.18", "db.3f09ab-0011")
OTHERS = ("db2", "db2.18", "db.beside", "db.proof", "db.1234", "db.old", "db.3f09ab-0011.new")


def test_names_of_a_service_are_told_from_those_of_others() -> None:
    assert kept_among((*OURS, *OTHERS, KNOWN.current), "db", KNOWN) == list(OURS)
    assert kept_among(("db", "db2"), "db", Clusters("db")) == []


@pytest.mark.parametrize("stage", ["db.restore", "db.upgrade"])
def test_nothing_goes_while_a_folder_is_made_or_that_in_force_is_gone(stage: str) -> None:
    assert kept_among((*OURS, KNOWN.current, stage), "db", KNOWN) == []
    assert kept_among(OURS, "db", KNOWN) == []


def test_they_are_told_with_when_they_were_in_force(tmp_path: Path) -> None:
    for name in (*OURS, *OTHERS, KNOWN.current):
        (tmp_path / name).mkdir()
    (tmp_path / "db.16").symlink_to(tmp_path / "db2")
    (tmp_path / f"db{NOTE}").write_text(json.dumps(asdict(KNOWN)), encoding="utf-8")
    found = kept_in(tmp_path, "db")
    assert {one.path.name: one.last for one in found} == {name: name == "db.18" for name in OURS}
    assert all(one.since > 0 for one in found)
    (tmp_path / f"db{NOTE}").write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError):
        kept_in(tmp_path, "db")
