"""Port: byte streams. Every wire protocol of ours (HTTP, PostgreSQL, Redis) is spoken over this one."""

from typing import Protocol

from vrooli.core.address import Address


class Stream(Protocol):
    """One open connection. Every method may raise `Unreachable` when the peer goes away."""

    async def read(self, limit: int) -> bytes:
        """Between 1 and `limit` bytes; empty at the end of the stream."""
        ...

    async def write(self, data: bytes) -> None:
        """Send all of `data`."""
        ...

    async def close(self) -> None:
        """Let go; never raises, never waits for the peer."""
        ...


class Streams(Protocol):
    """Opens connections. Deadlines are the caller's (`asyncio.timeout`)."""

    async def open(self, address: Address) -> Stream:
        """Connect, or raise `Unreachable`."""
        ...
