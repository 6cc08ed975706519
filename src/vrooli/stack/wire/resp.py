"""Redis's protocol (RESP2): commands as arrays of strings, and the short answers a probe needs."""

from vrooli.core.errors import ProtocolError, VrooliError
from vrooli.core.ports.streams import Stream
from vrooli.stack.wire.incoming import Incoming

LIMIT = 64 * 1024
"""Bytes of all answers of one connection."""


class RedisError(VrooliError):
    """Redis answered with an error. `code` is its first word: LOADING, NOAUTH, WRONGPASS, ..."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.code = text.partition(" ")[0]


def encode(*words: str) -> bytes:
    """One command."""
    parts = [word.encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts)


class Session:
    """One connection."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._incoming = Incoming(stream, LIMIT)

    async def call(self, *words: str) -> str:
        """Send a command and read its answer as text (a null is empty).

        Raises:
            RedisError: Redis answered with an error.
            ProtocolError: no Redis, or an array, which no probe asks for.
            Unreachable: the peer went away.
        """
        await self._stream.write(encode(*words))
        line = await self._incoming.line(4096)
        kind, rest = line[:1], line[1:].decode("utf-8", "replace")
        if kind == b"-":
            raise RedisError(rest)
        if kind in (b"+", b":"):
            return rest
        if kind == b"$":
            return await self._bulk(rest)
        raise ProtocolError("what answers there does not speak Redis's protocol")

    async def _bulk(self, digits: str) -> str:
        if digits == "-1":
            return ""
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 6 or int(digits) > LIMIT:
            raise ProtocolError("Redis announced an answer of impossible length")
        data = await self._incoming.exactly(int(digits) + 2)
        if not data.endswith(b"\r\n"):
            raise ProtocolError("an answer of Redis does not end where it said")
        return data[:-2].decode("utf-8", "replace")
