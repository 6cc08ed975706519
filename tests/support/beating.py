"""A watchdog that does nothing but beat; run as a program with the standard library alone.

Arguments: the keeper's socket, its own command as JSON (for adoption), seconds between beats. When
the keeper goes it reports to the next one. SIGUSR1: spin for ever. SIGUSR2: go on without beating.
"""

import json
import signal
import socket
import sys
import time
from typing import Any


class Beating:
    """The connection to whatever keeper there is."""

    def __init__(self, path: str, spec: dict[str, Any], pause: float) -> None:
        self.path, self.spec, self.pause = path, spec, pause
        self.silent = False

    def forever(self) -> None:
        """Connect, beat until the keeper goes, connect to the next."""
        adopt = False
        while True:
            try:
                self._serve(adopt)
            except OSError:
                time.sleep(0.02)
            adopt = True

    def _serve(self, adopt: bool) -> None:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.path)
            with connection.makefile("rwb") as stream:
                if adopt:
                    request = {"op": "watch", "spec": self.spec, "heartbeat_timeout": 1.5}
                    _ask(stream, {**request, "adopt": True})
                while True:
                    if not self.silent:
                        _ask(stream, {"op": "heartbeat"})
                    time.sleep(self.pause)

    def fall_silent(self) -> None:
        """Live on without a sign."""
        self.silent = True


def _ask(stream: Any, request: dict[str, Any]) -> None:
    stream.write(json.dumps({"id": 1, **request}).encode() + b"\n")
    stream.flush()
    line = stream.readline()
    if not line:
        raise OSError("the keeper is gone")
    sys.stdout.write(line.decode())
    sys.stdout.flush()


def _spin() -> None:
    while True:
        pass


if __name__ == "__main__":
    beating = Beating(sys.argv[1], json.loads(sys.argv[2]), float(sys.argv[3]))
    signal.signal(signal.SIGUSR1, lambda *_: _spin())
    signal.signal(signal.SIGUSR2, lambda *_: beating.fall_silent())
    beating.forever()
