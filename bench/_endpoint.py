"""What is asked by HTTP here: answers `ok` at once, whatever the path, and counts. `GET /count` is
not counted, and answers the number. Argument: the port. It ends when its standard input does.
"""

import asyncio
import sys

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
answered = 0


class Endpoint(asyncio.Protocol):
    """One connection; one request on it."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        global answered
        body = b"ok"
        if data.startswith(b"GET /count "):
            body = str(answered).encode()
        else:
            answered += 1
        head = HEAD % len(body) + b"Connection: close\r\n\r\n"
        self.transport.write(head + body)
        self.transport.close()


async def main() -> None:
    loop = asyncio.get_running_loop()
    await loop.create_server(Endpoint, "127.0.0.1", int(sys.argv[1]), backlog=1024)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
