"""Port `Http`, in memory: a server is a function."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from vrooli.core.errors import TooLarge, UsageError
from vrooli.core.metadata_address import is_forbidden
from vrooli.core.ports.http import Answer, ForbiddenAddress, Request

Server = Callable[[Request], Awaitable[Answer]]


class MemoryHttp:
    """Asks a function, which answers or raises what the port allows.

    Attributes:
        sent: every request that reached it.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self.sent: list[Request] = []

    async def send(self, request: Request, largest: int) -> Answer:
        """See the port."""
        url = urlsplit(request.url)
        if url.scheme not in ("http", "https") or not url.hostname or "@" in url.netloc:
            raise UsageError(
                "an address is http:// or https://, a host, and no user in it",
                next_step="correct `url`",
            )
        if is_forbidden(url.hostname):
            raise ForbiddenAddress("no step may ask there", where=url.hostname)
        if any(sign in value for value in request.headers.values() for sign in "\r\n\0"):
            raise UsageError(
                "a header cannot be sent as it is",
                where=url.hostname,
                next_step="its value must be one line of text",
            )
        self.sent.append(request)
        answer = await self._server(request)
        if len(answer.body) > largest:
            raise TooLarge(f"the answer has more than {largest} bytes", where=url.hostname)
        return answer
