"""What is taken for which protocol."""

import pytest

from vrooli.core.address import HostPort
from vrooli.core.ports.listeners import Listener
from vrooli.host.memory.streams import MemoryStream, MemoryStreams
from vrooli.stack.scanning.guess import Guess, guess, reachable

AT = HostPort("127.0.0.1", 4000)


def answering(begins: bytes, answer: bytes, greeting: bytes = b"") -> MemoryStreams:
    """A server that answers what begins so, and hangs up on all else."""

    async def peer(stream: MemoryStream) -> None:
        if greeting:
            await stream.write(greeting)
        if (await stream.read(4096)).startswith(begins):
            await stream.write(answer)

    streams = MemoryStreams()
    streams.serve(AT, peer)
    return streams


@pytest.mark.parametrize(
    ("streams", "expected"),
    [
        (answering(b"\x00\x00\x00\x08\x04\xd2", b"N"), Guess("postgres", open=False)),
        (answering(b"*1\r\n$4\r\nPING", b"+PONG\r\n"), Guess("redis")),
        (answering(b"*1\r\n$4\r\nPING", b"-NOAUTH no\r\n"), Guess("redis", open=False)),
        (answering(b"GET / ", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), Guess("http")),
        (
            answering(b"GET / ", b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"),
            Guess("http", open=False),
        ),
        (answering(b"never", b""), Guess("tcp")),
        (answering(b"never", b"", greeting=b"SSH-2.0-x\r\n"), Guess("tcp")),
        (MemoryStreams(), None),
    ],
)
async def test_each_is_known_by_its_answer(streams: MemoryStreams, expected: Guess | None) -> None:
    assert await guess(streams, AT) == expected
    await streams.aclose()


@pytest.mark.parametrize(
    ("host", "asked"),
    [("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("::1", "::1"), ("192.0.2.7", "192.0.2.7")],
)
def test_it_is_asked_at_an_address_of_ours(host: str, asked: str) -> None:
    assert reachable(Listener(host, 80)) == HostPort(asked, 80)
