"""Port: byte streams. Every wire protocol of ours (HTTP, PostgreSQL, Redis) is spoken over this
one.
"""

from typing import Literal, Protocol, runtime_checkable

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


Verify = Literal["none", "ca", "full"]
"""What a certificate must prove: nothing; a trusted signature; and that it is for our host."""


@runtime_checkable
class Upgradable(Protocol):
    """A stream that can turn to TLS in the middle, as PostgreSQL wants it (SSLRequest)."""

    async def start_tls(self, server_name: str, verify: Verify, roots: str = "") -> None:
        """Shake hands; `roots` is a file of trusted certificates, empty for the system's.

        Raises:
            ProtocolError: no TLS spoken there, or a certificate that is not trusted.
            Unreachable: the peer went away.
        """
        ...


@runtime_checkable
class Certified(Protocol):
    """A stream whose peer has shown a certificate."""

    def certificate(self) -> bytes:
        """The certificate in DER; `ProtocolError` on a stream without TLS."""
        ...


class Streams(Protocol):
    """Opens connections. Deadlines are the caller's (`asyncio.timeout`)."""

    async def open(self, address: Address) -> Stream:
        """Connect, or raise `Unreachable`."""
        ...
