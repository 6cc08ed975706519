"""One client's connection.

Nothing here ever waits: what a client does not read is kept up to a bound, then it is dropped.
"""

from __future__ import annotations

import socket
import struct

from vrooli.host.keeper import proc, wire
from vrooli.host.keeper.loop import READ, WRITE, Loop

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_CREDENTIALS = struct.Struct("3i")  # struct ucred of unix(7): pid, uid, gid


class Peer:
    """A connected client.

    Attributes:
        pid: of whoever connected, as the kernel says (SO_PEERCRED).
        start_ticks: of that process when it connected, so that a later owner of the number is not
            taken for it.
        follows: it wants every exit.

    Args:
        connection: non-blocking.
        loop: watches it.
        on_line: gets each request.
        on_close: is told once, whoever closed.
    """

    def __init__(
        self,
        connection: socket.socket,
        loop: Loop,
        on_line: Callable[[Peer, bytes], None],
        on_close: Callable[[Peer], None],
    ) -> None:
        self._socket = connection
        self._loop = loop
        self._on_line = on_line
        self._on_close = on_close
        self._incoming = bytearray()
        self._outgoing = bytearray()
        self.follows = False
        self.open = True
        raw = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        self.pid, self.uid, _ = _CREDENTIALS.unpack(raw)
        stat = proc.read_stat(self.pid)
        self.start_ticks = stat.start_ticks if stat is not None else 0
        loop.watch(connection.fileno(), self._ready)

    def _ready(self, events: int) -> None:
        if events & WRITE:
            self._flush()
        if self.open and events & ~WRITE:
            self._receive()

    def _receive(self) -> None:
        try:
            chunk = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self.close()
            return
        searched = len(self._incoming)
        self._incoming += chunk
        while self.open and (end := self._incoming.find(b"\n", searched)) >= 0:
            line = bytes(self._incoming[:end])
            del self._incoming[: end + 1]
            searched = 0
            self._on_line(self, line)
        if len(self._incoming) > wire.MAX_LINE:
            self.send(wire.refusal(None, wire.Failure("ProtocolError", "line over 1 MiB")))
            self.close()

    def send(self, data: bytes) -> None:
        """Send now what the socket takes and keep the rest."""
        if not self.open:
            return
        self._outgoing += data
        self._flush()
        if len(self._outgoing) > wire.MAX_BACKLOG:
            self.close()

    def _flush(self) -> None:
        try:
            sent = self._socket.send(self._outgoing) if self._outgoing else 0
        except BlockingIOError:
            sent = 0
        except OSError:
            self.close()
            return
        del self._outgoing[:sent]
        self._loop.change(self._socket.fileno(), READ | WRITE if self._outgoing else READ)

    def close(self) -> None:
        """Close and forget; harmless when it is done."""
        if not self.open:
            return
        self.open = False
        self._loop.forget(self._socket.fileno())
        self._socket.close()
        self._on_close(self)
