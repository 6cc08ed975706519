"""MCP over the pipes of a program: a line is a message, and nothing else may be written there."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp import types
from mcp.shared.message import SessionMessage
from pydantic import ValidationError

from vrooli.core.errors import VrooliError
from vrooli.core.ports.pipes import Pipe
from vrooli.flow.failed import Failed

LARGEST = 4 * 1024 * 1024
"""Bytes of a message."""

CHUNK = 64 * 1024
SHOWN = 120
"""Characters of a line that is no message, and of the complaints of a program that has ended."""

Incoming = MemoryObjectSendStream[SessionMessage | Exception]
Outgoing = MemoryObjectReceiveStream[SessionMessage]


@dataclass
class Trouble:
    """Why a connection is of no use any more.

    Attributes:
        failure: the first reason; None while it is.
    """

    failure: VrooliError | None = None

    def is_(self, failure: VrooliError) -> None:
        """The first one counts: the others follow from it."""
        self.failure = self.failure or failure


@asynccontextmanager
async def over_pipe(
    pipe: Pipe, trouble: Trouble, mask: Callable[[str], str]
) -> AsyncIterator[tuple[Any, Any]]:
    """The two streams that the library wants. When the program ends, or writes what is no message,
    `trouble` is told why and the streams end; `mask` takes secrets out of what is told.
    """
    incoming, received = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    sent, outgoing = anyio.create_memory_object_stream[SessionMessage](0)
    async with incoming, received, sent, outgoing, anyio.create_task_group() as group:
        group.start_soon(_read, pipe, incoming, trouble, mask)
        group.start_soon(_write, pipe, outgoing, incoming, trouble)
        try:
            yield received, sent
        finally:
            group.cancel_scope.cancel()


async def _read(
    pipe: Pipe, incoming: Incoming, trouble: Trouble, mask: Callable[[str], str]
) -> None:
    async with incoming:
        try:
            async for line in _lines(pipe):
                await incoming.send(SessionMessage(_message(line, mask)))
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return
        except VrooliError as error:
            trouble.is_(error)
            return
        complaints = _end_of(mask(pipe.complaints).strip())
        said = f": {complaints}" if complaints else ""
        trouble.is_(Failed("unreachable", f"the program ended{said}", retryable=True))


async def _write(pipe: Pipe, outgoing: Outgoing, incoming: Incoming, trouble: Trouble) -> None:
    try:
        async for one in outgoing:
            text = one.message.model_dump_json(by_alias=True, exclude_unset=True)
            await pipe.write(text.encode() + b"\n")
    except VrooliError as error:
        # What it complains of is told by who reads; a moment, and that one ends.
        trouble.is_(Failed("unreachable", error.what, retryable=True))
        await incoming.aclose()


def _end_of(text: str) -> str:
    """The last words, whole ones where they are not endless."""
    if len(text) <= SHOWN:
        return text
    cut = text[-SHOWN:]
    before, gap, rest = cut.partition(" ")
    whole = text[-SHOWN - 1].isspace() or not gap or len(before) > SHOWN // 2
    return f"…{cut}" if whole else f"… {rest}"


async def _lines(pipe: Pipe) -> AsyncIterator[bytes]:
    rest = bytearray()
    while chunk := await pipe.read(CHUNK):
        rest += chunk
        *lines, last = rest.split(b"\n")
        for line in lines:
            yield bytes(line)
        rest = bytearray(last)
        if len(rest) > LARGEST:
            raise Failed("garbage", f"a message has more than {LARGEST} bytes", retryable=True)


def _message(line: bytes, mask: Callable[[str], str]) -> types.JSONRPCMessage:
    try:
        return types.jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValidationError:
        # Before it is cut and quoted: neither a part of a secret nor an escaped one is found.
        text = mask(line.decode(errors="replace"))
        shown = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
        what = f"it writes what is no message of the protocol to its standard output: {shown!r}"
        raise Failed("garbage", what, retryable=True) from None
