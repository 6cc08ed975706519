"""A page of the console without a browser: its buttons, and its WebSocket."""

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx
from nicegui import Client, core
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.support.live_console import LiveConsole
from tests.support.waiting import DEADLINE
from vrooli.console.parts.html import Tag


@dataclass(frozen=True)
class Button:
    """One that a test puts into a page.

    Attributes:
        element, listener: by which a browser names it.
        clicks: how often it was clicked.
    """

    element: int
    listener: str
    clicks: list[None]


def loaded(browser: httpx.Client, path: str) -> Client:
    """A page that a browser got, as the framework keeps it."""
    text = browser.get(path).text
    page = re.search(r"client_id': '([^']+)'", text)
    assert page is not None, text[:2000]
    return Client.instances[page[1]]


def button_in(page: Client) -> Button:
    """A new one."""

    async def put() -> Button:
        clicks: list[None] = []
        with page:
            made = Tag("button", "test", type="button")
            made.on("click", lambda: clicks.append(None), args=[])
        [listener] = made._to_dict()["events"]
        return Button(made.id, str(listener["listener_id"]), clicks)

    assert core.loop is not None
    return asyncio.run_coroutine_threadsafe(put(), core.loop).result(DEADLINE)


class PageSocket:
    """What a page hears and says."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    def say(self, name: str, said: Any) -> None:
        """A message."""
        self._socket.send(f"42{json.dumps([name, said])}")

    def click(self, page: Client, button: Button) -> None:
        """Of a button of a page."""
        what = {"id": button.element, "listener_id": button.listener, "args": []}
        self.say("event", {"client_id": page.id, **what})

    def hear_to_the_end(self) -> list[str]:
        """All that is said until it is closed."""
        heard: list[str] = []
        with suppress(ConnectionClosed):
            while True:
                message = self._socket.recv(timeout=DEADLINE)
                heard.append(message if isinstance(message, str) else repr(message))
                if message == "2":
                    self._socket.send("3")
        return heard


@contextmanager
def page_socket(console: LiveConsole, browser: httpx.Client, page: Client) -> Iterator[PageSocket]:
    """The socket of a page, as its browser opens it."""
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    query = f"client_id={page.id}&tab_id=t-{page.id}&document_id=d&next_message_id=0"
    where = console.base.replace("http", "ws", 1)
    address = f"{where}/_nicegui_ws/socket.io/?{query}&implicit_handshake=true"
    headers = {"Cookie": cookie, "Origin": console.base}
    with connect(
        f"{address}&EIO=4&transport=websocket", additional_headers=headers, open_timeout=DEADLINE
    ) as socket:
        socket.recv(timeout=DEADLINE)
        socket.send("40")
        socket.recv(timeout=DEADLINE)
        yield PageSocket(socket)
