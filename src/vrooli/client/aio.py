"""The same small HTTP/1.1 client on asyncio streams: what runs inside the watchdog."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

from vrooli.client.wire import MAX_BODY, MAX_LINE, Head, Read, Response, encode, parse, problem
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
    with _translated(str(target)):
        async with asyncio.timeout(timeout):
            return await _talk(target, wire)
    raise AssertionError  # a translated error was raised


async def stream_lines(
    target: Address, wire: bytes, *, silence: float = 60.0
) -> AsyncGenerator[bytes]:
    """The lines of an answer as they come, without their ends.

    Args:
        target: where to ask.
        wire: of `wire.encode`.
        silence: seconds without a byte after which the peer counts as gone.

    Raises:
        VrooliError: as `request`, and what `wire.problem` makes of a status of 400 or above.
    """
    where = str(target)
    with _translated(where):
        async with asyncio.timeout(silence):
            reader, writer = await _open(target)
        try:
            writer.write(wire)
            async with aclosing(_lines(reader, where, silence)) as lines:
                async for line in lines:
                    yield line
        finally:
            writer.transport.abort()


async def _lines(reader: asyncio.StreamReader, where: str, silence: float) -> AsyncGenerator[bytes]:
    rest, head = b"", Head(0, {})
    async with aclosing(_pieces(reader, silence)) as coming:
        async for piece in coming:
            if isinstance(piece, Head):
                head = piece
                continue
            rest += piece
            if head.status < 400:
                *lines, rest = rest.split(b"\n")
                for line in lines:
                    yield line
            if len(rest) > MAX_LINE:
                raise ProtocolError(f"a line is longer than {MAX_LINE} bytes", where=where)
    if head.status >= 400:
        raise problem(head.status, Response(head.status, rest).lenient(), where)


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
        raise UsageError(
            "this client speaks plain HTTP only",
            where=str(target),
            next_step="name an address that begins with http://",
        )
    return await asyncio.open_connection(target.host, target.port, limit=MAX_LINE)


async def _receive(reader: asyncio.StreamReader, target: Address) -> Response:
    status, held = 0, 0
    pieces: list[bytes] = []
    async with aclosing(_pieces(reader)) as coming:
        async for piece in coming:
            if isinstance(piece, Head):
                status = piece.status
                continue
            pieces.append(piece)
            held += len(piece)
            if held > MAX_BODY:
                where = str(target)
                raise ProtocolError(f"the answer is larger than {MAX_BODY} bytes", where=where)
    return Response(status, b"".join(pieces))


async def _pieces(
    reader: asyncio.StreamReader, silence: float | None = None
) -> AsyncGenerator[Head | bytes]:
    """The head of an answer, then its body as it comes."""
    parser = parse()
    wanted: Read | Head | bytes | None = next(parser, None)
    while wanted is not None:
        answer = b""
        if isinstance(wanted, Read):
            async with asyncio.timeout(silence):
                answer = await _read(reader, wanted)
        else:
            yield wanted
        try:
            wanted = parser.send(answer)
        except StopIteration:
            wanted = None


async def _read(reader: asyncio.StreamReader, wanted: Read) -> bytes:
    if wanted.line:
        return await reader.readline()
    if wanted.size:
        return await reader.readexactly(wanted.size)
    return await reader.read(MAX_LINE)


@contextmanager
def _translated(where: str) -> Iterator[None]:
    """What asyncio says, as our errors."""
    try:
        yield
    except TimeoutError as error:
        raise DeadlineExceeded("no complete answer in time", where=where) from error
    except asyncio.IncompleteReadError as error:
        raise ProtocolError("the answer ended early", where=where) from error
    except ValueError as error:
        raise ProtocolError("a line of the answer has no end", where=where) from error
    except PermissionError as error:
        raise AccessDenied(
            "not allowed to open it",
            where=where,
            next_step="run this as the user whose stack it is",
        ) from error
    except OSError as error:
        raise Unreachable(f"nobody answers ({error})", where=where) from error
