"""One PING to Redis, spoken by hand: a driver for one round trip would be a dependency for nothing.

Protocol: https://redis.io/docs/latest/develop/reference/protocol-spec/ (RESP2).
"""

import asyncio
import ssl
from urllib.parse import unquote, urlsplit

from vrooli.core.errors import AccessDenied, ProtocolError, Unreachable

DEFAULT_PORT = 6379
MAX_LINE = 512


async def ping(url: str) -> None:
    """Connect, authenticate when `url` has a password, and expect PONG. The caller sets the
    deadline.

    Raises `Unreachable` (no answer, or still loading its data), `AccessDenied` (password),
    `ProtocolError` (not a Redis).
    """
    parts = urlsplit(url)
    tls = ssl.create_default_context() if parts.scheme == "rediss" else None
    try:
        reader, writer = await asyncio.open_connection(
            parts.hostname or "127.0.0.1", parts.port or DEFAULT_PORT, ssl=tls, limit=MAX_LINE
        )
    except OSError as error:
        raise Unreachable("Redis cannot be reached") from error
    try:
        if parts.password:
            user = [unquote(parts.username)] if parts.username else []
            await _expect(reader, writer, b"+OK", "AUTH", *user, unquote(parts.password))
        await _expect(reader, writer, b"+PONG", "PING")
    except (OSError, ValueError) as error:
        raise Unreachable("Redis broke the connection off") from error
    finally:
        writer.transport.abort()  # never waits for the peer


async def _expect(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wanted: bytes, *words: str
) -> None:
    writer.write(encode(*words))
    await writer.drain()
    line = (await reader.readline()).rstrip()
    if line == wanted:
        return
    if line.startswith((b"-NOAUTH", b"-WRONGPASS", b"-ERR invalid password")):
        raise AccessDenied("Redis rejected our password", next_step="check REDIS_URL")
    if not line or line.startswith((b"-LOADING", b"-BUSY", b"-MASTERDOWN")):
        raise Unreachable("Redis cannot serve this now")
    raise ProtocolError("the answer is not that of a Redis", next_step="check REDIS_URL")


def encode(*words: str) -> bytes:
    """A command as an array of bulk strings."""
    items = [word.encode() for word in words]
    return b"".join(
        [b"*%d\r\n" % len(items), *(b"$%d\r\n%s\r\n" % (len(item), item) for item in items)]
    )
