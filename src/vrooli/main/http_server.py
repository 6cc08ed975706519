"""uvicorn under the server: many connections, and an end that does not wait for live views."""

import resource
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

BACKLOG = 512
MOST_OPEN = 65_536
"""Files and connections that a process may have open at once, where the system lets it."""

MESSAGE_BYTES = 64 * 1024
PING_SECONDS = 20.0
"""A WebSocket that does not answer a ping for so long is closed."""


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Lets go of clients that read nothing any more."""

    async def send(self, message: Any) -> None:
        """See uvicorn. The end goes behind what the client has not read, instead of waiting until
        it has; and what it has not read after a while, it will not.
        """
        if message["type"] == "websocket.close":
            self.writable.set()
            self.loop.call_later(self.close_timeout + 1, self.transport.abort)
        await super().send(message)


class HttpServer(uvicorn.Server):
    """Tells those who wait for news of its end before it waits for them."""

    def __init__(self, config: uvicorn.Config, leaving: Callable[[], None]) -> None:
        super().__init__(config)
        self._leaving = leaving

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        self._leaving()
        await super().shutdown(sockets)


def configured(app: Any, drain_seconds: float) -> uvicorn.Config:
    """How we want it."""
    return uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,  # whoever connects could claim any address
        lifespan="off",
        backlog=BACKLOG,
        timeout_graceful_shutdown=max(1, round(drain_seconds)),
        ws=WebSocketProtocol,
        ws_max_size=MESSAGE_BYTES,
        ws_ping_interval=PING_SECONDS,
        ws_ping_timeout=PING_SECONDS,
        ws_per_message_deflate=False,  # 300 KiB a connection, for short messages
    )


def allow_many_connections() -> None:
    """A shell lets a process open 1,024 files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_OPEN if hard == resource.RLIM_INFINITY else min(hard, MOST_OPEN)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
