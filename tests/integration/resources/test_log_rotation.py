"""Logs stay bounded on every disk, also on a full one, and what is lost is said where it was."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.support.disks import ext4, fill, tmpfs
from tests.support.root import ROOT
from vrooli.host.rotation import DROP, FLOOD, PIECE, TAIL, rotate

LIMIT = 1 << 20
Disk = Callable[[Path, int], AbstractContextManager[Path]]


@pytest.fixture(params=["here", "ext4", "tmpfs"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """Room for 12 MiB, on file systems of different powers."""
    if request.param == "here":
        yield tmp_path
        return
    if not ROOT:
        pytest.skip("mounts a file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    make: Disk = ext4 if request.param == "ext4" else tmpfs
    with make(folder, 12 << 20) as made:
        yield made


@pytest.fixture(params=["ext4", "tmpfs"])
def small(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Path]:
    """The same, to be filled."""
    if not ROOT:
        pytest.skip("mounts a file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    make: Disk = ext4 if request.param == "ext4" else tmpfs
    with make(folder, 12 << 20) as made:
        yield made


def lines(count: int, first: int = 0) -> bytes:
    """Lines of 64 bytes that tell their number."""
    return b"".join(b"%-63d\n" % number for number in range(first, first + count))


def numbers(data: bytes) -> list[int]:
    """The numbers of the whole lines in `data`."""
    found = [line for line in data.split(b"\n") if len(line) == 63 and not line.startswith(b"-")]
    return [int(line) for line in found if line.strip().isdigit()]


def written(path: Path) -> bytes:
    """The log with all that was rotated, the oldest first."""
    older = sorted(path.parent.glob(f"{path.name}.*"), key=lambda p: -int(p.suffix[1:]))
    return b"".join(part.read_bytes() for part in [*older, path])


def test_a_log_within_its_limit_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    assert rotate(log, LIMIT) is None
    log.write_bytes(lines(LIMIT // 64))
    assert rotate(log, LIMIT) is None
    assert [path.name for path in tmp_path.iterdir()] == ["web.log"]


def test_nothing_is_lost_and_the_log_is_short_again(disk: Path) -> None:
    log = disk / "web.log"
    log.write_bytes(lines(20_000))
    log.chmod(0o640)
    done = rotate(log, LIMIT)
    assert done is not None
    assert not done.lost
    assert written(log) == lines(20_000)
    assert log.stat().st_size < 64 * 1024
    assert (disk / "web.log.1").stat().st_mode & 0o777 == 0o640


def test_five_files_are_kept(disk: Path) -> None:
    log = disk / "web.log"
    for turn in range(7):
        with log.open("ab") as file:
            file.write(lines(18_000, turn * 18_000))
        assert rotate(log, LIMIT) is not None
    assert sorted(path.name for path in disk.glob("web.log*")) == [
        "web.log",
        *(f"web.log.{number}" for number in range(1, 6)),
    ]
    kept = numbers(written(log))
    assert kept == list(range(kept[0], 7 * 18_000))
    assert kept[0] <= 2 * 18_000


def test_a_writer_that_goes_on_meanwhile_loses_nothing_where_the_disk_can_do_that(
    tmp_path: Path,
) -> None:
    if not ROOT:
        pytest.skip("mounts a file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    with ext4(folder, 64 << 20) as made:
        log, over = made / "web.log", threading.Event()
        log.write_bytes(lines(20_000))
        wrote: list[int] = []

        def write() -> None:
            descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)
            number = 20_000
            while not over.is_set() and number < 400_000:
                os.write(descriptor, lines(1, number))
                number += 1
            os.close(descriptor)
            wrote.append(number)

        writer = threading.Thread(target=write)
        writer.start()
        turns = [rotate(log, LIMIT, keep=100) for _ in range(20)]
        over.set()
        writer.join()
        assert any(turns)
        assert written(log) == lines(wrote[0])


def test_it_takes_the_room_of_one_piece_and_not_of_a_second_copy(small: Path) -> None:
    log = small / "web.log"
    log.write_bytes(lines(80_000))  # 5 MiB
    (small / "room").write_bytes(b"\0" * 6 * PIECE)
    fill(small / "ballast")
    (small / "room").unlink()
    done = rotate(log, LIMIT)
    assert done is not None
    assert not done.lost
    assert written(log) == lines(80_000)


def test_of_a_flood_the_newest_part_is_kept_and_that_is_said(disk: Path) -> None:
    log, limit = disk / "web.log", 1 << 15
    log.write_bytes(lines(80_000))  # 5 MiB
    done = rotate(log, limit)
    assert done is not None
    assert done.moved <= FLOOD * limit + 2 * disk.stat().st_blksize
    assert done.lost.size > 3 << 20
    kept = written(log)
    assert b"it grew faster than it is rotated: dropped" in kept
    assert numbers(kept) == list(range(80_000 - len(numbers(kept)), 80_000))


def test_on_a_full_disk_the_oldest_lines_are_dropped_and_that_is_said(small: Path) -> None:
    log = small / "web.log"
    log.write_bytes(lines(80_000))
    fill(small / "ballast")
    done = rotate(log, LIMIT)
    assert done is not None
    assert 0 < done.lost.size <= 2 * DROP
    kept = written(log)
    assert numbers(kept) == list(range(80_000 - len(numbers(kept)), 80_000))
    assert len(numbers(kept)) > 60_000
    notice = kept.split(b"\n")[1].decode()
    assert f"no space left on the disk: dropped {done.lost.size // 1024} KiB" in notice


def test_on_a_full_disk_rotated_files_go_before_lines_of_the_log(small: Path) -> None:
    log = small / "web.log"
    for number in (1, 2, 3):
        (small / f"web.log.{number}").write_bytes(lines(8_000))
    log.write_bytes(lines(80_000, 24_000))
    fill(small / "ballast")
    done = rotate(log, LIMIT)
    assert done is not None
    assert done.lost.files == ("web.log.4",)
    assert done.lost.size == 0
    assert b"dropped web.log.4" in (small / "web.log.1").read_bytes()[:200]
    assert numbers(written(log))[-80_000:] == list(range(24_000, 104_000))


def test_where_no_other_file_can_be_made_the_end_of_the_log_is_kept(tmp_path: Path) -> None:
    if not ROOT:
        pytest.skip("mounts a file system")
    folder = tmp_path / "disk"
    folder.mkdir()
    with tmpfs(folder, 12 << 20, inodes=2) as made:  # the folder and the log
        log = made / "web.log"
        log.write_bytes(lines(80_000))
        done = rotate(log, LIMIT)
        assert done is not None
        assert done.moved == 0
        kept = log.read_bytes()
        assert done.lost.size == 80_000 * 64 - TAIL
        assert numbers(kept) == list(range(80_000 - TAIL // 64, 80_000))
        assert b"no space left on the disk: dropped" in kept[:100]


def test_a_link_in_place_of_a_log_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(lines(20_000))
    (tmp_path / "web.log").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic link"):
        rotate(tmp_path / "web.log", LIMIT)
    assert victim.read_bytes() == lines(20_000)
