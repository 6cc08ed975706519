"""Byte streams: the network and its twin in memory keep the same promises."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.ports import free_port
from vrooli.core.address import Address, HostPort, UnixPath
from vrooli.core.errors import Unreachable
from vrooli.core.ports.streams import Stream, Streams
from vrooli.host.memory.streams import MemoryStreams
from vrooli.host.streams import AsyncioStream, AsyncioStreams

Play = Callable[[Stream], Awaitable[None]]


@dataclass
class Network:
    """Streams, and a way to put a peer behind an address."""

    streams: Streams
    serve: Callable[[Play], Awaitable[Address]]
    nobody: Address


async def _memory() -> AsyncIterator[Network]:
    streams = MemoryStreams()

    async def serve(play: Play) -> Address:
        address = HostPort("peer", 1)
        streams.serve(address, play)
        return address

    yield Network(streams, serve, HostPort("nobody", 1))
    await streams.aclose()


async def _sockets(unix: bool) -> AsyncIterator[Network]:
    servers: list[asyncio.Server] = []
    folder = tempfile.TemporaryDirectory(prefix="vrooli-")

    async def serve(play: Play) -> Address:
        address = UnixPath(f"{folder.name}/s") if unix else HostPort("127.0.0.1", free_port())

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            stream = AsyncioStream(reader, writer, address)
            try:
                await play(stream)
            except Unreachable:
                pass
            finally:
                writer.close()

        if isinstance(address, UnixPath):
            servers.append(await asyncio.start_unix_server(accept, address.path))
        else:
            servers.append(await asyncio.start_server(accept, address.host, address.port))
        return address

    nobody = UnixPath(f"{folder.name}/none") if unix else HostPort("127.0.0.1", free_port())
    yield Network(AsyncioStreams(), serve, nobody)
    for server in servers:
        server.close()
        await server.wait_closed()
    folder.cleanup()


@pytest.fixture(params=["memory", "tcp", "unix"])
async def network(request: pytest.FixtureRequest) -> AsyncIterator[Network]:
    kind = request.param
    maker = _memory() if kind == "memory" else _sockets(kind == "unix")
    async for made in maker:
        yield made


async def everything(stream: Stream) -> bytes:
    """Read to the end."""
    data = b""
    while piece := await stream.read(1024):
        data += piece
    return data


async def test_what_is_written_arrives_in_order(network: Network) -> None:
    async def echo(stream: Stream) -> None:
        while data := await stream.read(10):
            await stream.write(data.upper())
            if b"." in data:
                return

    stream = await network.streams.open(await network.serve(echo))
    await stream.write(b"one ")
    await stream.write(b"two.")
    assert await everything(stream) == b"ONE TWO."
    await stream.close()


async def test_a_read_takes_no_more_than_its_limit(network: Network) -> None:
    async def speak(stream: Stream) -> None:
        await stream.write(b"abcdef")

    stream = await network.streams.open(await network.serve(speak))
    assert await stream.read(1) == b"a"
    assert len(await stream.read(2)) in (1, 2)
    await stream.close()


async def test_a_peer_that_hangs_up_is_the_end_of_the_stream(network: Network) -> None:
    async def hang_up(stream: Stream) -> None:
        return

    stream = await network.streams.open(await network.serve(hang_up))
    assert await stream.read(10) == b""
    assert await stream.read(10) == b""
    await stream.close()


async def test_nobody_there_is_unreachable_and_names_the_address(network: Network) -> None:
    with pytest.raises(Unreachable) as caught:
        await network.streams.open(network.nobody)
    assert caught.value.where == str(network.nobody)


async def test_closing_is_seen_by_the_peer_and_may_be_repeated(network: Network) -> None:
    ended = asyncio.Event()

    async def wait(stream: Stream) -> None:
        await everything(stream)
        ended.set()

    stream = await network.streams.open(await network.serve(wait))
    await stream.close()
    await stream.close()
    async with asyncio.timeout(30):
        await ended.wait()


async def test_closing_does_not_wait_for_a_peer_that_takes_nothing(network: Network) -> None:
    never = asyncio.Event()

    async def deaf(stream: Stream) -> None:
        await never.wait()

    stream = await network.streams.open(await network.serve(deaf))
    writing = asyncio.create_task(stream.write(b"x" * 50_000_000))
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        await stream.close()
    await asyncio.gather(writing, return_exceptions=True)
    never.set()


async def test_a_read_can_be_given_up(network: Network) -> None:
    never = asyncio.Event()

    async def mute(stream: Stream) -> None:
        await never.wait()

    stream = await network.streams.open(await network.serve(mute))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await stream.read(1)
    await stream.close()
    never.set()


def test_a_socket_that_is_no_file_is_named(tmp_path: Path) -> None:
    async def go() -> None:
        await AsyncioStreams().open(UnixPath(str(tmp_path / "missing.sock")))

    with pytest.raises(Unreachable, match=r"missing\.sock|does not exist"):
        asyncio.run(go())
