"""Keeping the log files of services bounded.

A service appends to its log itself and holds it open for ever, so the file cannot be renamed. Its
oldest part is moved a piece at a time into `NAME.log.1`: copied, then taken out of the log. That
needs room for one piece. Where not even that is left (the moment at which a log must shrink), the
oldest of all is dropped instead: rotated files first, then pieces of the log; a line in their place
says so. So it is with what a writer leaves that is faster than its log is rotated.
"""

import errno
import os
import time
from dataclasses import dataclass
from pathlib import Path

from vrooli.host import fallocate

LIMIT = 10 * 1024 * 1024
"""Bytes after which a log is rotated."""

KEEP = 5
"""Rotated files kept beside the live one."""

PIECE = 128 * 1024
"""Bytes moved at a time: the room that a rotation needs."""

FLOOD = 32
"""Times `LIMIT` that are moved at most: far more than any writer with a purpose leaves between two
rotations, and a bound for one without measure, which would fill any disk with the files that are
kept."""

DROP = 4 * PIECE
"""Bytes dropped at a time: room for the line that says so, and to move on."""

TAIL = 64 * 1024
"""Bytes that are kept of a log from which nothing can be moved and no piece can be taken out."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_FLAGS = os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Lost:
    """What had to be dropped, and why: bytes of the log, and rotated files by name."""

    size: int = 0
    files: tuple[str, ...] = ()
    why: str = "no space left on the disk"

    def __bool__(self) -> bool:
        return bool(self.size or self.files)

    def __add__(self, other: "Lost") -> "Lost":
        return Lost(self.size + other.size, self.files + other.files, (other or self).why)

    def __str__(self) -> str:
        what = [f"{self.size // 1024} KiB of older lines"] if self.size else []
        return f"{self.why}: dropped {', '.join([*what, *self.files])}"


@dataclass(frozen=True, slots=True)
class Rotation:
    """What became of one log: bytes that stand in `NAME.log.1` now, and what is lost."""

    moved: int
    lost: Lost


def rotate(path: Path, limit: int = LIMIT, keep: int = KEEP) -> Rotation | None:
    """Rotate `path` when it is larger than `limit` bytes; None when it is not. Raises OSError."""
    try:
        log = os.open(path, os.O_RDWR | os.O_APPEND | _FLAGS)
    except FileNotFoundError:
        return None
    try:
        if os.fstat(log).st_size <= limit:
            return None
        for number in range(keep - 1, 0, -1):
            older = _rotated(path, number)
            if older.exists():
                older.replace(_rotated(path, number + 1))
        return _Mover(path, log, keep, FLOOD * limit).run()
    finally:
        os.close(log)


def _rotated(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")


class _NoRoom(Exception):
    """Nothing can be moved, and nothing more can be dropped."""


class _Mover:
    """Moves one log into its first rotated file.

    On file systems that can take out the beginning of a file nothing is lost to a writer that goes
    on meanwhile. On others the moved pieces become holes where that is possible, and in the end the
    log is emptied: what is written between the last look and that, within microseconds, is lost.
    """

    def __init__(self, path: Path, log: int, keep: int, most: int) -> None:
        self._path, self._log, self._keep, self._most = path, log, keep, most
        self._first = -1
        facts = os.fstat(log)
        self._mode = facts.st_mode & 0o777
        # Whole blocks, and never all of it: neither can be taken out.
        self._block = facts.st_blksize
        self._left = (facts.st_size - 1) // self._block * self._block
        self._at = 0  # where the oldest byte stands that is not moved
        self._collapses = self._punches = True
        self._moved = 0
        self._lost = self._untold = Lost()

    def run(self) -> Rotation:
        """Move, and drop what cannot be moved."""
        try:
            self._drain()
            if not self._collapses:
                self._left = os.fstat(self._log).st_size - self._at
                self._drain()
                os.ftruncate(self._log, 0)
        except _NoRoom:
            if not self._collapses:
                self._cut()
        finally:
            if self._first >= 0:
                os.close(self._first)
        if self._untold:
            self._append(self._notice())
        return Rotation(self._moved, self._lost)

    def _drain(self) -> None:
        """Piece by piece; each round moves one, or makes room, or gives up."""
        surplus = (self._left - self._most) // self._block * self._block
        if surplus > 0:
            self._take_out(surplus)
            self._lose(Lost(size=surplus, why="it grew faster than it is rotated"))
        while self._left > 0:
            piece = os.pread(self._log, min(PIECE, self._left), self._at)
            if not piece:  # somebody else emptied it
                return
            if self._stored(piece):
                self._take_out(len(piece))
                self._moved += len(piece)
            elif (oldest := self._oldest()) is not None:
                oldest.unlink()
                self._lose(Lost(files=(oldest.name,)))
            elif self._left > DROP and (self._collapses or self._punches):
                self._take_out(DROP)
                self._lose(Lost(size=DROP))
            else:
                raise _NoRoom

    def _stored(self, piece: bytes) -> bool:
        """Whether there was room for it, and for word of what is missing before it."""
        begin = 0
        try:
            if self._first < 0:
                target = _rotated(self._path, 1)
                flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | _FLAGS
                self._first = os.open(target, flags, self._mode)
            begin = os.fstat(self._first).st_size
            _write(self._first, self._notice() + piece)
            os.fdatasync(self._first)  # before the only other copy goes
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            if self._first >= 0:
                os.ftruncate(self._first, begin)
            return False
        self._untold = Lost()
        return True

    def _take_out(self, size: int) -> None:
        """Give the room of the oldest `size` bytes back, as far as this file system can."""
        self._left -= size
        if self._collapses:
            try:
                fallocate.collapse(self._log, size)
                return
            except OSError:
                self._collapses = False
        if self._punches:
            try:
                fallocate.punch(self._log, self._at, size)
            except OSError:
                self._punches = False
        self._at += size

    def _oldest(self) -> Path | None:
        older = (_rotated(self._path, number) for number in range(self._keep, 1, -1))
        return next((path for path in older if path.exists()), None)

    def _lose(self, lost: Lost) -> None:
        self._lost += lost
        self._untold += lost

    def _cut(self) -> None:
        """Keep the end of it alone."""
        size = os.fstat(self._log).st_size
        begin = max(self._at, size - TAIL)
        tail = os.pread(self._log, TAIL, begin)
        self._lose(Lost(size=begin - self._at))
        os.ftruncate(self._log, 0)
        self._append(self._notice() + tail)

    def _append(self, data: bytes) -> None:
        try:
            _write(self._log, data)
        except OSError as error:  # somebody took the room at once: the caller is told
            if error.errno not in _NO_ROOM:
                raise
        self._untold = Lost()

    def _notice(self) -> bytes:
        if not self._untold:
            return b""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return f"\n--- vrooli {stamp}: {self._untold} ---\n".encode()


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
