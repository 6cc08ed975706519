"""Redis's protocol (RESP2): commands as arrays of strings, and the short answers a probe needs."""

from collections.abc import Sequence
from urllib.parse import unquote

from vrooli.core.address import Address, HostPort
from vrooli.core.errors import AccessDenied, ProtocolError, VrooliError
from vrooli.core.ports.streams import Stream, Streams
from vrooli.stack.wire.dsn import split
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


async def ask(streams: Streams, url: str, *words: str) -> str:
    """Connect to the Redis of `url`, log in where it names a password, and send one command.

    Raises:
        AccessDenied: the password is missing or wrong.
        RedisError: Redis answered with another error.
        ConfigError, Unreachable, ProtocolError: as `split`, `Streams.open`, `Session.call`.
    """
    parts = split(url, ("redis", "rediss"))
    address = HostPort(parts.hostname or "127.0.0.1", parts.port or 6379, parts.scheme == "rediss")
    login = [unquote(word) for word in (parts.username, parts.password) if word]
    return await ask_at(streams, address, login, *words)


async def ask_at(
    streams: Streams, address: Address, login: Sequence[str], *words: str, database: str = ""
) -> str:
    """The same of the Redis at an address; `login` is a password, or a user and a password;
    `database` the number of one other than the first.
    """
    stream = await streams.open(address)
    try:
        session = Session(stream)
        if login:
            await session.call("AUTH", *login)
        if database:
            await session.call("SELECT", database)
        return await session.call(*words)
    except RedisError as error:
        if error.code in ("NOAUTH", "WRONGPASS", "NOPERM"):
            raise AccessDenied(
                error.what, next_step="correct user and password in its URL"
            ) from error
        raise
    finally:
        await stream.close()
