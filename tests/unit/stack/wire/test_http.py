"""One GET over streams, with bounds."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.peers import ADDRESS, run, saying
from vrooli.client.wire import Response
from vrooli.core.address import HostPort
from vrooli.core.errors import ConfigError, ProtocolError, Unreachable, VrooliError
from vrooli.stack.wire.http import MAX_BODY, MAX_HEAD, get, lines, target


def fetch(*answers: bytes, stay: bool = False) -> Response:
    """GET /health, answered by `answers`."""
    streams = saying(*answers, stay=stay)
    return run(streams, lambda: get(streams, ADDRESS, "/health"))


@pytest.mark.parametrize(
    "rest",
    [
        b"Content-Length: 2\r\n\r\nok",
        b"Transfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        b"\r\nok",
    ],
)
def test_every_framing_of_a_body_is_read(rest: bytes) -> None:
    assert fetch(b"HTTP/1.1 200 OK\r\n" + rest) == Response(200, b"ok")


def test_a_body_without_end_is_cut_and_the_status_kept() -> None:
    answer = fetch(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (2 * MAX_BODY), stay=True)
    assert answer.status == 200
    assert len(answer.body) == MAX_BODY


def test_a_head_without_end_is_refused() -> None:
    with pytest.raises(ProtocolError):
        fetch(b"HTTP/1.1 200 OK\r\n" + b"a: %s\r\n" % (b"x" * 900) * 90, stay=True)
    with pytest.raises(ProtocolError):
        fetch(b"HTTP/1.1 200 " + b"x" * 200_000, stay=True)


def test_a_server_that_hangs_up_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        fetch(b"")


def test_urls_become_addresses_and_paths() -> None:
    assert target("http://h/a?b=c#d") == (HostPort("h", 80), "/a?b=c")
    assert target("https://[::1]:8443") == (HostPort("::1", 8443, tls=True), "/")


@pytest.mark.parametrize("url", ["ftp://h/", "http://", "http://h:x/", "h", ""])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigError):
        target(url)


@given(st.binary(max_size=300))
def test_whatever_a_peer_sends_is_an_answer_or_an_error_of_ours(answer: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\n"
    for data in (answer, head + answer, head + b"Transfer-Encoding: chunked\r\n\r\n" + answer):
        with suppress(VrooliError):
            fetch(data)


def listen(*answers: bytes) -> list[bytes]:
    """The lines of a stream, until it breaks."""
    streams, heard = saying(*answers), []

    async def go() -> None:
        async for line in lines(streams, ADDRESS, "/events"):
            heard.append(line)

    with pytest.raises(Unreachable):
        run(streams, go)
    return heard


def test_lines_come_as_they_are_complete_and_an_end_is_a_loss() -> None:
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (b"a\nb", b"b\n", b"c"))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert listen(head + chunks + b"0\r\n\r\n") == [b"a", b"bb"]


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.1 500 X\r\n\r\nno\n", b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (MAX_HEAD + 1)],
)
def test_an_error_and_a_line_without_end_are_refused(answer: bytes) -> None:
    with pytest.raises(ProtocolError):
        listen(answer)
