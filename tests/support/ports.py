"""Ports for servers of a test."""

import random
import socket

_GIVEN: set[int] = set()
"""Nobody listens yet on one that was just given: looking alone may find it twice."""


def free_port() -> int:
    """A port that nobody listens on, that the system does not give to clients, and that was not
    given before.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        if port in _GIVEN:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _GIVEN.add(port)
        return port
