"""Both HTTP clients, over TCP and unix sockets, against good, odd and hostile peers."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.tiny_server import Answer, Asked, reply, serving
from vrooli.client import aio, http
from vrooli.client.wire import MAX_BODY, MAX_LINE, Response
from vrooli.core.address import Address, HostPort, UnixPath
from vrooli.core.errors import (
    EXIT_FAILURE,
    AccessDenied,
    Busy,
    DeadlineExceeded,
    ProtocolError,
    Refused,
    Unreachable,
    UsageError,
    VrooliError,
)

Request = Callable[..., Awaitable[Response]]
Serve = Callable[[Answer], Any]


async def _blocking(*args: Any, **kwargs: Any) -> Response:
    return await asyncio.to_thread(http.request, *args, **kwargs)


@pytest.fixture(params=[_blocking, aio.request], ids=["blocking", "asyncio"])
def request_(request: pytest.FixtureRequest) -> Request:
    chosen: Request = request.param
    return chosen


@pytest.fixture(params=["tcp", "unix"])
def serve(request: pytest.FixtureRequest, tmp_path: Path) -> Serve:
    @asynccontextmanager
    async def start(answer: Answer) -> AsyncIterator[Address]:
        where: Path | int = 0 if request.param == "tcp" else tmp_path / "s"
        async with serving(answer, where) as address:
            yield address

    return start


def raw(data: bytes) -> Answer:
    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return answer


async def test_sends_method_path_token_and_body(request_: Request, serve: Serve) -> None:
    seen: list[Asked] = []

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        seen.append(asked)
        await reply(writer, 201, {"ok": True})

    async with serve(answer) as target:
        got = await request_(target, "POST", "/a?b=1", body={"x": 1}, token="secret")
    assert (got.status, got.json()) == (201, {"ok": True})
    [asked] = seen
    assert (asked.method, asked.path, asked.json()) == ("POST", "/a?b=1", {"x": 1})
    assert asked.headers["authorization"] == "Bearer secret"
    assert asked.headers["host"]


@pytest.mark.parametrize(
    ("data", "body"),
    [
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
            b"abcde",
        ),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200\nContent-Length: 1\n\nx", b"x"),
    ],
    ids=["chunked", "to-end", "continue", "no-content", "bare-newlines"],
)
async def test_reads_every_way_to_end_a_body(
    request_: Request, serve: Serve, data: bytes, body: bytes
) -> None:
    async with serve(raw(data)) as target:
        assert (await request_(target, "GET", "/")).body == body


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: ten\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * (3 * MAX_LINE),
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 101 + b"\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MAX_BODY + 1),
    ],
    ids=[
        "silence",
        "ssh",
        "short-body",
        "negative",
        "no-number",
        "no-colon",
        "long-chunk",
        "cut-chunk",
        "endless-line",
        "many-headers",
        "huge-body",
    ],
)
async def test_names_an_answer_that_is_not_http(
    request_: Request, serve: Serve, data: bytes
) -> None:
    async with serve(raw(data)) as target:
        with pytest.raises((ProtocolError, Unreachable)):
            await request_(target, "GET", "/")


async def test_gives_up_on_a_peer_that_trickles(request_: Request, serve: Serve) -> None:
    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not writer.transport.is_closing():
            writer.write(b"x")
            await asyncio.sleep(0.05)

    async with serve(answer) as target:
        with pytest.raises(DeadlineExceeded):
            await request_(target, "GET", "/", timeout=0.4)


async def test_nobody_there_is_unreachable(request_: Request, tmp_path: Path) -> None:
    async with serving(raw(b"")) as target:
        pass
    for address in (target, UnixPath(str(tmp_path / "none"))):
        with pytest.raises(Unreachable):
            await request_(address, "GET", "/", timeout=5.0)


@pytest.mark.parametrize(
    ("path", "token"), [("/a b", None), ("/a\r\nX: y", None), ("/", "sec\nret"), ("/ü", None)]
)
async def test_cannot_be_talked_into_a_second_header(
    request_: Request, path: str, token: str | None
) -> None:
    with pytest.raises(UsageError) as caught:
        await request_(HostPort("127.0.0.1", 9), "GET", path, token=token)
    assert "ret" not in str(caught.value)


async def test_does_not_pretend_to_speak_tls(request_: Request) -> None:
    with pytest.raises(UsageError):
        await request_(HostPort("127.0.0.1", 9, tls=True), "GET", "/")


async def test_answer_that_is_no_json_is_named(request_: Request, serve: Serve) -> None:
    async with serve(raw(b"HTTP/1.1 200 OK\r\n\r\n<html>")) as target:
        answer = await request_(target, "GET", "/")
    assert answer.lenient() is None
    with pytest.raises(ProtocolError):
        answer.json()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


STREAM = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def _lines(target: Address, **kwargs: Any) -> list[dict[str, Any]]:
    def read() -> list[dict[str, Any]]:
        return list(http.stream_lines(target, "POST", "/operations", body={}, **kwargs))

    return await asyncio.to_thread(read)


async def test_lines_come_whole_however_they_were_cut(serve: Serve) -> None:
    text = b'{"a":1}\n\n{"b":2}\n{"c":3}'
    data = STREAM + b"".join(chunk(bytes([byte])) for byte in text) + b"0\r\n\r\n"
    async with serve(raw(data)) as target:
        assert await _lines(target) == [{"a": 1}, {"b": 2}, {"c": 3}]


async def test_each_line_comes_before_the_next_is_written(serve: Serve) -> None:
    allowed = asyncio.Event()

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM + chunk(b'{"n": 1}\n'))
        await writer.drain()
        await allowed.wait()
        writer.write(chunk(b'{"n": 2}\n') + b"0\r\n\r\n")
        await writer.drain()

    async with serve(answer) as target:
        stream = await asyncio.to_thread(http.stream_lines, target, "GET", "/")
        assert await asyncio.to_thread(next, stream) == {"n": 1}
        allowed.set()
        assert await asyncio.to_thread(list, stream) == [{"n": 2}]


async def test_silent_stream_is_given_up(serve: Serve) -> None:
    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(STREAM + chunk(b"{}\n"))
        await writer.drain()
        await asyncio.sleep(20)

    async with serve(answer) as target:
        with pytest.raises(DeadlineExceeded):
            await _lines(target, silence=0.3)


@pytest.mark.parametrize(
    "data",
    [STREAM + chunk(b"[1]\n"), STREAM + chunk(b"nonsense\n"), STREAM + chunk(b'{"a":1}\n')],
    ids=["list", "text", "cut"],
)
async def test_broken_stream_is_named(serve: Serve, data: bytes) -> None:
    async with serve(raw(data)) as target:
        with pytest.raises((ProtocolError, Unreachable)):
            await _lines(target)


async def test_line_without_end_is_bounded(serve: Serve) -> None:
    data = STREAM + chunk(b"x" * MAX_LINE) * 3
    async with serve(raw(data)) as target:
        with pytest.raises(ProtocolError, match="longer"):
            await _lines(target)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (400, UsageError),
        (401, AccessDenied),
        (403, AccessDenied),
        (404, UsageError),
        (409, Refused),
        (500, VrooliError),
        (503, VrooliError),
    ],
)
async def test_refused_stream_becomes_the_error_that_was_meant(
    serve: Serve, status: int, expected: type[VrooliError]
) -> None:
    body = {"error": {"message": "no such service: wbe", "next_step": "did you mean web?"}}

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await reply(writer, status, body)

    async with serve(answer) as target:
        with pytest.raises(expected) as caught:
            await _lines(target)
    assert caught.value.what == "no such service: wbe"
    assert caught.value.next_step == "did you mean web?"
    assert caught.value.retryable == (status == 503)


@pytest.mark.parametrize(("again", "expected"), [(True, Busy), (False, Refused)])
async def test_a_conflict_is_tried_again_only_where_the_server_says_that_it_passes(
    serve: Serve, again: bool, expected: type[VrooliError]
) -> None:
    said = {"detail": "bob rejected it already", "code": "refused", "retryable": again}

    async def answer(asked: Asked, writer: asyncio.StreamWriter) -> None:
        await reply(writer, 409, said)

    async with serve(answer) as target:
        with pytest.raises(expected, match="bob rejected it already") as caught:
            await _lines(target)
    told = caught.value
    assert (told.what, told.retryable) == (said["detail"], again)
    assert told.exit_code == EXIT_FAILURE


async def test_refusal_without_a_body_still_says_its_status(serve: Serve) -> None:
    async with serve(raw(b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n")) as target:
        with pytest.raises(VrooliError, match="500"):
            await _lines(target)


async def test_events_are_read_and_comments_left_out(serve: Serve) -> None:
    text = b': ping\n\nevent: result\ndata: {"n": 1}\n\ndata: {"n": 2}\n\n'
    async with serve(raw(STREAM + chunk(text) + b"0\r\n\r\n")) as target:
        events = await asyncio.to_thread(lambda: list(http.stream_events(target, "/events")))
    assert events == [{"n": 1}, {"n": 2}]


async def test_who_may_listen_no_more_is_told_so(serve: Serve) -> None:
    text = b'data: {"n": 1}\n\nevent: over\ndata: {"detail": "it ended"}\n\n'
    heard: list[dict[str, Any]] = []
    async with serve(raw(STREAM + chunk(text) + b"0\r\n\r\n")) as target:

        def listen() -> None:
            for event in http.stream_events(target, "/events"):
                heard.append(event)

        with pytest.raises(AccessDenied, match="it ended") as told:
            await asyncio.to_thread(listen)
    assert "vrooli login" in told.value.next_step
    assert heard == [{"n": 1}]


async def test_leaves_no_descriptor_open(request_: Request, serve: Serve) -> None:
    async with serve(raw(b"nonsense\r\n")) as target:
        for _ in range(3):  # the first rounds make threads and selectors
            with pytest.raises(ProtocolError):
                await request_(target, "GET", "/")
        before = len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            with pytest.raises(ProtocolError):
                await request_(target, "GET", "/")
        await asyncio.sleep(0.1)
        assert len(os.listdir("/proc/self/fd")) < before + 10


async def test_large_post_is_refused_in_words_although_unread(request_: Request) -> None:
    closed = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reply(writer, 413, {"error": {"message": "too large"}})
        writer.write_eof()
        await reader.read()
        writer.close()
        await writer.wait_closed()
        closed.set()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        target = HostPort("127.0.0.1", server.sockets[0].getsockname()[1])
        answer = await request_(target, "POST", "/", body={"x": "y" * 100_000})
        await closed.wait()
    assert (answer.status, json.loads(answer.body)) == (413, {"error": {"message": "too large"}})
