"""Port `Resolver`: getaddrinfo(3)."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

from vrooli.core.errors import Unresolved

THREADS = 4
"""getaddrinfo blocks for as long as the resolver likes; look-ups that hang must not take the
threads that others work on."""


class SystemResolver:
    """The machine's own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(THREADS, "resolver")

    async def resolve(self, name: str) -> list[str]:
        """See the port."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(
                self._threads, lambda: socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            )
        except (socket.gaierror, UnicodeError) as error:
            raise Unresolved(f"cannot be resolved: {_reason(error)}", name) from error
        return list(dict.fromkeys(str(item[4][0]) for item in found))


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
