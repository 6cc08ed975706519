"""Byte streams without a network: each address is played by a coroutine."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from vrooli.core.address import Address
from vrooli.core.errors import NobodyListens, Unreachable
from vrooli.core.ports.streams import Verify


class MemoryStream:
    """One end of a connection; `tls` tells whether this end has asked for TLS."""

    def __init__(self) -> None:
        self._inbox = bytearray()
        self._ended = False
        self._changed = asyncio.Event()
        self.other = self
        self.tls: Verify | None = None

    @classmethod
    def pair(cls) -> "tuple[MemoryStream, MemoryStream]":
        """Both ends of a new connection."""
        here, there = cls(), cls()
        here.other, there.other = there, here
        return here, there

    async def read(self, limit: int) -> bytes:
        """See the port."""
        while not self._inbox and not self._ended:
            self._changed.clear()
            await self._changed.wait()
        data = bytes(self._inbox[:limit])
        del self._inbox[:limit]
        return data

    async def write(self, data: bytes) -> None:
        """See the port."""
        if self._ended:
            raise Unreachable("the connection broke: broken pipe")
        self.other._inbox += data
        self.other._changed.set()

    async def close(self) -> None:
        """See the port. Both ends have ended then."""
        for end in (self, self.other):
            end._ended = True
            end._changed.set()

    async def start_tls(self, server_name: str, verify: Verify, roots: str = "") -> None:
        """Only noted: there is nobody in between."""
        self.tls = verify


Peer = Callable[[MemoryStream], Awaitable[None]]


class MemoryStreams:
    """Opens connections to peers that `serve` has put there. Belongs to one event loop."""

    def __init__(self) -> None:
        self._peers: dict[str, Peer] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.opened: list[MemoryStream] = []

    def serve(self, address: Address, peer: Peer) -> None:
        """From now on `peer` plays the other end of every connection to `address`."""
        self._peers[str(address)] = peer

    def peer(self, address: Address) -> Peer:
        """Who plays at `address`."""
        return self._peers[str(address)]

    async def open(self, address: Address) -> MemoryStream:
        """See the port."""
        peer = self._peers.get(str(address))
        if peer is None:
            raise NobodyListens("connection refused", where=str(address))
        here, there = MemoryStream.pair()
        task = asyncio.ensure_future(_play(peer, there))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.opened.append(here)
        return here

    async def aclose(self) -> None:
        """End every peer that still plays."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _play(peer: Peer, stream: MemoryStream) -> None:
    """A peer that returns hangs up; one that finds us gone has nothing more to do."""
    with contextlib.suppress(Unreachable):
        await peer(stream)
    await stream.close()
