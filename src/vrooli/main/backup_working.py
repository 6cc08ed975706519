"""Writes down how far a backup or a proof is that is under way, for those who only look: the lock
tells who is at it, and this file what of it he does.
"""

import json
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from vrooli.stack.pace import Measured

EVERY = 1.0
"""Seconds between two writings."""


class Noted:
    """To be entered, and then called from any thread; the file is gone after that. That it cannot
    be written keeps nothing from being done.

    Args:
        path: of the file; see `Home.backup_working`.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        self._at, self._of = 0.0, ""

    def __enter__(self) -> Self:
        """See the class."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """The same."""
        with self._lock, suppress(OSError):
            self._at = float("inf")  # a thread may still work where Ctrl-C ended the waiting
            self._path.unlink(missing_ok=True)

    def at(self, of: str, done: int, total: int) -> None:
        """So many bytes of `of` are done; of 0 where nobody knows of how many."""
        with self._lock:
            now = time.monotonic()
            if now - self._at < EVERY and (of == self._of or self._at > now):
                return
            self._at, self._of = now, of
            said = {"pid": os.getpid(), "of": of, "bytes_done": done, "bytes_total": total}
            temporary = self._path.with_name(f".{self._path.name}.tmp")
            with suppress(OSError):
                temporary.write_text(json.dumps(said), encoding="utf-8")
                temporary.replace(self._path)

    def line(self, line: str) -> None:
        """What a line for people says: how far it is, or what is done now."""
        if isinstance(line, Measured):
            self.at(line.of.strip(" :"), line.done, line.total)
        else:
            self.at(line, 0, 0)
