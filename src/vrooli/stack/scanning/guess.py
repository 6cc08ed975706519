"""What is spoken on a port: one short connection for each protocol that we know."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from vrooli.core.address import HostPort
from vrooli.core.errors import VrooliError
from vrooli.core.ports.listeners import Listener
from vrooli.core.ports.streams import Streams
from vrooli.stack.wire import http, resp

Spoken = Literal["postgres", "redis", "http", "tcp"]

SECONDS = 1.0
"""For each protocol."""

GREETS = 0.2
"""Seconds in which a server that speaks first (SSH, SMTP) has greeted: then it is none of ours."""

_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
"""The question of PostgreSQL's protocol that needs no password; it is answered by one letter."""


@dataclass(frozen=True, slots=True)
class Guess:
    """What answered.

    Attributes:
        open: whether it lets us in, so that its own protocol can be asked without a password.
    """

    spoken: Spoken
    open: bool = True


async def guess(streams: Streams, address: HostPort) -> Guess | None:
    """What is spoken there; None when nobody takes connections."""
    try:
        if await _greets(streams, address):
            return Guess("tcp")
    except (VrooliError, TimeoutError):
        return None
    for ask in (_postgres, _redis, _http):
        try:
            async with asyncio.timeout(SECONDS):
                found = await ask(streams, address)
        except (VrooliError, TimeoutError):
            continue
        if found is not None:
            return found
    return Guess("tcp")


def reachable(listener: Listener) -> HostPort:
    """Where it can be reached from here."""
    host = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1", "*": "127.0.0.1", "::1": "::1"}
    return HostPort(host.get(listener.host, listener.host), listener.port)


async def _greets(streams: Streams, address: HostPort) -> bool:
    async with asyncio.timeout(SECONDS):
        stream = await streams.open(address)
    try:
        async with asyncio.timeout(GREETS):
            return bool(await stream.read(1))
    except TimeoutError:
        return False
    finally:
        await stream.close()


async def _postgres(streams: Streams, address: HostPort) -> Guess | None:
    stream = await streams.open(address)
    try:
        await stream.write(_SSL_REQUEST)
        return Guess("postgres", open=False) if await stream.read(1) in (b"S", b"N") else None
    finally:
        await stream.close()


async def _redis(streams: Streams, address: HostPort) -> Guess | None:
    stream = await streams.open(address)
    try:
        return Guess("redis") if await resp.Session(stream).call("PING") == "PONG" else None
    except resp.RedisError as error:
        known = error.code in ("NOAUTH", "DENIED", "NOPERM", "LOADING", "ERR", "MASTERDOWN")
        return Guess("redis", open=error.code == "LOADING") if known else None
    finally:
        await stream.close()


async def _http(streams: Streams, address: HostPort) -> Guess | None:
    answer = await http.get(streams, address, "/")
    return Guess("http", open=200 <= answer.status < 400) if answer.status else None
