"""HTTP over the Streams port; the grammar is `client.wire`'s, the bounds are a probe's."""

import sys
from collections.abc import AsyncGenerator, Callable
from typing import Any

from vrooli.client import wire
from vrooli.core.address import Address, HostPort
from vrooli.core.errors import ConfigError, ProtocolError, Unreachable
from vrooli.core.ports.streams import Streams
from vrooli.stack.wire.dsn import split
from vrooli.stack.wire.incoming import Incoming

MAX_HEAD = 64 * 1024
MAX_BODY = 1024 * 1024
"""Bytes; a longer body is cut, since its status has been read by then."""


def target(url: str) -> tuple[HostPort, str]:
    """Address and path of an `http` or `https` URL; `ConfigError` when it is none."""
    parts = split(url, ("http", "https"))
    if not parts.hostname:
        raise ConfigError(
            "the URL names no host", where="url", next_step="write it like http://HOST:PORT/path"
        )
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return HostPort(parts.hostname, parts.port or (443 if tls else 80), tls), path


async def get(streams: Streams, address: Address, path: str) -> wire.Response:
    """Status and body (at most `MAX_BODY` bytes) of one GET; errors as of `request`."""
    return await request(streams, address, "GET", path)


async def request(
    streams: Streams,
    address: Address,
    method: str,
    path: str,
    body: Any = None,
    token: str | None = None,
) -> wire.Response:
    """Status and body (at most `MAX_BODY` bytes) of one answer; what is sent is JSON, with a bearer
    token where one is given.

    Raises:
        Unreachable: nobody there, or it went away before the answer was complete.
        ProtocolError: this is no HTTP.
    """
    stream = await streams.open(address)
    try:
        await stream.write(wire.encode(address, method, path, body=body, token=token))
        return await _whole(Incoming(stream, MAX_HEAD + 2 * MAX_BODY))
    finally:
        await stream.close()


async def hear(streams: Streams, address: Address, path: str, take: Callable[[bytes], None]) -> int:
    """The status of one GET, whose body of any length is handed to `take` as it comes; errors as
    of `request`.
    """
    stream = await streams.open(address)
    status = 0
    try:
        await stream.write(wire.encode(address, "GET", path))
        async for piece in _pieces(Incoming(stream, sys.maxsize)):
            if isinstance(piece, wire.Head):
                status = piece.status
            else:
                take(piece)
    finally:
        await stream.close()
    return status


async def lines(streams: Streams, address: Address, path: str) -> AsyncGenerator[bytes, None]:
    """The lines of an answer that goes on for as long as there is something to tell.

    Raises:
        Unreachable: nobody there, or it went away: it never ends otherwise.
        ProtocolError: this is no HTTP, an error, or a line that has no end.
    """
    stream = await streams.open(address)
    try:
        await stream.write(wire.encode(address, "GET", path))
        rest = b""
        async for piece in _pieces(Incoming(stream, sys.maxsize)):
            if isinstance(piece, wire.Head):
                if piece.status != 200:
                    raise ProtocolError(f"HTTP {piece.status}", where=str(address))
                continue
            *whole, rest = (rest + piece).split(b"\n")
            for line in whole:
                yield line
            if len(rest) > MAX_HEAD:
                raise ProtocolError("a line of the answer has no end", where=str(address))
    finally:
        await stream.close()
    raise Unreachable("the answer ended", where=str(address))


async def _whole(incoming: Incoming) -> wire.Response:
    status, body = 0, b""
    async for piece in _pieces(incoming):
        if isinstance(piece, wire.Head):
            status = piece.status
            continue
        body += piece
        if len(body) >= MAX_BODY:
            break
    return wire.Response(status, body[:MAX_BODY])


async def _pieces(incoming: Incoming) -> AsyncGenerator[wire.Head | bytes, None]:
    parser = wire.parse()
    wanted: wire.Read | wire.Head | bytes | None = next(parser, None)
    head, head_bytes = False, 0
    while wanted is not None:
        answer = b""
        if isinstance(wanted, wire.Read):
            answer = await _read(incoming, wanted)
            head_bytes += 0 if head else len(answer)
        else:
            head = True
            yield wanted
        if head_bytes > MAX_HEAD:
            raise ProtocolError("the head of the answer has no end")
        try:
            wanted = parser.send(answer)
        except StopIteration:
            wanted = None


async def _read(incoming: Incoming, wanted: wire.Read) -> bytes:
    if wanted.line:
        return await incoming.line(MAX_HEAD) + b"\n"
    if wanted.size:
        return await incoming.exactly(wanted.size)
    return await incoming.some()
