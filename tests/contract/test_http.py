"""Port `Http`: httpx against a real server, and the twin."""

import asyncio
import contextlib
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.tiny_server import Asked, reply, serving
from vrooli.core.errors import (
    CutOff,
    NobodyListens,
    ProtocolError,
    TooLarge,
    Unresolved,
    UsageError,
)
from vrooli.core.ports.http import Answer, ForbiddenAddress, Http, Request, TlsFailed
from vrooli.host.http import HttpxHttp
from vrooli.host.memory.http import MemoryHttp
from vrooli.host.memory.resolver import MemoryResolver
from vrooli.host.resolver import SystemResolver

SECRET = "hunter2-hunter2"


async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
    """Says what it was asked; the path chooses how."""
    match asked.path:
        case "/large":
            await reply(writer, 200, raw=b"x" * 2000)
        case "/endless":
            writer.write(b"HTTP/1.1 200 X\r\n\r\n")
            with contextlib.suppress(ConnectionError):
                while True:
                    writer.write(b"x" * 65536)
                    await writer.drain()
        case "/garbage":
            writer.write(b"this is no HTTP\r\n\r\n")
        case "/packed":
            head = b"HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"
            writer.write(head)
        case "/silent":
            pass
        case "/cut":
            writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nhalf")
        case "/twice":
            writer.write(b"HTTP/1.1 204 X\r\nX-One: a\r\nX-one: b\r\n\r\n")
        case _:
            said = f"{asked.method} {asked.path} {asked.headers.get('x-it')} {asked.body.decode()}"
            await reply(writer, 201, raw=said.encode())


async def twin(request: Request) -> Answer:
    """The same in memory."""
    path = "/" + request.url.split("/", 3)[3]
    if path == "/large":
        return Answer(200, {}, b"x" * 2000)
    said = f"{request.method} {path} {request.headers.get('x-it')} {request.body.decode()}"
    body = said.encode()
    return Answer(201, {"content-length": str(len(body))}, body)


@pytest.fixture
async def server() -> AsyncIterator[str]:
    async with serving(answer) as address:
        yield f"http://{address}"


@pytest.fixture
def real() -> HttpxHttp:
    return HttpxHttp(SystemResolver())


@pytest.fixture(params=["real", "memory"])
def http(request: pytest.FixtureRequest, real: HttpxHttp) -> Http:
    return real if request.param == "real" else MemoryHttp(twin)


async def test_what_is_asked_is_answered(http: Http, server: str) -> None:
    request = Request("POST", f"{server}/a?b=c%20d", {"x-it": "1 ✓"}, "it ✓".encode())
    got = await http.send(request, 100)
    assert got.status == 201
    assert got.body.decode().startswith("POST /a?b=c%20d ")
    assert got.body.decode().endswith("it ✓")
    assert got.headers["content-length"] == str(len(got.body))


async def test_more_than_may_come_is_an_error(http: Http, server: str) -> None:
    assert len((await http.send(Request("GET", f"{server}/large"), 2000)).body) == 2000
    with pytest.raises(TooLarge):
        await http.send(Request("GET", f"{server}/large"), 1999)


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/", "127.0.0.1", "http://", f"http://me:{SECRET}@127.0.0.1/", "http:///x"],
)
async def test_what_is_no_address_is_refused_and_not_repeated(http: Http, url: str) -> None:
    with pytest.raises(UsageError) as caught:
        await http.send(Request("GET", url), 100)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("sign", ["\r\n", "\n", "\0"])
async def test_a_header_that_cannot_be_sent_is_not_repeated(
    http: Http, server: str, sign: str
) -> None:
    with pytest.raises(UsageError) as caught:
        await http.send(Request("GET", server, {"x-it": f"{SECRET}{sign}x"}), 100)
    shown: BaseException | None = caught.value
    while shown is not None:
        assert SECRET not in str(shown)
        shown = shown.__cause__
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "[fd00:ec2::254]"]
)
async def test_nobody_may_ask_for_the_keys_of_the_machine(http: Http, host: str) -> None:
    with pytest.raises(ForbiddenAddress):
        await http.send(Request("GET", f"http://{host}/latest"), 100)


