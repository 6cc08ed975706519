"""Reading pieces of known size from a stream of bytes, never more than was agreed."""

from vrooli.core.errors import ProtocolError, Unreachable
from vrooli.core.ports.streams import Stream

CHUNK = 16384
"""Bytes asked for at once."""


class Incoming:
    """What a peer sends. `limit` bounds all that is taken: it may never stop by itself."""

    def __init__(self, stream: Stream, limit: int) -> None:
        self._stream = stream
        self._left = limit
        self._buffer = b""

    @property
    def ahead(self) -> bytes:
        """What was read and not taken yet."""
        return self._buffer

    async def exactly(self, size: int) -> bytes:
        """The next `size` bytes.

        Raises:
            Unreachable: the stream ended before.
            ProtocolError: the peer sent more in all than the limit.
        """
        while len(self._buffer) < size:
            await self._fill()
        return self._take(size)

    async def line(self, longest: int) -> bytes:
        """The next line without CR LF or LF, of at most `longest` bytes; errors as in `exactly`."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > longest:
                raise ProtocolError(f"a line is longer than {longest} bytes")
            await self._fill()
        if end > longest:
            raise ProtocolError(f"a line is longer than {longest} bytes")
        return self._take(end + 1).rstrip(b"\r\n")

    async def some(self) -> bytes:
        """Whatever comes next; empty at the end of the stream."""
        if not self._buffer:
            try:
                await self._fill()
            except Unreachable:
                return b""
        return self._take(len(self._buffer))

    async def _fill(self) -> None:
        data = await self._stream.read(CHUNK)
        if not data:
            raise Unreachable("the connection was closed before the answer was complete")
        self._left -= len(data)
        if self._left < 0:
            raise ProtocolError("the answer is longer than any honest one")
        self._buffer += data

    def _take(self, size: int) -> bytes:
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return data
