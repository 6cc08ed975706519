"""The keeper's one hand on the disk of its home: a child, because that disk may hang, and the
keeper must go on to notice what ends.
"""

from __future__ import annotations

import errno
import os
import select
import signal
import time

from vrooli.host.keeper.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

PATIENCE = 0.5  # seconds that the keeper waits, so that what it has answered stands in the record
KILLED = 255  # as an exit code: the child did not come to its end


class Clerk:
    """Writes the record, in a child for each time; while one hangs, the newest content waits.

    Args:
        record: to be written.
    """

    def __init__(self, record: Record) -> None:
        self._record = record
        self._pid = 0
        self._content = b""
        self._next: bytes | None = None

    def write(self, content: bytes) -> None:
        """Replace the record. `record.error` says afterwards whether it stands there."""
        if self._pid:
            self._next = content
            return
        if content == self._content and self._record.error is None:
            return
        self._content = content
        try:
            self._pid = self._fork(content)
        except OSError as error:
            self._record.note(error.errno or errno.EAGAIN)
            return
        if _ends(self._pid, PATIENCE):
            pid, self._pid = self._pid, 0
            self._record.note(_code(os.waitpid(pid, 0)[1]))
        else:
            self._record.note(errno.ETIMEDOUT)

    def ended(self, pid: int, status: int) -> bool:
        """A child of ours was reaped; whether it was this one."""
        if not pid or pid != self._pid:
            return False
        self._pid = 0
        self._record.note(_code(status))
        content, self._next = self._next, None
        if content is not None:
            self.write(content)
        return True

    def close(self) -> None:
        """A child that hangs is not left behind."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)

    def _fork(self, content: bytes) -> int:
        # No signal may find the keeper's handlers in the child, whose pipe they would write to.
        before = signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
        try:
            keeper = os.getpid()
            pid = os.fork()
            if pid == 0:
                _write(self._record, content, keeper)
            return pid
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _write(record: Record, content: bytes, keeper: int) -> NoReturn:
    """The child: its exit code is the errno."""
    code = KILLED
    began = time.monotonic()

    def in_time() -> bool:
        # A later keeper may have written its own record while this one hung.
        return os.getppid() == keeper or time.monotonic() - began < PATIENCE

    try:
        os.closerange(3, 1 << 20)  # the lock and the clients must not be held by one that hangs
        record.replace(content, in_time)
        code = 0
    except OSError as error:
        code = error.errno or errno.EIO
    finally:
        os._exit(code)


def _ends(pid: int, seconds: float) -> bool:
    """Whether it ends within `seconds`; it remains to be reaped."""
    try:
        fd = os.pidfd_open(pid)
    except OSError:  # no descriptor left: then there is nothing to wait on
        return False
    try:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(fd)


def _code(status: int) -> int:
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else KILLED