async def test_a_request_shows_no_header(server: str) -> None:
    assert SECRET not in repr(Request("GET", server, {"x-it": SECRET}))


@pytest.mark.parametrize("host", ["2852039166", "0xa9fea9fe", "keys.test"])
async def test_other_words_for_it_do_not_help(host: str) -> None:
    resolver = SystemResolver()
    known = {"keys.test": ["127.0.0.1", "169.254.169.254"]}
    http = HttpxHttp(MemoryResolver(known) if host in known else resolver)
    with pytest.raises(ForbiddenAddress):
        await http.send(Request("GET", f"http://{host}/latest"), 100)


async def test_each_address_of_a_name_is_tried_and_the_name_is_told(server: str) -> None:
    port = server.rpartition(":")[2]
    http = HttpxHttp(MemoryResolver({"here.test": ["127.0.0.2", "127.0.0.1"]}))
    hosts: list[str] = []

    async def note(asked: Asked, writer: asyncio.StreamWriter) -> None:
        hosts.append(asked.headers["host"])
        await reply(writer, 200, raw=b"")

    async with serving(note) as address:
        port = str(address).rpartition(":")[2]
        assert (await http.send(Request("GET", f"http://here.test:{port}/"), 9)).status == 200
    assert hosts == [f"here.test:{port}"]


async def test_an_endless_answer_ends(real: HttpxHttp, server: str) -> None:
    with pytest.raises(TooLarge):
        await real.send(Request("GET", f"{server}/endless"), 100_000)


@pytest.mark.parametrize("path", ["/garbage", "/packed"])
async def test_what_is_no_answer_is_called_so(real: HttpxHttp, server: str, path: str) -> None:
    with pytest.raises(ProtocolError):
        await real.send(Request("GET", server + path), 100)


@pytest.mark.parametrize("path", ["/silent", "/cut"])
async def test_an_answer_that_breaks_off_leaves_it_open(
    real: HttpxHttp, server: str, path: str
) -> None:
    with pytest.raises(CutOff):
        await real.send(Request("POST", server + path), 100)


async def test_headers_that_come_twice_are_joined(real: HttpxHttp, server: str) -> None:
    assert (await real.send(Request("GET", f"{server}/twice"), 9)).headers["x-one"] == "a, b"


async def test_where_nobody_listens(real: HttpxHttp) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port = bound.getsockname()[1]
        with pytest.raises(NobodyListens):
            await real.send(Request("GET", f"http://127.0.0.1:{port}/?token={SECRET}"), 9)


async def test_a_name_that_is_none(real: HttpxHttp) -> None:
    with pytest.raises(Unresolved):
        await real.send(Request("GET", "http://no-such-name.invalid/"), 9)


async def test_where_no_tls_is_spoken(real: HttpxHttp) -> None:
    ended = asyncio.Event()

    async def banner(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n")
        with contextlib.suppress(ConnectionError):
            await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(banner, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TlsFailed):
            await real.send(Request("GET", f"https://127.0.0.1:{port}/"), 9)
        await ended.wait()


async def test_a_certificate_that_nobody_trusts(tmp_path: Path) -> None:
    real = HttpxHttp(MemoryResolver({"keys.test": ["127.0.0.1"]}))
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)

    with socket.create_server(("127.0.0.1", 0)) as listening:

        def shake() -> None:
            connection, _ = listening.accept()
            with connection, pytest.raises(ssl.SSLError):
                context.wrap_socket(connection, server_side=True)

        shaking = asyncio.create_task(asyncio.to_thread(shake))
        port = listening.getsockname()[1]
        with pytest.raises(TlsFailed, match="not trusted"):
            await real.send(Request("GET", f"https://keys.test:{port}/"), 9)
        await shaking
