"""Which PostgreSQL programs are chosen."""

import sys
from pathlib import Path

import pytest

from vrooli.core.errors import ConfigError
from vrooli.stack.postgres.installation import PACKAGE, OtherMajor, embedded, of_major, system


def program(folder: Path, version: str) -> Path:
    """A folder with what looks like the programs of this version."""
    folder.mkdir(parents=True)
    (folder / "initdb").write_bytes(b"")
    (folder / "postgres").write_bytes(
        b"\x7fELF" + b"\0" * 9000 + b"postgres (PostgreSQL) %s\n\0" % version.encode()
    )
    return folder


def package(site: Path, major: int, version: str) -> None:
    """The installed package, holding this version."""
    program(site / PACKAGE / f"pginstall{major}" / "bin", version)
    (site / f"{PACKAGE}.libs").mkdir(exist_ok=True)


def copy(copies: Path, version: str) -> None:
    """An earlier copy in the home."""
    major = version.split(".")[0]
    program(copies / version / PACKAGE / f"pginstall{major}" / "bin", version)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place for packages; nothing else is on the module path."""
    folder = tmp_path / "site"
    folder.mkdir()
    others = [path for path in sys.path if not (Path(path) / PACKAGE).exists()]
    monkeypatch.setattr(sys, "path", [str(folder), *others])
    return folder


def test_a_new_cluster_takes_the_newest_of_the_package(site: Path, tmp_path: Path) -> None:
    package(site, 16, "16.9")
    package(site, 18, "18.4")
    found = embedded(tmp_path / "pgsql", None)
    assert (found.version, found.major) == ("18.4", 18)
    assert found.bin == tmp_path / "pgsql/18.4" / PACKAGE / "pginstall18/bin"
    assert dict(found.sources) == {
        str(site / PACKAGE / "pginstall18"): f"{PACKAGE}/pginstall18",
        str(site / f"{PACKAGE}.libs"): f"{PACKAGE}.libs",
    }


def test_a_copy_in_the_home_is_not_copied_again(site: Path, tmp_path: Path) -> None:
    package(site, 18, "18.4")
    copy(tmp_path / "pgsql", "18.4")
    assert embedded(tmp_path / "pgsql", 18).sources == ()


def test_a_newer_package_of_the_same_major_is_copied_beside(site: Path, tmp_path: Path) -> None:
    copy(tmp_path / "pgsql", "18.4")
    package(site, 18, "18.10")
    found = embedded(tmp_path / "pgsql", 18)
    assert found.version == "18.10"
    assert found.sources


def test_an_older_package_does_not_take_over(site: Path, tmp_path: Path) -> None:
    copy(tmp_path / "pgsql", "18.10")
    package(site, 18, "18.4")
    assert embedded(tmp_path / "pgsql", 18).version == "18.10"


def test_old_data_keeps_its_copy_when_the_package_moves_on(site: Path, tmp_path: Path) -> None:
    copy(tmp_path / "pgsql", "18.4")
    package(site, 19, "19.1")
    assert embedded(tmp_path / "pgsql", 18).version == "18.4"
    assert embedded(tmp_path / "pgsql", None).version == "19.1"


def test_without_the_package_the_copy_still_runs(site: Path, tmp_path: Path) -> None:
    copy(tmp_path / "pgsql", "18.4")
    assert embedded(tmp_path / "pgsql", 18).version == "18.4"


def test_data_of_another_major_version_is_an_error_that_names_both(
    site: Path, tmp_path: Path
) -> None:
    package(site, 18, "18.4")
    with pytest.raises(ConfigError, match=r"PostgreSQL 17, the programs are of PostgreSQL 18\.4"):
        embedded(tmp_path / "pgsql", 17)


def test_no_package_at_all_says_what_to_install(site: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        embedded(tmp_path / "pgsql", None)
    assert "pip install" in caught.value.next_step


def test_a_half_made_copy_is_not_taken(site: Path, tmp_path: Path) -> None:
    (tmp_path / "pgsql" / ".18.4.abcd.part" / PACKAGE / "pginstall18" / "bin").mkdir(parents=True)
    package(site, 18, "18.4")
    assert embedded(tmp_path / "pgsql", None).sources


def test_the_bin_folder_of_the_system_or_its_parent_is_taken(tmp_path: Path) -> None:
    folder = program(tmp_path / "15" / "bin", "15.18 (Debian 15.18-0+deb12u1)")
    for given in (folder, folder.parent):
        found = system(str(given))
        assert (found.version, found.bin, found.sources) == ("15.18", folder, ())


@pytest.mark.parametrize("version", ["12.3", "soon"])
def test_programs_that_are_too_old_or_none_are_refused(version: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        system(str(program(tmp_path / "bin", version)))


def test_an_empty_folder_is_no_installation(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        system(str(tmp_path))
    assert "apt install postgresql" in caught.value.next_step


def test_data_that_is_newer_than_the_programs_has_no_upgrade(site: Path, tmp_path: Path) -> None:
    package(site, 18, "18.4")
    with pytest.raises(OtherMajor) as older:
        embedded(tmp_path / "pgsql", 17, "db")
    assert "`vrooli resource upgrade db`" in older.value.next_step
    with pytest.raises(OtherMajor) as newer:
        embedded(tmp_path / "pgsql", 19, "db")
    assert "upgrade" not in newer.value.next_step


def test_programs_of_a_major_version_are_looked_for_here_and_there(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = str(tmp_path / "lib" / "{major}" / "bin")
    monkeypatch.setattr("vrooli.stack.postgres.installation.USUAL_FOLDERS", (usual,))
    copies = tmp_path / "pgsql"
    assert of_major(15, copies) is None
    program(tmp_path / "lib" / "15" / "bin", "15.9")
    said = program(tmp_path / "said", "15.8")
    assert of_major(15, copies).bin == tmp_path / "lib" / "15" / "bin"  # type: ignore[union-attr]
    assert of_major(15, copies, [str(said)]).bin == said  # type: ignore[union-attr]
    assert of_major(15, copies, [str(tmp_path / "gone")]) is not None
    copy(copies, "15.7")
    assert of_major(15, copies).version == "15.7"  # type: ignore[union-attr]
    assert of_major(15, copies, [str(said)]).bin == said  # type: ignore[union-attr]


def test_of_the_copies_the_newest_serves_whichever_is_named(site: Path, tmp_path: Path) -> None:
    copies = tmp_path / "pgsql"
    copy(copies, "18.3")
    copy(copies, "18.4")
    named = copies / "18.3" / PACKAGE / "pginstall18" / "bin"
    assert of_major(18, copies, [str(named)]).version == "18.4"  # type: ignore[union-attr]
    (tmp_path / "link").symlink_to(copies)
    linked = tmp_path / "link" / "18.3" / PACKAGE / "pginstall18" / "bin"
    assert of_major(18, copies, [str(linked)]).version == "18.4"  # type: ignore[union-attr]
