"""The TCP port of the watchdog's API: where `[autoheal]` says, also after an edit of it."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

from starlette.types import ASGIApp

from vrooli.core.address import HostPort
from vrooli.main.api_server import QuietServer, listen_tcp, quiet_server
from vrooli.stack.model import AutohealSettings

AGAIN = 5.0
"""Seconds between attempts to have a port that somebody else has."""


class Door:
    """Serves at one address at a time. Until the wanted one can be had, the old one serves on."""

    def __init__(self, app: ASGIApp, settings: Callable[[], AutohealSettings]) -> None:
        self._app, self._settings = app, settings
        self._at: HostPort | None = None
        self._server: QuietServer | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._trouble: list[str] = []

    @property
    def at(self) -> HostPort | None:
        """Where it serves now; None while no port can be had."""
        return self._at

    def trouble(self) -> list[str]:
        """Why it is not where it should be."""
        return self._trouble

    def advice(self) -> list[str]:
        """None."""
        return []

    async def run(self) -> None:
        """Keep it where it should be, until cancelled."""
        try:
            while True:
                await asyncio.sleep(AGAIN)
                if self._at is None or self._at.port != self._wanted().port:
                    self.move()
        finally:
            for task in self._serving:
                task.cancel()

    def move(self) -> None:
        """Serve where the settings say now; nothing when it does."""
        before, wanted = self._at, self._wanted()
        if before is not None and before != wanted and before.port == wanted.port:
            self._leave()  # 0.0.0.0 is every address: on the same port ours would be in the way
        try:
            self._serve(wanted)
            self._trouble = []
        except OSError as error:
            if before is not None:
                with suppress(OSError):
                    self._serve(before)
            where = f"at {self._at}" if self._at is not None else "on its unix socket only"
            why = f"the API cannot be had at {wanted} ({error.strerror})"
            self._trouble = [f"{why}: it serves {where} until it can"]

    def _wanted(self) -> HostPort:
        settings = self._settings()
        return HostPort(settings.host, settings.port)

    def _serve(self, address: HostPort) -> None:
        if address == self._at:
            return
        listener = listen_tcp(address.host, address.port)
        self._leave()
        self._server, self._at = quiet_server(self._app), address
        task = asyncio.create_task(self._server.serve(sockets=[listener]))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    def _leave(self) -> None:
        if self._server is not None:
            self._server.leave()
        self._server = self._at = None
