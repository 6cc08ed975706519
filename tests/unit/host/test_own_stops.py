"""Which stops were ours."""

from pathlib import Path

import pytest

from vrooli.host.own_stops import OwnStops


def test_it_is_known_to_the_process_after_this_one(tmp_path: Path) -> None:
    file = tmp_path / "stops.json"
    first = OwnStops(file)
    first.note("web.service", "run-1")
    second = OwnStops(file)
    assert second.has("web.service", "run-1")
    assert not second.has("web.service", "run-2")
    assert not second.has("db.service", "run-1")
    second.note("db.service", "run-3")
    assert first.has("db.service", "run-3")
    assert first.has("web.service", "run-1")
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_a_damaged_file_says_nothing_and_is_written_anew(tmp_path: Path, content: str) -> None:
    file = tmp_path / "stops.json"
    file.write_text(content, encoding="utf-8")
    own = OwnStops(file)
    assert not own.has("web.service", "run-1")
    own.note("web.service", "run-1")
    assert OwnStops(file).has("web.service", "run-1")


def test_without_a_place_to_write_this_process_knows(tmp_path: Path) -> None:
    for own in (OwnStops(None), OwnStops(tmp_path / "gone" / "stops.json")):
        own.note("web.service", "run-1")
        assert own.has("web.service", "run-1")
        assert not own.has("web.service", "")
