"""Files that somebody appends to, followed: their whole pieces can be stored before they end.

Nothing that is read here is believed: whoever lays up the files reads them again, and knows by the
marks of their pieces which of them are stored.
"""

import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from vrooli.backup.packs import PIECE

_LOOKS = 0.1
"""Seconds between two looks at files that have no whole piece more."""

_IDLE = 10
"""For so many times as long as a look took nothing is done: there may be very many files."""


_BEHIND = 1.0
"""Seconds by which times of files may be behind the clock: the kernel marks them by its ticks, some
milliseconds late.
"""


@dataclass(slots=True)
class _Followed:
    """How far a file was read; another one of the same name is another one.

    Attributes:
        inode: of the file.
        read: where the last piece ended that was read.
        at: where the next one begins.
        skip: pieces that are left out after one that is known; 0 once one was new.
    """

    inode: int
    read: int = 0
    at: int = 0
    skip: int = 1


class Growing:
    """Follows the files of a folder, until it is told to stop.

    Args:
        folder: where they come; it need not be there yet. What is in it and was not written since
            now is of somebody before, and left alone.
        known: whether a piece is stored already. Most of what is after it is as well, then, and is
            only looked at here and there, until a piece is new.
    """

    def __init__(self, folder: Path, known: Callable[[bytearray], bool]) -> None:
        self._folder, self._known = folder, known
        self._since = time.time() - _BEHIND
        self._followed: dict[Path, _Followed] = {}
        self._over = Event()

    def stop(self) -> None:
        """No piece more."""
        self._over.set()

    def pieces(self) -> Iterator[bytearray]:
        """Whole pieces, each as soon as it is there, until `stop`; of no file its rest. A file that
        cannot be read is left to whoever lays it up.
        """
        while not self._over.is_set():
            begun, read = time.monotonic(), False
            files = self._files()
            took = time.monotonic() - begun
            for path in files:
                piece = self._next(path)
                if self._over.is_set():
                    return
                read = read or piece is not None
                if piece is not None and self._is_new(piece, self._followed[path]):
                    yield piece
            self._over.wait(max(took * _IDLE, 0 if read else _LOOKS))

    def _files(self) -> list[Path]:
        """Those with a piece that was not read yet."""
        found: list[Path] = []
        for folder, _, names in os.walk(self._folder):
            for path in (Path(folder, name) for name in names):
                with suppress(OSError):
                    if self._has_more(path, path.lstat()):
                        found.append(path)
        return found

    def _has_more(self, path: Path, now: os.stat_result) -> bool:
        if not stat.S_ISREG(now.st_mode) or now.st_mtime < self._since:
            return False
        known = self._followed.get(path)
        if known is None and now.st_size < PIECE:
            return False
        if known is None or known.inode != now.st_ino or now.st_size < known.read:
            known = self._followed[path] = _Followed(now.st_ino)
        return now.st_size >= known.at + PIECE

    def _next(self, path: Path) -> bytearray | None:
        """The next piece of a file, where all of it is there."""
        known, piece = self._followed[path], bytearray(PIECE)
        try:
            with path.open("rb", buffering=0) as file:
                if os.fstat(file.fileno()).st_ino != known.inode:
                    return None
                file.seek(known.at)
                filled = 0
                while filled < PIECE and (got := file.readinto(memoryview(piece)[filled:])):
                    filled += got
        except OSError:
            return None
        if filled < PIECE:
            return None
        known.at = known.read = known.at + PIECE
        return piece

    def _is_new(self, piece: bytearray, file: _Followed) -> bool:
        if file.skip and self._known(piece):
            file.at += file.skip * PIECE
            file.skip *= 2
            return False
        file.skip = 0
        return True
