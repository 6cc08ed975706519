"""Having files on the disk while others are still written: the disk works along, and not after all
else is done.
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from vrooli.stack.durable import sync_folder

_EVERY = 32 * 1024 * 1024
"""Bytes after which the disk is sent what was written."""

_FILES = 64
"""Files that are settled together."""

_THREADS = 4
"""The journal of a file system takes several at once."""

_AHEAD = 64
"""What may wait for the disk; then whoever writes waits too."""


class Settling:
    """What is written into one folder."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="settle")
        self._under_way = deque[Future[None]]()
        self._whole: list[Path] = []
        self._unsent = 0

    def __enter__(self) -> Self:
        """See the class."""
        return self

    def __exit__(self, kind: type | None, error: object, trace: TracebackType | None) -> None:
        """Nothing goes on."""
        self._pool.shutdown(wait=True)

    def written(self, descriptor: int, size: int) -> None:
        """So many bytes of a file, which may be closed at once.

        Raises:
            OSError: the disk failed.
        """
        self._unsent += size
        if self._unsent >= _EVERY:
            self._unsent, copy = 0, os.dup(descriptor)
            self._begin(lambda: _send(copy))

    def closed(self, path: Path) -> None:
        """A file is as it is to stay.

        Raises:
            OSError: the disk failed.
        """
        self._whole.append(path)
        if len(self._whole) == _FILES:
            paths, self._whole = self._whole, []
            self._begin(lambda: _settle(paths))

    def finish(self, folder: Path) -> None:
        """Have all of them on the disk, with their names, which lie below `folder`.

        Raises:
            OSError: the disk failed.
        """
        self._begin(lambda: _settle(self._whole))
        while self._under_way:
            self._under_way.popleft().result()
        for root, _, _ in os.walk(folder):
            sync_folder(Path(root))

    def _begin(self, work: Callable[[], None]) -> None:
        while len(self._under_way) >= _AHEAD:
            self._under_way.popleft().result()
        self._under_way.append(self._pool.submit(work))


def _send(descriptor: int) -> None:
    try:
        os.fdatasync(descriptor)
    finally:
        os.close(descriptor)


def _settle(paths: list[Path]) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
