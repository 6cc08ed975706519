"""Work on a disk that may hang, in a child: the keeper has one thread, and must go on to notice
what ends.
"""

from __future__ import annotations

import errno
import os
import select
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

KILLED = 255  # as an exit code: the child did not come to its end


class Errand:
    """One kind of work, with at most one child.

    Args:
        keep: descriptors that the child needs.
    """

    def __init__(self, keep: tuple[int, ...] = ()) -> None:
        self._keep = keep
        self._pid = 0

    @property
    def under_way(self) -> bool:
        """Whether its child has not come to its end."""
        return self._pid != 0

    def start(self, work: Callable[[], int]) -> None:
        """Have `work` done, while none is under way: its result is the exit code, an OSError's
        number likewise. Raises OSError when there can be no child.
        """
        # No signal may find the keeper's handlers in the child, whose pipe they would write to.
        before = signal.pthread_sigmask(signal.SIG_SETMASK, signal.valid_signals())
        try:
            pid = os.fork()
            if pid == 0:
                self._do(work)
            self._pid = pid
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def wait(self, seconds: float) -> int | None:
        """Its exit code, None when it takes longer than `seconds`."""
        if not _ends(self._pid, seconds):
            return None
        pid, self._pid = self._pid, 0
        return _code(os.waitpid(pid, 0)[1])

    def ended(self, pid: int, status: int) -> int | None:
        """A child of the keeper was reaped: the exit code, None when it was not this one."""
        if pid != self._pid:
            return None
        self._pid = 0
        return _code(status)

    def close(self) -> None:
        """A child that hangs is not left behind."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)

    def _do(self, work: Callable[[], int]) -> NoReturn:
        code = KILLED
        try:
            # The lock and the clients must not be held by a child that hangs.
            first = 3
            for fd in sorted(self._keep):
                os.closerange(first, fd)
                first = fd + 1
            os.closerange(first, 1 << 20)
            code = work()
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
