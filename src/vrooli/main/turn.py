"""Commands that change a stack begin one after the other."""

from vrooli.cli import render
from vrooli.core.errors import Busy
from vrooli.core.home import Home
from vrooli.host.locks import FileLock


class Turn:
    """One command's right to bring a watchdog up, to end it, or to act without one. Whoever comes
    later waits and is told for whom; the turn of a command that dies is over.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._lock = FileLock(home.turn_lock, "another command on this stack")

    def take(self) -> None:
        """Wait for it; nothing when it is ours already, or when there is no such home."""
        if not self._home.root.is_dir():
            return
        try:
            self._lock.take()
        except Busy as busy:
            render.note(f"{busy.what}: waiting for it")
            self._lock.take(wait=True)

    def release(self) -> None:
        """The next one may begin; harmless when it is not ours."""
        self._lock.release()

    def __enter__(self) -> "Turn":
        self.take()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()
