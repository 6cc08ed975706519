"""A server that speaks OpenAI's chat API, and counts: it answers as the test says."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.tiny_server import Asked, reply, serving

Reply = Callable[[asyncio.StreamWriter], Awaitable[None]]


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

    async def answer(writer: asyncio.StreamWriter) -> None:
        payload = json.dumps(body).encode()
        head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
        head += f"Retry-After: {after}\r\n" if after else ""
        writer.write(f"{head}Content-Length: {len(payload)}\r\n\r\n".encode() + payload)
        await writer.drain()

    return answer


def hangs() -> Reply:
    """No answer at all."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    return answer


def writes(payload: bytes) -> Reply:
    """Status 200, JSON by its header, and these bytes."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        await _json(writer, payload)

    return answer


def breaks() -> Reply:
    """The connection ends in the middle."""

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 X\r\nContent-Length: 1000\r\n\r\n{")
        await writer.drain()

    return answer


def _message(message: dict[str, Any], finish: str, *, counted: bool = True) -> Reply:
    async def answer(writer: asyncio.StreamWriter) -> None:
        usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
        whole = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": "fake-1",
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            **({"usage": usage} if counted else {}),
        }
        await _json(writer, json.dumps(whole).encode())

    return answer


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
        if self.choose is not None:
            await self.choose(self.asked[-1])(writer)
            return
        answer = self.replies[0]
        if len(self.replies) > 1:
            del self.replies[0]
        await answer(writer)


@asynccontextmanager
async def openai_server() -> AsyncIterator[tuple[OpenAIServer, str]]:
    """It, and its base URL."""
    server = OpenAIServer()
    async with serving(server) as address:
        yield server, f"http://{address}/v1"
