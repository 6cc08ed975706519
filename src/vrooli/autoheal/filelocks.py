"""Who really holds a lock on a file, as the kernel knows: `/proc/locks`, proc_locks(5).

A lock file that lies there says nothing: whoever made it may be dead. A lock goes with its holder.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from vrooli.autoheal import procfs
from vrooli.core.ports.files import FileFacts, Files

_LINE = re.compile(
    r"\d+: (?:POSIX|FLOCK) +\S+ +WRITE +(\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) ", re.ASCII
)
"""By fcntl(2) and flock(2). Of a lock of an open file description the kernel names no holder."""

_START = 19
"""Place of `starttime` after the name in parentheses (proc_pid_stat(5), field 22)."""

_TICKS = 100
"""USER_HZ of Linux, the same on every machine that we run on (time(7))."""


@dataclass(frozen=True, slots=True)
class Held:
    """A lock that somebody holds.

    Attributes:
        pid: the process that took it.
        seconds: for how long at most: since that process began, or, when only a child of it lives
            on with the lock (`flock 9` in a script), since the file was opened for writing.
    """

    pid: int
    seconds: float


def holder(files: Files, path: str, wall: float, longest: float) -> int | None:
    """The pid of who holds the file at `path`, None when nobody does, or has for `longest` seconds
    or more: he may have forgotten it.
    """
    lock = held(files, path, wall)
    return lock.pid if lock is not None and lock.seconds < longest else None


def held(files: Files, path: str, wall: float) -> Held | None:
    """The lock for writing on the file at `path`, None when nobody has one; `wall` is now, in unix
    seconds.
    """
    facts = files.facts(path)
    if facts is None:
        return None
    wanted = (_device(files, path), facts.inode)
    pid = next((pid for pid, place in _locks(files) if place == wanted), None)
    return None if pid is None else Held(pid, _age(files, pid, facts, wall))


def _age(files: Files, pid: int, facts: FileFacts, wall: float) -> float:
    words = (procfs.text(files, f"/proc/{pid}/stat") or "").rpartition(")")[2].split()
    up = (procfs.text(files, "/proc/uptime") or "").split()
    if len(words) > _START and up:
        return max(0.0, float(up[0]) - int(words[_START]) / _TICKS)
    return max(0.0, wall - facts.modified)


def _locks(files: Files) -> Iterator[tuple[int, tuple[str, int]]]:
    """Locks for writing that are held: who took them, and the files as (device, inode).

    Lines are like `1: POSIX  ADVISORY  WRITE 3548 08:01:1837 0 EOF`; who waits has a `->`.
    """
    for line in (procfs.text(files, "/proc/locks") or "").splitlines():
        found = _LINE.match(line)
        if found is not None:
            pid, major, minor, inode = found.groups()
            yield int(pid), (f"{int(major, 16)}:{int(minor, 16)}", int(inode))


def _device(files: Files, path: str) -> str:
    """`major:minor` of the file system at `path`, as the kernel itself numbers it: what stat(2)
    says is another number where a file system has several (btrfs).
    """
    longest, device = -1, ""
    for place, number in _mounts(files):
        if _lies_in(path, place) and len(place) >= longest:  # a later one covers an earlier one
            longest, device = len(place), number
    return device


def _mounts(files: Files) -> Iterator[tuple[str, str]]:
    """Mount points and their devices, proc_pid_mountinfo(5)."""
    for line in (procfs.text(files, "/proc/self/mountinfo") or "").splitlines():
        words = line.split()
        if len(words) > 4:
            yield words[4].replace("\\040", " "), words[2]


def _lies_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
