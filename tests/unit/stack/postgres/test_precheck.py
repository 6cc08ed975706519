"""What speaks against an upgrade."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vrooli.stack.postgres.clusters import Clusters
from vrooli.stack.postgres.installation import Installation
from vrooli.stack.postgres.upgrade.look import Seen
from vrooli.stack.postgres.upgrade.precheck import MIB, SPARE, problems

GOOD = Seen(
    service="postgres",
    data=Path("/home/data/postgres"),
    major=16,
    clusters=Clusters("postgres"),
    old=Installation("16.14", Path("/old/bin")),
    new=Installation("18.4", Path("/new/bin")),
    size=100 * MIB,
    free=100 * MIB + SPARE,
    inside={"prepared": 0, "icu": None, "closed": None, "broken": None, "checksums": "on"},
    extensions={"vrooli": ("plpgsql",)},
)


def found(seen: Seen, **known: Any) -> list[str]:
    """The problems where the new version knows plpgsql, and no ICU, unless said."""
    return problems(seen, **{"missing": (), "offered": {"plpgsql"}, "icu": False, **known})


def test_nothing_speaks_against_a_sound_one() -> None:
    assert found(GOOD) == []
    assert found(replace(GOOD, inside=None, extensions={}), offered=None) == []


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"free": 100 * MIB}, "373.3 MB are needed, 104.9 MB are free"),
        ({"programs": 40 * MIB}, "415.2 MB are needed, 373.3 MB are free"),
        ({"link": True}, "is a link"),
        ({"tablespaces": 2}, "2 tablespaces"),
        ({"old": None}, "apt install postgresql-16"),
        ({"jobs": ("report",)}, "job report runs"),
        ({"clusters": Clusters("postgres.16", other="postgres")}, "--forget"),
        ({"inside": {"prepared": 1}}, "1 prepared transactions"),
        ({"inside": {"closed": ["archive"]}}, "`archive` allows no connections"),
        ({"inside": {"broken": ["half"]}}, "`half` is what an interrupted DROP DATABASE left"),
        ({"inside": {"icu": ["sorted"]}}, "`sorted` sorts by ICU"),
        ({"inside": {"checksums": "off"}}, "pg_checksums --enable"),
        ({"extensions": {"geo": ("plpgsql", "postgis")}}, "extension postgis"),
    ],
)
def test_each_reason_is_named(other: dict[str, Any], said: str) -> None:
    (line,) = found(replace(GOOD, **other))
    assert said in line


def test_missing_programs_are_named() -> None:
    assert found(GOOD, missing=["pg_ctl"]) == ["programs are missing in /old/bin: pg_ctl"]


def test_what_was_undone_is_kept_until_it_is_forgotten() -> None:
    undone = Clusters("postgres", other="postgres.18", undone=True)
    [said] = found(replace(GOOD, clusters=undone))
    assert "postgres.18" in said
    assert "--forget" in said
