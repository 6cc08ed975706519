"""A mail server that takes everything and counts: whom Monit alerts."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Mailbox:
    """What came.

    Attributes:
        port: where it listens.
        subjects: of each mail.
    """

    port: int = 0
    subjects: list[str] = field(default_factory=list)


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """One on a free port."""
    box = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            for line in self.rfile:
                if line.upper().startswith(b"DATA"):
                    self.wfile.write(b"354 go on\r\n")
                    self._mail()
                elif line.upper().startswith(b"QUIT"):
                    return
                self.wfile.write(b"250 ok\r\n")

        def _mail(self) -> None:
            for line in self.rfile:
                if line.lower().startswith(b"subject:"):
                    box.subjects.append(line.decode("utf-8", "replace").strip())
                if line == b".\r\n":
                    return

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_address[1]
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield box
        finally:
            server.shutdown()
