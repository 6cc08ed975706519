"""The unix socket of the watchdog's API, by which commands find it: its name comes back when
somebody removed it, as what cleans temporary folders does.
"""

import asyncio
import logging
import os
import socket
import time
from pathlib import Path

from starlette.types import ASGIApp

from vrooli.core import grid
from vrooli.core.errors import StorageError
from vrooli.main.api_server import QuietServer, listen_unix, quiet_server

_log = logging.getLogger(__name__)

LOOK = 2.0
"""Seconds between looks at the name. The keeper looks as often, and makes the folder anew."""


class UnixDoor:
    """Serves `app` at `path`."""

    def __init__(self, app: ASGIApp, path: Path) -> None:
        self._app, self._path = app, path
        self._serving: dict[QuietServer, asyncio.Task[None]] = {}
        self._number = 0
        self._trouble = ""

    async def run(self) -> None:
        """Serve until cancelled. Raises `StorageError` when it cannot be listened there."""
        self._serve(listen_unix(self._path))
        try:
            while True:
                await asyncio.sleep(grid.until_next(time.monotonic(), LOOK))
                self._look()
        finally:
            for task in self._serving.values():
                task.cancel()
            self._unlink()

    def _look(self) -> None:
        if not os.path.lexists(self._path):
            self._serve_again()
        self._dismiss()

    def _serve(self, listener: socket.socket) -> None:
        self._number = self._path.stat().st_ino
        server = quiet_server(self._app)
        self._serving[server] = asyncio.create_task(server.serve(sockets=[listener]))

    def _serve_again(self) -> None:
        try:
            self._serve(listen_unix(self._path))
        except (StorageError, OSError) as error:
            if str(error) != self._trouble:
                _log.error("no command can reach this watchdog: %s", error)
            self._trouble = str(error)
            return
        self._trouble = ""
        _log.warning("%s was removed; it is there again", self._path)

    def _dismiss(self) -> None:
        """End those whose name is gone, once they have answered whoever asked them before."""
        for server, task in list(self._serving.items())[:-1]:
            if task.done():
                del self._serving[server]
            elif server.started and not server.server_state.connections:
                server.should_exit = True

    def _unlink(self) -> None:
        """Take the name away, unless it is gone or another watchdog's by now."""
        try:
            if self._path.stat().st_ino == self._number:
                self._path.unlink()
        except OSError:
            pass
