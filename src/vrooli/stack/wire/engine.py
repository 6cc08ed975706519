"""The Docker Engine over its socket: one answer, or why there is none."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from vrooli.client.wire import Response
from vrooli.core.address import UnixPath
from vrooli.core.errors import AccessDenied, DeadlineExceeded, Unreachable
from vrooli.core.ports.streams import Streams
from vrooli.stack.wire import http

Answer = TypeVar("Answer")


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
    return await answered(http.request(streams, engine, method, path), engine, seconds)


async def answered(asked: Awaitable[Answer], engine: UnixPath, seconds: float) -> Answer:
    """What was asked of the Engine, within `seconds`; the errors are those of `ask`."""
    try:
        async with asyncio.timeout(seconds):
            return await asked
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
