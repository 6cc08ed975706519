"""The Docker Engine over its socket: one answer, or why there is none."""

import asyncio

from vrooli.client.wire import Response
from vrooli.core.address import UnixPath
from vrooli.core.errors import AccessDenied, DeadlineExceeded, Unreachable
from vrooli.core.ports.streams import Streams
from vrooli.stack.wire import http


async def ask(
    streams: Streams, engine: UnixPath, path: str, seconds: float, method: str = "GET"
) -> Response:
    """What it answers within `seconds`, whatever its status.

    Raises:
        Unreachable: nobody listens there, or went away before the answer was complete.
        AccessDenied: its socket is there, and not for us.
        DeadlineExceeded: no answer in time.
        ProtocolError: this is no HTTP.
    """
    try:
        async with asyncio.timeout(seconds):
            return await http.request(streams, engine, method, path)
    except TimeoutError as error:
        raise DeadlineExceeded(f"no answer within {seconds:g} s", where=str(engine)) from error
    except Unreachable as error:
        if isinstance(error.__cause__, PermissionError):
            raise AccessDenied(
                "the socket of the Docker Engine may not be opened",
                where=str(engine),
                next_step="run as root, or as a member of the group that owns it (`docker`)",
            ) from error
        raise
