"""Which parts of a restore are meant."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from tests.unit.backup.made import new_keys, new_store, part_of, stored
from vrooli.backup.point import Part
from vrooli.cli import restore_asking
from vrooli.cli.kit import Kit
from vrooli.core.errors import UsageError
from vrooli.core.home import Home
from vrooli.stack.backing import TREE

KEYS = new_keys()
PART = part_of(stored(b"-", new_store(KEYS)[0], KEYS))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """One in which a `cache` runs and is healthy, and `db` is gone."""
    rows = [{"name": "cache", "state": "running", "health": "ok"}]

    def seen(_: Kit, __: Home) -> dict[str, Any]:
        return {"services": rows}

    monkeypatch.setattr(restore_asking, "read_status", seen)
    return Home(tmp_path, tmp_path)


def _part(service: str, source: str, *roots: Path) -> Part:
    facts = {"before": {"roots": [str(root) for root in roots]}}
    form = TREE if source == "files" else "tar"
    return replace(PART, service=service, source=source, form=form, facts=facts)


def _meant(home: Home, parts: list[Part], only: Collection[str] = (), *, yes: bool = True) -> Any:
    return restore_asking.meant(cast("Kit", None), home, parts, only=only, yes=yes)


def test_what_serves_stays_while_something_else_is_lost(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = [_part("db", "postgres-physical"), _part("cache", "redis")]
    assert _meant(home, parts) == {"db"}
    assert "`--only cache` has it replaced" in capsys.readouterr().err
    assert _meant(home, parts, ("db", "cache")) == {"db", "cache"}
    for only, told in (((), "cache is there"), (("db", "cache"), "")):  # of a plan
        restore_asking.tell_staying(cast("Kit", None), home, parts, only)
        said = capsys.readouterr().err
        assert told in said
        assert bool(said) == bool(told)
        assert "db" not in said


def test_what_serves_is_replaced_only_by_its_name(home: Home) -> None:
    cache = [_part("cache", "redis")]
    for only in ((), ("redis",)):
        with pytest.raises(UsageError, match="only when it is named"):
            _meant(home, cache, only)
    assert _meant(home, cache, ("cache",)) == {"cache"}


def test_nothing_is_asked_half_way(home: Home) -> None:
    parts = [_part("db", "postgres-physical"), _part("cache", "redis")]
    with pytest.raises(UsageError, match="nobody can be asked"):
        _meant(home, parts, ("db",), yes=False)
    with pytest.raises(UsageError, match="cache is there"):
        _meant(home, parts, ("db", "redis"))


def test_files_are_lost_where_one_of_their_folders_is_missing_or_empty(home: Home) -> None:
    full, empty = home.root / "full", home.root / "empty"
    full.mkdir()
    empty.mkdir()
    (full / "file").touch()
    there = _part("uploads", "files", full, full / "file")
    assert _meant(home, [there, _part("others", "files", full, empty)]) == {"others"}
    assert _meant(home, [there, _part("more", "files", home.root / "gone")]) == {"more"}
    assert _meant(home, [there], ("files",)) == {"uploads"}
    with pytest.raises(UsageError, match="only when it is named"):
        _meant(home, [there])
