"""Whether the home is where it was: without it nothing of a stack can be managed."""

from __future__ import annotations

import os

from vrooli.host.keeper.door import LOCK

# What one look saw. Small numbers: they are exit codes of the child that looks.
THERE, UNCLEAR, UNLOCKED, MOVED, REPLACED, EMPTIED, DELETED = range(7)
WORDS = {
    MOVED: "was moved away",
    REPLACED: "was replaced by another folder",
    EMPTIED: "was emptied",
    DELETED: "was deleted",
}
CERTAIN = 3.0  # seconds over which it must be seen: an `rm -r` or a restore may be under way
RETURN = 60.0  # seconds that one that was moved away gets to come back: its data still exists
LOOK = 1.5  # seconds between two looks
LANDMARK = "stack.json"  # what `up` writes before anything runs; replaced, but never removed


class Place:
    """A home as it is now, to be compared with later.

    What is remembered are numbers of the kernel. The folder is held open, so that its number is not
    given to another one.

    Args:
        root: the home, whose lock we hold.
        lock: name of the file that is locked.

    Attributes:
        root: likewise.
        fd: the folder, for nothing but `fstat`.
        device, inode: of the folder.
    """

    def __init__(self, root: str, lock: str = LOCK) -> None:
        self.root = root
        self.fd = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        facts = os.fstat(self.fd)
        self.device, self.inode = facts.st_dev, facts.st_ino
        self._counts_links = facts.st_nlink > 0  # not every file system does
        self._mount = _mount_of(self.fd)
        self._lock = os.path.join(root, lock)
        self._locked = _numbers(self._lock)

    def relocked(self) -> None:
        """The lock was taken anew."""
        self._locked = _numbers(self._lock)

    def look(self) -> int:
        """What is there now. Blocks as long as the disk does.

        An error is no evidence (EIO, ESTALE: a disk or a server that is away for a moment), and
        neither is a mount that came or went.
        """
        try:
            if self._counts_links and os.fstat(self.fd).st_nlink == 0:
                return DELETED
            here = _numbers(self.root)
            if here is None:
                return self._away()
            if here != (self.device, self.inode):
                return REPLACED if self._is_same_mount() else UNCLEAR
            if _numbers(self._lock) == self._locked:
                return THERE
            landmark = _numbers(os.path.join(self.root, LANDMARK))
            return EMPTIED if landmark is None else UNLOCKED
        except OSError:
            return UNCLEAR

    def _away(self) -> int:
        """Its path leads nowhere. On another device than before that is an unmounted one."""
        parent = os.path.realpath(self.root)
        while parent != "/":
            parent = os.path.dirname(parent)
            here = _numbers(parent)
            if here is not None:
                return MOVED if here[0] == self.device else UNCLEAR
        return UNCLEAR

    def _is_same_mount(self) -> bool:
        fd = os.open(self.root, os.O_PATH | os.O_CLOEXEC)
        try:
            return os.fstat(fd).st_dev == self.device and _mount_of(fd) == self._mount
        finally:
            os.close(fd)


class Doubt:
    """How long a home has been away. Pure."""

    def __init__(self) -> None:
        self._since: float | None = None

    def certain(self, seen: int, now: float) -> bool:
        """Whether what was seen now, and before, is evidence enough; `now` in monotonic seconds."""
        if seen not in WORDS:
            self._since = None
            return False
        if self._since is None:
            self._since = now
        return now - self._since >= (RETURN if seen == MOVED else CERTAIN)


def _numbers(path: str) -> tuple[int, int] | None:
    """Device and inode; None when nothing is there."""
    try:
        facts = os.stat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    return facts.st_dev, facts.st_ino


def _mount_of(fd: int) -> bytes:
    """Which mount a descriptor was reached through (proc_pid_fdinfo(5))."""
    with open(f"/proc/self/fdinfo/{fd}", "rb") as file:
        return next(line for line in file if line.startswith(b"mnt_id"))
