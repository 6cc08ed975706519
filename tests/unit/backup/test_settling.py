"""The disk works along while files are written, and is believed only when it said that it has
them.
"""

import errno
import os
from pathlib import Path

import pytest

from vrooli.backup import settling
from vrooli.backup.settling import Settling


def _descriptors() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def _write(settling: Settling, path: Path, size: int) -> None:
    with path.open("wb") as file:
        file.write(bytes(size))
        file.flush()
        settling.written(file.fileno(), size)
    settling.closed(path)


def test_every_file_and_folder_is_sent_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, sync = list[str](), os.fsync

    def noted(descriptor: int) -> None:
        seen.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", noted)
    (tmp_path / "base").mkdir()
    paths = [tmp_path / "base" / str(number) for number in range(150)]
    with Settling() as one:
        for path in paths:
            _write(one, path, 100)
        one.finish(tmp_path)
    assert sorted(seen) == sorted(map(str, [*paths, tmp_path, tmp_path / "base"]))


def test_a_large_file_is_sent_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "_EVERY", 1000)
    before, sent = _descriptors(), list[int]()
    monkeypatch.setattr(os, "fdatasync", sent.append)
    with Settling() as one, (tmp_path / "large").open("wb") as file:
        for _ in range(5):
            one.written(file.fileno(), 600)
        one.finish(tmp_path)
    assert len(sent) == 2
    assert _descriptors() == before


@pytest.mark.parametrize("call", ["fdatasync", "fsync"])
def test_a_disk_that_failed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.EIO, "it is broken")

    monkeypatch.setattr(settling, "_EVERY", 1000)
    monkeypatch.setattr(os, call, fail)
    before = _descriptors()
    with Settling() as one:
        _write(one, tmp_path / "one", 2000)
        with pytest.raises(OSError, match="broken"):
            one.finish(tmp_path)
    assert _descriptors() == before
