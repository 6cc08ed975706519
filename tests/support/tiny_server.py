"""A small real HTTP server over TCP or a unix socket whose answers the test writes byte by byte."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vrooli.core.address import Address, HostPort, UnixPath


@dataclass(frozen=True)
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)


Answer = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


async def reply(
    writer: asyncio.StreamWriter, status: int, body: Any = None, *, raw: bytes | None = None
) -> None:
    """Write a whole answer."""
    payload = json.dumps(body).encode() if raw is None else raw
    head = f"HTTP/1.1 {status} X\r\nContent-Length: {len(payload)}\r\n\r\n"
    writer.write(head.encode() + payload)
    await writer.drain()


async def _read(reader: asyncio.StreamReader) -> Asked:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    first, *lines = head.strip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, path, headers, body)


@asynccontextmanager
async def serving(answer: Answer, where: Path | int = 0) -> AsyncIterator[Address]:
    """Serve until the block ends; `where` is a socket's path or a port (0: a free one)."""

    running: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(await _read(reader), writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went first
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(talk(reader, writer))
        running.add(task)
        task.add_done_callback(running.discard)

    address: Address
    if isinstance(where, Path):
        server = await asyncio.start_unix_server(handle, str(where))
        address = UnixPath(str(where))
    else:
        server = await asyncio.start_server(handle, "127.0.0.1", where)
        address = HostPort("127.0.0.1", server.sockets[0].getsockname()[1])
    try:
        yield address
    finally:
        server.close()
        await asyncio.sleep(0.01)  # what is accepted already gets its task
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
