"""Time zones of this machine."""

import shutil
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest

from vrooli.core.errors import ConfigError
from vrooli.host.zones import Zones

BERLIN = Path("/usr/share/zoneinfo/Europe/Berlin")
TOKYO = Path("/usr/share/zoneinfo/Asia/Tokyo")


def summer(zone: tzinfo) -> timedelta | None:
    """Its distance from UTC in July."""
    return datetime(2026, 7, 1, tzinfo=zone).utcoffset()


def test_a_zone_is_found_by_its_name(tmp_path: Path) -> None:
    assert summer(Zones({}, tmp_path / "none")("Asia/Tokyo")) == timedelta(hours=9)


@pytest.mark.parametrize("name", ["Europe/Nowhere", "../etc/passwd", "/etc/passwd", "a\0b"])
def test_a_name_that_is_none_is_a_mistake_of_the_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="no time zone"):
        Zones({}, tmp_path / "none")(name)


def test_local_time_is_that_of_the_system_also_when_it_is_changed(tmp_path: Path) -> None:
    localtime = tmp_path / "localtime"
    shutil.copy(BERLIN, localtime)
    zones = Zones({}, localtime)
    assert summer(zones("")) == timedelta(hours=2)
    shutil.copy(TOKYO, localtime)
    assert summer(zones("")) == timedelta(hours=9)


def test_tz_goes_first_and_an_unknown_one_is_utc_as_the_c_library_has_it(tmp_path: Path) -> None:
    localtime = tmp_path / "localtime"
    shutil.copy(BERLIN, localtime)
    assert summer(Zones({"TZ": ":Asia/Tokyo"}, localtime)("")) == timedelta(hours=9)
    assert Zones({"TZ": "Nowhere"}, localtime)("") is UTC


@pytest.mark.parametrize("content", [None, b"", b"no zone at all"])
def test_a_system_without_a_zone_is_at_utc(tmp_path: Path, content: bytes | None) -> None:
    localtime = tmp_path / "localtime"
    if content is not None:
        localtime.write_bytes(content)
    assert Zones({}, localtime)("") is UTC
