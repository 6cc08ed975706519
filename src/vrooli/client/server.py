"""The server's API as the watchdog uses it: asyncio streams only, bounded, with deadlines."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from vrooli.client import aio
from vrooli.client.token import read_token
from vrooli.client.wire import Response, problem
from vrooli.core.address import HostPort
from vrooli.core.errors import ConfigError

HISTORY_PATH = "/api/v1/history"


def address_of(url: str) -> HostPort:
    """The address in `http://host:port`.

    Raises:
        ConfigError: another scheme, a path, or no host.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        parts, host, port = urlsplit(""), None, 0
    if parts.scheme != "http" or host is None or parts.path not in ("", "/") or parts.username:
        raise ConfigError(
            "the address of a server has the form http://HOST:PORT",
            where=repr(url),
            next_step="put a TLS proxy on this host if the server is elsewhere",
        )
    return HostPort(host, port)


@dataclass(frozen=True, slots=True)
class ServerClient:
    """One server.

    Attributes:
        target: where it listens.
        token_file: the bearer token, read anew for each request.
        timeout: seconds for one whole answer.
    """

    target: HostPort
    token_file: Path
    timeout: float = 30.0

    async def get(self, path: str) -> Any:
        """The JSON at `path`.

        Raises:
            VrooliError: as `client.aio.request`, and what a status of 400 or above stands for.
        """
        answer = await self._send("GET", path, None)
        if answer.status >= 400:
            raise problem(answer.status, answer.lenient(), f"GET {path} at {self.target}")
        return answer.json()

    async def post(self, path: str, body: Any) -> Response:
        """Post `body`; every status is an answer.

        Raises:
            VrooliError: what `client.aio.request` raises.
        """
        return await self._send("POST", path, body)

    async def _send(self, method: str, path: str, body: Any) -> Response:
        token = read_token(self.token_file)  # some dozen bytes that the page cache holds
        return await aio.request(
            self.target, method, path, body=body, token=token, timeout=self.timeout
        )
