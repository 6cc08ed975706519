"""Whose a WebSocket is, and what becomes of one that says what no page says."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.unit.console.test_gate import COOKIE, OURS, settings_in
from vrooli.console.gate import Gate
from vrooli.console.sessions import Sessions
from vrooli.console.sockets import PATH, Sockets, quiet
from vrooli.core.passes import ADMIN, VIEWER, Person

HEADERS = {"Origin": OURS, "Host": "127.0.0.1:3003"}

GREETING = "tab_id=t&document_id=d&client_id=eve's"


def _address(page: str) -> str:
    return f"{PATH}?tab_id=t&document_id=d&next_message_id=3&client_id={page}"


async def _echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)


class Console:
    """Two people who are signed in, each with a page."""

    def __init__(self, folder: Path) -> None:
        settings = settings_in(folder)
        self.sessions = Sessions(settings.sessions, lambda: 0.0)
        self.tokens = [
            self.sessions.begin(Person(*one)) for one in (("ann", ADMIN), ("eve", VIEWER))
        ]
        self.ids = [self._id(one) for one in self.tokens]
        pages = {"ann's": self.ids[0], "eve's": self.ids[1]}
        inner = Starlette(routes=[WebSocketRoute(PATH, _echo)])
        self.app = Gate(Sockets(inner, self.sessions, pages.get), settings, self.sessions)

    def browser(self, number: int) -> TestClient:
        """Of one of them."""
        browser = TestClient(self.app, base_url=OURS)
        browser.cookies.set(COOKIE, self.tokens[number])
        return browser

    def _id(self, token: str) -> str:
        found = self.sessions.of(token)
        assert found is not None
        return found.id


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


def test_a_socket_is_for_a_page_of_the_same_session(console: Console) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        console.browser(1).websocket_connect(_address("ann's"), headers=HEADERS),
    ):
        pass
    assert refused.value.code == 1008
    for page in ("eve's", "gone"):  # the framework tells the latter to load itself anew
        address = _address(page)
        with console.browser(1).websocket_connect(address, headers=HEADERS) as socket:
            socket.send_text("3")
            assert socket.receive_text() == "3"


@pytest.mark.parametrize("said", ["zzz", '42["event",{"client_id":"eve\'s"}]', b"\x00"])
def test_who_says_what_no_page_says_is_cut_off_with_one_line(
    console: Console, caplog: pytest.LogCaptureFixture, said: str | bytes
) -> None:
    address = _address("ann's")
    with console.browser(0).websocket_connect(address, headers=HEADERS) as socket:
        if isinstance(said, str):
            socket.send_text(said)
        else:
            socket.send_bytes(said)
        with pytest.raises(WebSocketDisconnect) as cut:
            socket.receive_text()
    assert cut.value.code == 1008
    [line] = [one for one in caplog.records if one.name.startswith("vrooli")]
    assert line.exc_info is None
    assert "\n" not in line.getMessage()


def test_a_socket_lasts_as_long_as_its_session(console: Console) -> None:
    address = _address("ann's")
    with console.browser(0).websocket_connect(address, headers=HEADERS) as socket:
        socket.send_text("3")
        assert socket.receive_text() == "3"
        console.sessions.end(console.ids[0])
        socket.send_text("3")
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()


def test_there_is_no_second_way_in(console: Console) -> None:
    browser = console.browser(0)
    address = f"{PATH}socket.io/?EIO=4&transport=polling"
    assert browser.get(address).status_code == 404
    assert browser.post(address, headers={"Origin": OURS}, content="40").status_code == 404


@pytest.mark.parametrize(
    "query", ["", "client_id=eve's", f"{GREETING}&next_message_id=x", "a=1&" * 40]
)
def test_a_socket_that_does_not_greet_is_refused(console: Console, query: str) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        console.browser(1).websocket_connect(f"{PATH}?{query}", headers=HEADERS),
    ):
        pass


class Server:
    """What Socket.IO keeps of its handlers."""

    def __init__(self) -> None:
        self.handlers: dict[str, dict[str, Callable[..., Any]]] = {"/": {}}

    def on(self, event: str, handler: Callable[..., Any]) -> None:
        """As theirs."""
        self.handlers["/"][event] = handler


async def test_nonsense_that_a_handler_chokes_on_is_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server, taken = Server(), []

    def event(_: str, said: dict[str, Any]) -> None:
        taken.append(said["id"])

    async def greet(_: str, said: dict[str, Any]) -> bool:
        return bool(said["tab_id"])

    for name in ("event", "ack", "javascript_response", "log"):
        server.on(name, event)
    server.on("handshake", greet)
    quiet(server)
    handlers = server.handlers["/"]
    handlers["event"]("sid", {"id": 1})
    handlers["event"]("sid", {})
    handlers["log"]("sid", {"id": 2, "message": "forged\nline"})
    assert taken == [1]
    assert await handlers["handshake"]("sid", {"tab_id": "t"}) is True
    assert await handlers["handshake"]("sid", {}) is False
    assert [(one.exc_info, one.levelno) for one in caplog.records] == [(None, logging.WARNING)] * 2
