"""Writing the keeper's record, so that a disk that hangs hangs nothing else."""

from __future__ import annotations

import errno
import os
import time

from vrooli.host.keeper.errand import Errand
from vrooli.host.keeper.record import Record

PATIENCE = 0.5  # seconds that the keeper waits, so that what it has answered stands in the record


class Clerk:
    """Writes the record, by a child for each time; while one hangs, the newest content waits.

    Args:
        record: to be written.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._errand = Errand()
        self._content = b""
        self._next: bytes | None = None

    def write(self, content: bytes) -> None:
        """Replace the record. `record.error` says afterwards whether it stands there."""
        if self._errand.under_way:
            self._next = content
            return
        if content == self._content and self._record.error is None:
            return
        self._content = content
        try:
            keeper = os.getpid()
            self._errand.start(lambda: _write(self._record, content, keeper))
        except OSError as error:
            self._record.note(error.errno or errno.EAGAIN)
            return
        code = self._errand.wait(PATIENCE)
        self._record.note(errno.ETIMEDOUT if code is None else code)

    def ended(self, pid: int, status: int) -> bool:
        """A child of the keeper was reaped; whether it was ours."""
        code = self._errand.ended(pid, status)
        if code is None:
            return False
        self._record.note(code)
        content, self._next = self._next, None
        if content is not None:
            self.write(content)
        return True

    def close(self) -> None:
        """End what hangs."""
        self._errand.close()


def _write(record: Record, content: bytes, keeper: int) -> int:
    """In the child."""
    began = time.monotonic()

    def still() -> bool:
        # A later keeper may have written its own record while this one hung.
        return os.getppid() == keeper or time.monotonic() - began < PATIENCE

    record.replace(content, still)
    return 0
