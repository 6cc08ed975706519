"""The port of a process, taken before anything slow happens."""

import socket

from vrooli.core.errors import StartFailed


def bind(host: str, port: int) -> socket.socket:
    """Take the port before anything slow happens; connections are refused until `serve` listens.
    `StartFailed` if taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is said aloud, for asyncio sets TCP_NODELAY only then; else answers take 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise StartFailed(
            f"cannot listen there: {error.strerror}",
            where=f"{host}:{port}",
            next_step="stop what uses the port, or choose another with PORT",
        ) from error
    return listener
