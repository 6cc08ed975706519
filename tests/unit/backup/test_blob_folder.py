"""A folder as a place for backups."""

import os
from pathlib import Path

import pytest

from tests.support.disks import automounted, tmpfs
from tests.support.root import mounts
from vrooli.core.errors import StorageError
from vrooli.host.blob_folder import BlobFolder


def test_what_a_kill_left_half_written_is_no_blob(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path)
    blobs.put("points/1.json", b"1")
    (tmp_path / "points" / ".0123456789abcdef.part").write_bytes(b"half")
    assert list(blobs.sizes("points/")) == [("points/1.json", 1)]


def test_it_goes_when_nobody_can_be_writing_it_any_more(tmp_path: Path) -> None:
    blobs = BlobFolder(tmp_path)
    blobs.put("points/1.json", b"1")
    left, fresh = (tmp_path / "points" / f".{n}123456789abcdef.part" for n in (0, 1))
    for path in (left, fresh):
        path.write_bytes(b"half")
    os.utime(left, (1, 1))
    assert (blobs.tidy(), left.exists(), fresh.exists()) == (1, False, True)
    assert blobs.get("points/1.json") == b"1"


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    BlobFolder(tmp_path / "store").put("points/1.json", b"1")
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "store" / "points" / "1.json").stat().st_mode & 0o777 == 0o600


def test_a_place_that_takes_nothing_is_named(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file", encoding="ascii")
    with pytest.raises(StorageError, match=r"store/points/1\.json: cannot keep"):
        BlobFolder(tmp_path / "store").put("points/1.json", b"1")


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a//b", "", ".hidden", "a/../b"])
def test_a_name_cannot_lead_out_of_it(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        BlobFolder(tmp_path).put(name, b"")


def test_what_came_into_the_place_of_its_disk_gets_nothing(tmp_path: Path) -> None:
    (folder := tmp_path / "store").mkdir()
    blobs = BlobFolder(folder)
    with tmpfs(folder, 1_000_000):
        assert blobs.put("packs/1", b"1")
    for change in (lambda: blobs.put("packs/2", b"2"), lambda: blobs.delete("packs/1")):
        with pytest.raises(StorageError, match="its disk went away"):
            change()
    folder.rmdir()  # nothing was made in it
    with pytest.raises(StorageError, match="its disk went away"):
        blobs.put("packs/2", b"2")
    assert not folder.exists()


@mounts
@pytest.mark.parametrize("written", [True, False])
def test_its_disk_may_be_mounted_again_meanwhile(tmp_path: Path, written: bool) -> None:
    (folder := tmp_path / "store").mkdir()
    with automounted(folder, 8_000_000) as again:
        before = BlobFolder(folder)
        before.put("packs/1", b"1")
        blobs = before if written else BlobFolder(folder)
        blobs.get("packs/1")
        device = folder.stat().st_dev
        again()
        assert folder.stat().st_dev != device
        assert blobs.put("packs/2", b"2")
        blobs.delete("packs/1")
        assert blobs.put("packs/3", b"3")
    with pytest.raises(StorageError, match="its disk went away"):
        blobs.put("packs/4", b"4")
    assert list(folder.iterdir()) == []


@mounts
def test_an_older_state_of_it_below_the_disk_gets_nothing(tmp_path: Path) -> None:
    (folder := tmp_path / "store").mkdir()
    BlobFolder(folder).put("owners/1", b"1")
    blobs = BlobFolder(folder)
    with tmpfs(folder, 1_000_000):
        assert blobs.put("owners/1", b"1")
        assert blobs.put("packs/1", b"1")
    with pytest.raises(StorageError, match="its disk went away"):
        blobs.put("packs/2", b"2")
    assert not (folder / "packs").exists()
