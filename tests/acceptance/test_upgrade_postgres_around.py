"""An upgrade of PostgreSQL among others: whoever else listens, runs, or is called alike."""

import socket
import threading

from tests.support.older_postgres import OLDER, fill, holds_all, of, version
from tests.support.stack import LiveStack, said


def test_who_else_holds_the_port_is_told_nothing(stack: LiveStack) -> None:
    of(stack, OLDER)
    stack.up()
    fill(stack)
    of(stack, None)
    stack.up()
    assert stack.run("stop", "postgres").returncode == 0
    with _Listener(stack.ports["postgres"]) as foreign:
        planned = stack.run("resource", "upgrade", "postgres", "--dry-run")
    assert planned.returncode == 0, said(planned)
    assert "could not be asked before" in planned.stderr, said(planned)
    assert foreign.heard == []
    assert stack.run("resource", "upgrade", "postgres").returncode == 0
    assert stack.run("start", "postgres").returncode == 0
    assert version(stack) == 18
    holds_all(stack)


class _Listener:
    """Somebody else on a port of loopback; hangs up on all who come, and knows what they said."""

    def __init__(self, port: int) -> None:
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", port))
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> "_Listener":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.heard.append(connection.recv(1024))
