"""Whose lock a file has, from what the kernel shows."""

import pytest

from vrooli.autoheal.filelocks import held
from vrooli.host.memory.files import MemoryFiles

FILE = "/srv/data/a b/x.lock"
MOUNTS = (
    "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
    "23 22 0:40 / /srv/data rw - btrfs /dev/sdb rw\n"
    "24 23 0:41 / /srv/data/a\\040b rw - tmpfs tmpfs rw\n"
    "25 22 0:42 / /srv/dat rw - tmpfs tmpfs rw\n"
)


def machine(table: str, mounts: str = MOUNTS) -> MemoryFiles:
    files = MemoryFiles({FILE: "", "/proc/self/mountinfo": mounts})
    facts = files.facts(FILE)
    assert facts is not None
    files.contents["/proc/locks"] = table.replace("INODE", str(facts.inode)).encode()
    return files


@pytest.mark.parametrize(
    ("table", "pid"),
    [
        ("1: POSIX  ADVISORY  WRITE 91 00:29:INODE 0 EOF\n", 91),
        ("1: FLOCK  ADVISORY  WRITE 91 00:29:INODE 0 EOF\n", 91),
        ("1: POSIX  ADVISORY  READ  91 00:29:INODE 0 EOF\n", None),
        ("1: -> POSIX ADVISORY WRITE 91 00:29:INODE 0 EOF\n", None),
        ("1: OFDLCK ADVISORY  WRITE -1 00:29:INODE 0 EOF\n", None),
        ("1: POSIX  ADVISORY  WRITE 91 <none>:0 0 EOF\n", None),
        ("1: LEASE  ACTIVE    WRITE 91 00:29:INODE 0 EOF\n", None),
        ("1: POSIX  ADVISORY  WRITE 91 08:01:INODE 0 EOF\n", None),  # of another file system
        ("1: POSIX  ADVISORY  WRITE 91 00:29:1 0 EOF\n", None),
        ("", None),
    ],
)
def test_only_a_lock_for_writing_on_that_very_file_counts(table: str, pid: int | None) -> None:
    lock = held(machine(table), FILE, 0.0)
    assert (lock and lock.pid) == pid


def test_of_two_file_systems_at_one_place_the_later_one_is_seen() -> None:
    covered = MOUNTS + "26 24 0:50 / /srv/data/a\\040b rw - tmpfs tmpfs rw\n"
    table = "1: POSIX  ADVISORY  WRITE 91 00:32:INODE 0 EOF\n"
    assert held(machine(table, covered), FILE, 0.0) is not None
    assert held(machine(table), FILE, 0.0) is None


def test_a_file_that_is_not_there_is_held_by_nobody() -> None:
    assert held(machine(""), "/nowhere", 0.0) is None
