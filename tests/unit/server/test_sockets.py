"""A client that does not take what it is sent, and who may connect."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from starlette.websockets import WebSocket

from vrooli.execution.live.events import Event, EventStore, Place
from vrooli.execution.live.live import Live
from vrooli.server.accounts.roles import OPERATOR, Caller
from vrooli.server.sockets.connection import Connection, Limits
from vrooli.server.sockets.route import same_origin

COUNT = 5000


class OneTree(EventStore):
    """Has as many events as anybody can read."""

    def __init__(self) -> None:
        self.read = 0

    async def place(self, run: str) -> Place:
        """There is one."""
        return Place("tree", "running")

    async def after(self, root: str, seq: int, limit: int) -> list[Event]:
        """The next ones."""
        self.read += limit
        return [Event(n, root, 0.0, "step.begun", "{}") for n in range(seq + 1, seq + limit + 1)]

    async def latest(self, root: str, limit: int) -> list[Event]:
        """The last ones."""
        return await self.after(root, COUNT - limit, limit)


class SeesAll:
    """Everybody sees everything."""

    async def caller(self, token: str) -> Caller | None:
        """Whoever."""
        return OPERATOR

    async def may_see(self, caller: Caller, run: str) -> bool:
        """They may."""
        return True

    def stay(
        self, caller: Caller, token: str, over: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """For ever."""
        return nullcontext()


class Client:
    """Says some words, and takes so many messages."""

    def __init__(self, words: list[str], takes: int) -> None:
        self._words = [{"type": "websocket.connect"}]
        self._words += [{"type": "websocket.receive", "text": word} for word in words]
        self._takes = takes
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> Any:
        """Its next word; then it is silent."""
        if self._words:
            return self._words.pop(0)
        return await asyncio.Event().wait()

    async def send(self, message: Any) -> None:
        """Take it, or not."""
        if len(self.sent) >= self._takes and message["type"] == "websocket.send":
            await asyncio.Event().wait()
        self.sent.append(message)

    async def talk(self, store: OneTree, limits: Limits, caller: Caller | None = OPERATOR) -> None:
        """From the handshake to the end."""
        socket = WebSocket({"type": "websocket", "headers": []}, self.receive, self.send)
        await socket.accept()
        await Connection(socket, Live(store), SeesAll(), limits).run(caller)

    @property
    def end(self) -> tuple[int, str]:
        """How it ended."""
        last = self.sent[-1]
        assert last["type"] == "websocket.close"
        return last["code"], last["reason"]


async def test_a_client_that_takes_nothing_is_let_go_with_a_reason_and_little_is_held_for_it() -> (
    None
):
    client, store = Client(['{"op":"subscribe","run":"tree"}'], takes=5), OneTree()
    await client.talk(store, Limits(slow=0.05))
    assert client.end == (4408, "it took nothing for 0.05 s")
    assert store.read < COUNT


async def test_who_does_not_say_who_it_is_may_not_stay() -> None:
    client = Client([], takes=9)
    await client.talk(OneTree(), Limits(auth=0.05), None)
    assert client.end[0] == 4401


async def test_who_says_too_much_at_once_may_not_stay() -> None:
    client = Client(['{"op":"ping"}'] * 50, takes=99)
    await client.talk(OneTree(), Limits(words=1.0))
    assert client.end[0] == 4429
    assert sum('"pong"' in message.get("text", "") for message in client.sent) == 10


async def test_so_many_runs_are_followed_and_no_more() -> None:
    words = [f'{{"op":"subscribe","run":"{n}","after":{COUNT}}}' for n in range(3)]
    client = Client([*words, '{"op":"nosuch"}'] * 9, takes=99)
    await client.talk(OneTree(), Limits(words=1.0, subscriptions=1))
    told = [message.get("text", "") for message in client.sent]
    assert sum("1 runs are followed already" in text for text in told) >= 2


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://host:3001", True),
        ("https://HOST:3001", True),
        ("http://host", False),
        ("http://host:3001.evil.example", False),
        ("null", False),
        ("", False),
        ("http://[", False),
    ],
)
def test_only_pages_of_the_server_itself_may_connect(origin: str | None, allowed: bool) -> None:
    assert same_origin(origin, "host:3001") is allowed
