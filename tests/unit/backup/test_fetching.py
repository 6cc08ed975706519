"""A tar is unpacked into its folder, and nowhere else."""

import io
import tarfile
from pathlib import Path

import pytest

from tests.support import root
from tests.unit.backup.made import new_keys, new_store, part_of, stored
from vrooli.backup.fetching import fetch, made, made_for
from vrooli.core.errors import Damaged, NoRoom, UsageError, VrooliError

KEYS = new_keys()


def _tar(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for info, data in members:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return out.getvalue()


def _member(
    name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE
) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname = kind, 0o600, "/etc/passwd"
    return info, data


def _fetch(tar: bytes, folder: Path) -> None:
    store, _ = new_store(KEYS)
    fetch(part_of(stored(tar, store, KEYS)), store, KEYS, folder, None, lambda _: None)


def test_files_and_folders_come_out_as_they_were(tmp_path: Path) -> None:
    folder, deep = _member("base", kind=tarfile.DIRTYPE), _member("base/1259", b"page" * 4096)
    _fetch(_tar(_member("PG_VERSION", b"18\n"), folder, deep), tmp_path)
    assert (tmp_path / "PG_VERSION").read_bytes() == b"18\n"
    assert (tmp_path / "base" / "1259").read_bytes() == b"page" * 4096
    assert (tmp_path / "PG_VERSION").stat().st_mode & 0o777 == 0o600


@root.gives_away
def test_nobody_else_gets_in_before_all_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "cluster"
    folder.mkdir(mode=0o700)
    tar, (store, _), owners = _tar(_member("PG_VERSION", b"18\n")), new_store(KEYS), set[int]()
    part = part_of(stored(tar, store, KEYS))
    fetch(part, store, KEYS, folder, (65534, 65534), lambda _: owners.add(folder.stat().st_uid))
    assert owners == {0}
    assert {folder.stat().st_uid, (folder / "PG_VERSION").stat().st_uid} == {65534}


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "base/../../out"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    with pytest.raises(Damaged, match="leads out"):
        _fetch(_tar(_member(name, b"x")), inside)
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    with pytest.raises(Damaged, match="neither a file nor a folder"):
        _fetch(_tar(_member("pg_tblspc", kind=kind)), tmp_path)


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("mine", encoding="ascii")
    with pytest.raises(UsageError, match="empty folder"):
        _fetch(_tar(_member("kept", b"other")), tmp_path)
    assert (tmp_path / "kept").read_text(encoding="ascii") == "mine"


def test_what_is_no_tar_is_told(tmp_path: Path) -> None:
    with pytest.raises(VrooliError, match="no tar"):
        _fetch(b"\x01" * 4096, tmp_path)


def test_a_folder_is_made_with_those_above_it_and_never_of_something_else(tmp_path: Path) -> None:
    assert made(made(tmp_path / "a" / "b")).stat().st_mode & 0o777 == 0o700
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match="no folder"):
            made(path)


def _refused(folder: Path, *files: str) -> None:
    with made_for(folder):
        for name in files:
            (folder / name).touch()
        raise NoRoom("full", next_step="make room")


def test_a_folder_that_nothing_came_into_is_not_left(tmp_path: Path) -> None:
    there = made(tmp_path / "there")
    for folder in (there / "a" / "postgres", there):
        with pytest.raises(NoRoom):
            _refused(folder)
    assert list(tmp_path.rglob("*")) == [there]
    with pytest.raises(NoRoom):
        _refused(there / "a", "half")
    assert (there / "a" / "half").exists()
