"""Files are taken as they are, and come back so; what a tar says never leads out of its folder."""

import asyncio
import io
import os
import socket
import stat
import subprocess
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support import root
from tests.unit.backup.made import new_keys, new_store
from vrooli.backup import streams, taring
from vrooli.backup.attributes import PREFIX, set_on
from vrooli.backup.fetching import fetch
from vrooli.backup.point import Pack, Part
from vrooli.backup.sources.files import FilesBacking
from vrooli.backup.store import Store
from vrooli.backup.trees import emptied, proven
from vrooli.core.errors import ConfigError, Damaged, StartFailed
from vrooli.stack.backing import TREE, Member, Members
from vrooli.stack.backup_settings import FilesSettings

KEYS = new_keys()


def _backing(folder: Path, *paths: str, exclude: tuple[str, ...] = ()) -> FilesBacking:
    settings = FilesSettings("files", paths or (str(folder / "data"),), exclude)
    return FilesBacking(settings, folder / "proof", ())


def _taken(
    backing: FilesBacking, store: Store, last: tuple[Pack, ...] = ()
) -> tuple[Part, Mapping[str, Any]]:
    asyncio.run(backing.begin())
    known = {pack.mark: pack for pack in last}
    pieces = taring.pieces(backing.program(), (), lambda: None)
    stored = streams.write(pieces, store, KEYS.seal, 2, lambda _: None, known)
    part = Part("files", "files", TREE, stored.plain, stored.digest, tuple(stored.packs))
    return part, {**asyncio.run(backing.ask()), "added": stored.added}


