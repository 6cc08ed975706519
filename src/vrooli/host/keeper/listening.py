"""The keeper's address: a socket whose name comes back when somebody removed it."""

from __future__ import annotations

import os

from vrooli.host.keeper.door import SOCKET, Unfit, close_socket, open_socket, socket_number
from vrooli.host.keeper.log import log

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from vrooli.host.keeper.loop import Loop

LOOK = 2.0  # seconds between looks at the name: what cleans temporary folders takes sockets too


class Listening:
    """Listens in the run folder. Only with the lock of the home: it replaces what is left there.

    Args:
        run: the run folder.
    """

    def __init__(self, run: str) -> None:
        self._path = os.path.join(run, SOCKET)
        self._run = run
        self._listener = open_socket(run)
        self._number = socket_number(run)
        self._trouble = ""

    def begin(self, loop: Loop, accept: Callable[[socket.socket], None]) -> None:
        """Have `accept` called with the listener whenever a client waits, and keep the name."""
        self._serve(loop, accept)
        self._look_later(loop, accept)

    def close(self) -> None:
        """Take the name away, unless it is gone or somebody else's by now."""
        close_socket(self._run, self._number)

    def _serve(self, loop: Loop, accept: Callable[[socket.socket], None]) -> None:
        listener = self._listener
        loop.watch(listener.fileno(), lambda _: accept(listener))

    def _look_later(self, loop: Loop, accept: Callable[[socket.socket], None]) -> None:
        loop.after(LOOK, lambda: self._look(loop, accept))

    def _look(self, loop: Loop, accept: Callable[[socket.socket], None]) -> None:
        self._look_later(loop, accept)
        if os.path.lexists(self._path):
            return
        old = self._listener
        try:
            self._listener = open_socket(self._run)
            self._number = socket_number(self._run)
        except (Unfit, OSError) as error:
            trouble = f"nobody can reach this keeper: {error}"
            if trouble != self._trouble:
                log("error", trouble)
            self._trouble = trouble
            return
        self._trouble = ""
        log("warning", f"{self._path} was removed; it is there again")
        loop.forget(old.fileno())
        old.close()
        self._serve(loop, accept)
