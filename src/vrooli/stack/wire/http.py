"""One HTTP GET over the Streams port; the grammar is `client.wire`'s, the bounds are a probe's."""

from vrooli.client import wire
from vrooli.core.address import Address, HostPort
from vrooli.core.errors import ConfigError, ProtocolError
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
        raise ConfigError("the URL names no host", where="url")
    tls = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return HostPort(parts.hostname, parts.port or (443 if tls else 80), tls), path


async def get(streams: Streams, address: Address, path: str) -> wire.Response:
    """Status and body (at most `MAX_BODY` bytes) of one GET.

    Raises:
        Unreachable: nobody there, or it went away before the answer was complete.
        ProtocolError: this is no HTTP.
    """
    request = wire.encode(address, "GET", path)
    stream = await streams.open(address)
    try:
        await stream.write(request)
        return await _drive(Incoming(stream, MAX_HEAD + 2 * MAX_BODY))
    finally:
        await stream.close()


async def _drive(incoming: Incoming) -> wire.Response:
    parser = wire.parse()
    wanted: wire.Read | wire.Head | bytes | None = next(parser, None)
    status, head_bytes, body = 0, 0, b""
    while wanted is not None and len(body) < MAX_BODY:
        answer = b""
        if isinstance(wanted, wire.Read):
            answer = await _read(incoming, wanted)
            head_bytes += 0 if status else len(answer)
        elif isinstance(wanted, wire.Head):
            status = wanted.status
        else:
            body += wanted
        if head_bytes > MAX_HEAD:
            raise ProtocolError("the head of the answer has no end")
        try:
            wanted = parser.send(answer)
        except StopIteration:
            wanted = None
    return wire.Response(status, body[:MAX_BODY])


async def _read(incoming: Incoming, wanted: wire.Read) -> bytes:
    if wanted.line:
        return await incoming.line(MAX_HEAD) + b"\n"
    if wanted.size:
        return await incoming.exactly(wanted.size)
    return await incoming.some()
