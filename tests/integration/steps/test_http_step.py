"""The step `http` against a real server that behaves badly."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.support.steps import executed, failure, output, tools
from tests.support.tiny_server import Asked, reply, serving
from vrooli.core.ports.http import Http
from vrooli.flow.entries import Finished
from vrooli.host.clock import SystemClock
from vrooli.host.http import HttpxHttp
from vrooli.host.memory.secrets import MemorySecrets
from vrooli.host.resolver import SystemResolver

SECRET = "hunter2-hunter2"


class Server:
    """Answers by the path; notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.was_asked = asyncio.Event()
        self.elsewhere = ""

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.asked.append(asked)
        self.was_asked.set()
        match asked.path:
            case "/hang":
                await asyncio.Event().wait()
            case "/loop":
                writer.write(b"HTTP/1.1 302 X\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n")
            case "/elsewhere":
                head = f"HTTP/1.1 307 X\r\nLocation: {self.elsewhere}\r\nContent-Length: 0\r\n\r\n"
                writer.write(head.encode())
            case "/cut":
                writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 9\r\n\r\nhalf")
            case "/garbage":
                writer.write(b"\x16\x03 nonsense\r\n\r\n")
            case "/large":
                await reply(writer, 200, raw=b"x" * 700_000)
            case path if path[1:].isdigit():
                await reply(writer, int(path[1:]), {"error": asked.headers.get("x-key")})
            case _:
                await reply(writer, 200, {"ok": True})


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
async def url(server: Server) -> AsyncIterator[str]:
    async with serving(server) as address:
        yield f"http://{address}"


@pytest.fixture
def http() -> Http:
    return HttpxHttp(SystemResolver())


async def ask(http: Http, url: str, seconds: float = 60.0, **more: Any) -> Finished:
    given = tools(http=http, clock=SystemClock(), secrets=MemorySecrets({"env:KEY": SECRET}))
    headers = {"X-Key": {"secret": "env:KEY"}}
    return await executed("http", {"url": url, "headers": headers, **more}, given, seconds)


async def test_what_is_well(http: Http, url: str, server: Server) -> None:
    ended = await ask(http, f"{url}/a", method="POST", json={"ä": [1]}, query={"q": "a b"})
    assert output(ended)["body"] == '{"ok": true}'
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.json()) == ("POST", "/a?q=a+b", {"ä": [1]})
    assert asked.headers["x-key"] == SECRET


@pytest.mark.parametrize(
    ("path", "ends"),
    [
        ("/500", ("http-status", True)),
        ("/429", ("http-status", True)),
        ("/404", ("http-status", False)),
        ("/garbage", ("garbage", False)),
        ("/large", ("too-large", False)),
        ("/cut", ("unreachable", True)),
        ("/loop", ("http-status", False)),
    ],
)
async def test_what_is_not(http: Http, url: str, path: str, ends: tuple[str, bool]) -> None:
    ended = await ask(http, url + path, redirects=5)
    assert failure(ended) == ends
    assert SECRET not in repr(ended)


async def test_a_hang_ends_at_the_time_of_the_step(http: Http, url: str) -> None:
    assert failure(await ask(http, f"{url}/hang", 0.3)) == ("timeout", True)
    # Nobody knows what became of it.
    unknown = await ask(http, f"{url}/hang", 0.3, method="POST")
    assert failure(unknown) == ("unknown-effect", False)


async def test_a_request_that_is_cancelled_lets_go(http: Http, url: str, server: Server) -> None:
    task = asyncio.create_task(ask(http, f"{url}/hang"))
    await server.was_asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_redirect_tells_another_origin_no_secret(
    http: Http, url: str, server: Server
) -> None:
    other = Server()
    async with serving(other) as address:
        server.elsewhere = f"http://{address}/here"
        ended = await ask(http, f"{url}/elsewhere", method="POST", body="it", redirects=1)
    assert output(ended)["status"] == 200
    (asked,) = other.asked
    assert asked.body == b"it"
    assert "x-key" not in asked.headers
    assert server.asked[0].headers["x-key"] == SECRET
