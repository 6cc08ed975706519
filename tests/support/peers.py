"""Peers in memory that answer what a test wrote down."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from vrooli.core.address import HostPort
from vrooli.host.memory.streams import MemoryStream, MemoryStreams

ADDRESS = HostPort("127.0.0.1", 4000)
Value = TypeVar("Value")

LIMIT = 20.0
"""Seconds after which a parser counts as hung."""


def saying(*answers: bytes, stay: bool = False) -> MemoryStreams:
    """A peer at `ADDRESS` that answers each piece it gets with the next of `answers`.

    It hangs up afterwards unless it is told to stay.
    """

    async def play(stream: MemoryStream) -> None:
        for answer in answers:
            await stream.read(65536)
            await stream.write(answer)
        while stay and await stream.read(65536):
            pass

    streams = MemoryStreams()
    streams.serve(ADDRESS, play)
    return streams


def run(streams: MemoryStreams, action: Callable[[], Awaitable[Value]]) -> Value:
    """The outcome of `action`; a hang is a failure."""

    async def go() -> Value:
        try:
            async with asyncio.timeout(LIMIT):
                return await action()
        finally:
            await streams.aclose()

    return asyncio.run(go())
