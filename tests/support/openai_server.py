"""A server that speaks OpenAI's chat API, and counts: it answers as the test says."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.tiny_server import Asked, reply, serving

Reply = Callable[[asyncio.StreamWriter, bool], Awaitable[None]]
"""Writes an answer; the flag: as a stream of pieces, because the request says so."""


USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


def says(text: str, finish: str = "stop", *, counted: bool = True) -> Reply:
    """A plain answer; `counted`: with its usage."""
    return _message({"role": "assistant", "content": text}, finish, counted=counted)


def calls(*tools: tuple[str, dict[str, Any]], ids: str = "call") -> Reply:
    """Asks for these tools, with these arguments."""
    asked = [
        {
            "id": f"{ids}_{number}",
            "type": "function",
            "function": {"name": name, "arguments": json.dumps(arguments)},
        }
        for number, (name, arguments) in enumerate(tools)
    ]
    return _message({"role": "assistant", "content": None, "tool_calls": asked}, "tool_calls")


def refuses(status: int, code: str = "", after: str = "") -> Reply:
    """An error in the words of the API; `after`: the header `Retry-After`."""
    body = {"error": {"message": f"refused with {status}", "type": "error", "code": code or None}}

    async def answer(writer: asyncio.StreamWriter, streamed: bool) -> None:
        payload = json.dumps(body).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
        head += f"Retry-After: {after}\r\n" if after else ""
        writer.write(f"{head}Content-Length: {len(payload)}\r\n\r\n".encode() + payload)
        await writer.drain()

    return answer


def hangs() -> Reply:
    """No answer at all."""

    async def answer(writer: asyncio.StreamWriter, streamed: bool) -> None:
        await asyncio.Event().wait()

    return answer


def stops(after: str, how: Reply) -> Reply:
    """Says some words, and then does not go on: `how` is what it does instead."""

    async def answer(writer: asyncio.StreamWriter, streamed: bool) -> None:
        await _head(writer)
        await words(writer, after)
        await how(writer, streamed)

    return answer


async def words(writer: asyncio.StreamWriter, text: str) -> None:
    """Pieces of an answer."""
    for delta in _deltas({"content": text}):
        await _chunk(writer, [{"index": 0, "delta": delta, "finish_reason": None}])


def ends() -> Reply:
    """Nothing more."""

    async def answer(writer: asyncio.StreamWriter, streamed: bool) -> None:
        await writer.drain()

    return answer


def waits(until: asyncio.Event, then: str) -> Reply:
    """Says the rest once it is told to."""

    async def answer(writer: asyncio.StreamWriter, streamed: bool) -> None:
        await until.wait()
        await words(writer, then)
        await _chunk(writer, [{"index": 0, "delta": {}, "finish_reason": "stop"}], usage=USAGE)
        writer.write(b"data: [DONE]\n\n")
        await writer.drain()

    return answer


def raw(payload: bytes) -> Reply:
    """These bytes, whatever they are."""

    async def answer(writer: asyncio.StreamWriter, streamed: bool) -> None:
        writer.write(payload)
        await writer.drain()

    return answer


def writes(payload: bytes) -> Reply:
    """Status 200, JSON by its header, and these bytes."""

    async def answer(writer: asyncio.StreamWriter, streamed: bool) -> None:
        await _json(writer, payload)

    return answer


def breaks() -> Reply:
    """The connection ends in the middle."""

    async def answer(writer: asyncio.StreamWriter, streamed: bool) -> None:
        writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n{")
        await writer.drain()

    return answer


def _message(message: dict[str, Any], finish: str, *, counted: bool = True) -> Reply:
    async def answer(writer: asyncio.StreamWriter, streamed: bool) -> None:
        if streamed:
            await _pieces(writer, message, finish, counted=counted)
            return
        whole = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": "fake-1",
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            **({"usage": USAGE} if counted else {}),
        }
        await _json(writer, json.dumps(whole).encode())

    return answer


async def _pieces(
    writer: asyncio.StreamWriter, message: dict[str, Any], finish: str, *, counted: bool
) -> None:
    """Word by word, as the API streams; a call of a tool in two halves."""
    await _head(writer)
    for delta in _deltas(message):
        await _chunk(writer, [{"index": 0, "delta": delta, "finish_reason": None}])
    await _chunk(writer, [{"index": 0, "delta": {}, "finish_reason": finish}])
    if counted:
        await _chunk(writer, [], usage=USAGE)
    writer.write(b"data: [DONE]\n\n")
    await writer.drain()


def _deltas(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": ""}
    for word in re.findall(r"\s*\S+\s*", message["content"] or ""):
        yield {"content": word}
    for number, one in enumerate(message.get("tool_calls", ())):
        called = one["function"]
        middle = len(called["arguments"]) // 2
        first = {"name": called["name"], "arguments": called["arguments"][:middle]}
        rest = {"arguments": called["arguments"][middle:]}
        yield {"tool_calls": [{**one, "index": number, "function": first}]}
        yield {"tool_calls": [{"index": number, "function": rest}]}


async def _head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
    await writer.drain()


async def _chunk(writer: asyncio.StreamWriter, choices: list[Any], **more: Any) -> None:
    whole = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "fake-1",
        "choices": choices,
        **more,
    }
    writer.write(f"data: {json.dumps(whole)}\n\n".encode())
    await writer.drain()


async def _json(writer: asyncio.StreamWriter, payload: bytes) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    writer.write(head % len(payload) + payload)
    await writer.drain()


@dataclass
class OpenAIServer:
    """What it was asked, and what it answers.

    Attributes:
        replies: one after the other; the last one again and again.
        choose: takes the place of `replies`: the answer by the request.
        asked: the bodies, in their order.
        keys: the `Authorization` of each.
    """

    replies: list[Reply] = field(default_factory=lambda: [says("it is fine")])
    choose: Callable[[dict[str, Any]], Reply] | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def answers(self, *replies: Reply) -> None:
        """From now on."""
        self.replies = list(replies)

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        """One request."""
        if asked.path != "/v1/chat/completions":
            await reply(writer, 404, {"error": {"message": "no such path"}})
            return
        self.asked.append(asked.json())
        self.keys.append(asked.headers.get("authorization", ""))
        streamed = bool(self.asked[-1].get("stream"))
        if self.choose is not None:
            await self.choose(self.asked[-1])(writer, streamed)
            return
        answer = self.replies[0]
        if len(self.replies) > 1:
            del self.replies[0]
        await answer(writer, streamed)


@asynccontextmanager
async def openai_server() -> AsyncIterator[tuple[OpenAIServer, str]]:
    """It, and its base URL."""
    server = OpenAIServer()
    async with serving(server) as address:
        yield server, f"http://{address}/v1"
