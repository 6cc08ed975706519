"""The same small HTTP/1.1 client on asyncio streams: what runs inside the watchdog."""

import asyncio
from typing import Any

from vrooli.client.wire import MAX_BODY, MAX_LINE, Head, Read, Response, encode, parse
from vrooli.core.address import Address, UnixPath
from vrooli.core.errors import (
    AccessDenied,
    DeadlineExceeded,
    ProtocolError,
    Unreachable,
    UsageError,
)


async def request(
    target: Address,
    method: str,
    path: str,
    *,
    body: Any = None,
    token: str | None = None,
    timeout: float = 10.0,  # noqa: ASYNC109 - the errors are ours, so the deadline is as well
) -> Response:
    """One request and its whole answer, whatever its status, within `timeout` seconds altogether.

    Raises:
        VrooliError: as `client.http.request`.
    """
    wire = encode(target, method, path, body=body, token=token)
    where = str(target)
    try:
        async with asyncio.timeout(timeout):
            return await _talk(target, wire)
    except TimeoutError as error:
        raise DeadlineExceeded("no complete answer in time", where=where) from error
    except asyncio.IncompleteReadError as error:
        raise ProtocolError("the answer ended early", where=where) from error
    except ValueError as error:
        raise ProtocolError("a line of the answer has no end", where=where) from error
    except PermissionError as error:
        raise AccessDenied("not allowed to open it", where=where) from error
    except OSError as error:
        raise Unreachable(f"nobody answers ({error})", where=where) from error


async def _talk(target: Address, wire: bytes) -> Response:
    reader, writer = await _open(target)
    try:
        writer.write(wire)
        # Not drained: a peer that answers 413 and closes early still gets its answer read below.
        return await _receive(reader, target)
    finally:
        writer.transport.abort()  # close() would wait for a peer that no longer reads


async def _open(target: Address) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if isinstance(target, UnixPath):
        return await asyncio.open_unix_connection(target.path, limit=MAX_LINE)
    if target.tls:
        raise UsageError("this client speaks plain HTTP only", where=str(target))
    return await asyncio.open_connection(target.host, target.port, limit=MAX_LINE)


async def _receive(reader: asyncio.StreamReader, target: Address) -> Response:
    parser = parse()
    status, held = 0, 0
    pieces: list[bytes] = []
    wanted: Read | Head | bytes | None = next(parser, None)
    while wanted is not None:
        answer = b""
        if isinstance(wanted, Read):
            answer = await _read(reader, wanted)
        elif isinstance(wanted, Head):
            status = wanted.status
        else:
            pieces.append(wanted)
            held += len(wanted)
        if held > MAX_BODY:
            raise ProtocolError(f"the answer is larger than {MAX_BODY} bytes", where=str(target))
        try:
            wanted = parser.send(answer)
        except StopIteration:
            wanted = None
    return Response(status, b"".join(pieces))


async def _read(reader: asyncio.StreamReader, wanted: Read) -> bytes:
    if wanted.line:
        return await reader.readline()
    if wanted.size:
        return await reader.readexactly(wanted.size)
    return await reader.read(MAX_LINE)
