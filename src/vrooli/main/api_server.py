"""uvicorn inside the watchdog."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from vrooli.core import grid
from vrooli.core.errors import StorageError


class QuietServer(uvicorn.Server):
    """uvicorn without signal handlers: the watchdog has its own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    def leave(self) -> None:
        """Take no new connections from now on; end when those that are there are answered."""
        self.should_exit = True
        for listener in self.servers if self.started else ():
            listener.close()

    async def main_loop(self) -> None:
        """Refresh the date header once a second; uvicorn's own loop wakes up ten times."""
        counter = 0
        while not await self.on_tick(counter):
            counter += 10  # uvicorn counts tenths of seconds and refreshes every tenth of them
            await asyncio.sleep(grid.until_next(time.monotonic(), 1.0))


def listen_unix(path: Path) -> socket.socket:
    """A unix socket that only we can open. An old one is replaced: whoever holds the watchdog's
    lock may do so.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        before = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise StorageError(
            f"cannot listen: {error.strerror}",
            where=str(path),
            next_step="make its folder writable",
        ) from error
    return listener


def listen_tcp(host: str, port: int) -> socket.socket:
    """The TCP port. Raises OSError when it cannot be had: taken, or the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, since asyncio sets TCP_NODELAY only then: 40 ms for each small answer otherwise.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener


def quiet_server(app: ASGIApp) -> QuietServer:
    """A server that only speaks HTTP: no lifespan, no WebSockets, no logs of its own."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
        server_header=False,
    )
    return QuietServer(config)