def _fetched(part: Part, store: Store, into: Path) -> Path:
    fetch(part, store, KEYS, emptied(into), None, lambda _: None)
    return into


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder of everything that a folder can have."""
    folder = tmp_path / "data"
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "deep" / "er" / "text").write_text("hello", encoding="ascii")
    (folder / "n").mkdir()
    Path(os.fsdecode(bytes(folder) + b"/caf\xe9\n")).write_bytes(b"\xff\x00")
    (folder / ("long" * 60)).write_bytes(b"")
    (folder / "large").write_bytes(os.urandom(700_000))
    (folder / "out").symlink_to("/etc/passwd")
    (folder / "away").symlink_to("nowhere/at/all")
    (folder / "n" / "up").symlink_to("../deep")
    with (folder / "holes").open("wb") as file:
        file.truncate(50_000_000)
        file.seek(30_000_000)
        file.write(b"in the middle")
    (folder / "secret").write_bytes(b"mine")
    (folder / "secret").chmod(0o4700)
    os.utime(folder / "secret", (1_000_000_000, 1_000_000_000))
    (folder / "deep").chmod(0o555)
    os.utime(folder / "deep", (1_100_000_000, 1_100_000_000))
    return folder


def test_everything_comes_back_as_it_was(data: Path, tmp_path: Path) -> None:
    store, _ = new_store(KEYS)
    part, said = _taken(_backing(tmp_path), store)
    assert (said["left_out"], said["files"]) == (0, 13)
    into = _fetched(part, store, tmp_path / "into")
    found = proven(into)
    assert (found.numbers["files"], found.numbers["bytes"]) == (13, 50_700_011)
    tree = Path(f"{into}/files{data}")
    assert sorted(os.listdir(os.fsencode(tree))) == sorted(os.listdir(os.fsencode(data)))
    for name in ("deep", "secret", "holes"):
        was, now = (data / name).stat(), (tree / name).stat()
        assert (was.st_mode, int(was.st_mtime)) == (now.st_mode, int(now.st_mtime)), name
    assert os.readlink(tree / "away") == "nowhere/at/all"
    assert (tree / "holes").stat().st_blocks * 512 < 10_000_000
    assert stat.S_IMODE((tree / "secret").stat().st_mode) == 0o4700


def test_extended_attributes_come_back_and_gnu_tar_knows_them(tmp_path: Path) -> None:
    (folder := tmp_path / "data").mkdir()
    (folder / "file").touch()
    try:
        os.setxattr(folder / "file", "user.note", b"\xff\x00=\n")
    except OSError as error:
        pytest.skip(f"this file system has no extended attributes: {error.strerror}")
    os.setxattr(folder, "user.of", "a folder ü".encode())
    store, _ = new_store(KEYS)
    part, _ = _taken(_backing(tmp_path), store)
    tree = Path(f"{_fetched(part, store, tmp_path / 'into')}/files{folder}")
    assert os.getxattr(tree, "user.of") == "a folder ü".encode()
    (hand := tmp_path / "by-hand").mkdir()
    reader = streams.PartReader(part, store, KEYS.opener, 1, lambda _: None)
    command = ["tar", "-x", "--xattrs", "--xattrs-include=*", "-C", str(hand)]
    subprocess.run(command, input=reader.read(2**20), check=True)
    reader.close()
    for found in (tree, Path(f"{hand}/files{folder}")):
        assert os.getxattr(found / "file", "user.note") == b"\xff\x00=\n"


def test_attributes_that_are_not_taken_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    headers = {f"{PREFIX}user.{'n' * 300}": "x", f"{PREFIX}security.selinux": "label", "path": "p"}
    assert set_on(str(path), headers) == 1


@root.gives_away
def test_owners_come_back(data: Path, tmp_path: Path) -> None:
    os.chown(data / "secret", 65534, 12345)
    os.chown(data / "away", 65534, 65534, follow_symlinks=False)
    store, _ = new_store(KEYS)
    tree = Path(
        f"{_fetched(_taken(_backing(tmp_path), store)[0], store, tmp_path / 'i')}/files{data}"
    )
    found = (tree / "secret").stat()
    assert (found.st_uid, found.st_gid) == (65534, 12345)
    assert (tree / "away").lstat().st_uid == 65534


def test_what_did_not_change_is_not_stored_again(data: Path, tmp_path: Path) -> None:
    store, _ = new_store(KEYS)
    first, said = _taken(_backing(tmp_path), store)
    assert said["added"] > 700_000
    again, said = _taken(_backing(tmp_path), store, first.packs)
    assert (said["added"], again.packs) == (0, first.packs)
    (data / "new").write_bytes(b"new")
    _, said = _taken(_backing(tmp_path), store, first.packs)
    assert 0 < said["added"] < 20_000


def test_what_cannot_be_taken_is_told(data: Path, tmp_path: Path) -> None:
    os.mkfifo(data / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(data / "socket"))
    store, _ = new_store(KEYS)
    _, said = _taken(_backing(tmp_path, str(data), str(data / "nothing*")), store)
    assert (said["left_out"], said["files"]) == (3, 13)
    assert all("neither" in line or "nothing is there" in line for line in said["told"])
    with pytest.raises(ConfigError, match="none of them"):
        asyncio.run(_backing(tmp_path, str(data / "nothing*")).ask())


def test_globs_choose_and_exclude(data: Path, tmp_path: Path) -> None:
    store, _ = new_store(KEYS)
    paths = (str(data / "**" / "text"), str(data / "n"), str(data / "la*"), str(data / "large"))
    part, said = _taken(_backing(tmp_path, *paths, exclude=("*/up",)), store)
    assert said["files"] == 3
    tree = Path(f"{_fetched(part, store, tmp_path / 'into')}/files{data}")
    assert sorted(path.name for path in tree.iterdir()) == ["deep", "large", "n"]


@pytest.mark.parametrize("change", ["grows", "shrinks", "goes"])
def test_a_file_that_changes_while_it_is_read_is_told(
    data: Path, tmp_path: Path, change: str
) -> None:
    backing, large = _backing(tmp_path), data / "large"

    def changing() -> Iterator[Member]:
        for member in backing.program().all():
            if member.info.name.endswith("holes") and change == "goes":
                large.unlink()
            if member.info.name.endswith("large"):
                os.truncate(large, 800_000 if change == "grows" else 400_000)
            yield member

    asyncio.run(backing.begin())
    store, _ = new_store(KEYS)
    pieces = taring.pieces(Members("", changing), (), lambda: None)
    stored = streams.write(pieces, store, KEYS.seal, 2, lambda _: None)
    part = Part("files", "files", TREE, stored.plain, stored.digest, tuple(stored.packs))
    told = asyncio.run(backing.ask())["told"]
    assert [line.rsplit(": ", 1)[1] for line in told] == [
        "it went away meanwhile" if change == "goes" else "it changed while it was read"
    ]
    proven(_fetched(part, store, tmp_path / "into"))


def test_another_content_is_no_proof(data: Path, tmp_path: Path) -> None:
    store, _ = new_store(KEYS)
    into = _fetched(_taken(_backing(tmp_path), store)[0], store, tmp_path / "into")
    large = Path(f"{into}/files{data}/large")
    with large.open("r+b") as file:
        file.write(b"other")
    with pytest.raises(StartFailed, match="content was another"):
        proven(into)


@contextmanager
def _evil(*members: tuple[str, bytes, str]) -> Iterator[tuple[Part, Store]]:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, kind, target in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mode = kind, target, 0o644
            info.size = 4 if kind == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(b"evil"))
    store, _ = new_store(KEYS)
    pieces = streams.pieces(io.BytesIO(out.getvalue()))
    stored = streams.write(pieces, store, KEYS.seal, 2, lambda _: None)
    yield Part("files", "f", TREE, stored.plain, stored.digest, tuple(stored.packs)), store


@pytest.mark.parametrize(
    "members",
    [
        [("files/../../out", tarfile.REGTYPE, "")],
        [("/abs", tarfile.REGTYPE, "")],
        [("a", tarfile.SYMTYPE, "/tmp"), ("a/b", tarfile.SYMTYPE, "x")],
        [("a", tarfile.SYMTYPE, ".."), ("a/out", tarfile.REGTYPE, "")],
        [("a", tarfile.LNKTYPE, "/etc/passwd")],
        [("a", tarfile.CHRTYPE, "")],
        [("a", tarfile.FIFOTYPE, "")],
        [("../link", tarfile.SYMTYPE, "/etc")],
    ],
)
def test_nothing_leads_out_of_the_folder(
    tmp_path: Path, members: list[tuple[str, bytes, str]]
) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    with _evil(*members) as (part, store), pytest.raises(Damaged):
        _fetched(part, store, tmp_path / "into")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["into", "mine"]


def test_a_link_is_not_followed_by_what_comes_after_it(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o700)
    mode = outside.stat().st_mode
    with _evil(("l", tarfile.SYMTYPE, str(outside))) as (part, store):
        into = _fetched(part, store, tmp_path / "into")
    assert (into / "l").is_symlink()
    assert (list(outside.iterdir()), outside.stat().st_mode) == ([], mode)
