"""The WebSockets of pages: each speaks for one page, which is of the same session, as long as that
lasts; whoever says anything else is cut off, with one line in the log.
"""

import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Protocol
from urllib.parse import parse_qs

from nicegui import Client
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vrooli.console.frames import refusal
from vrooli.console.gate import SIGNED_IN
from vrooli.console.sessions import Sessions

PATH = "/_nicegui_ws/"
REFUSED = 1008
MOST_DIGITS = 16
_HEARD = ("event", "ack", "javascript_response")

_log = logging.getLogger(__name__)


def page_session(page: str) -> str | None:
    """The session that a page was built for; None when there is no such page."""
    client = Client.instances.get(page)
    signed_in = getattr(client.request.state, SIGNED_IN, None) if client is not None else None
    return signed_in.id if signed_in is not None else None


class Sockets:
    """ASGI middleware, behind the gate.

    Args:
        app: what it stands before.
        sessions: who is signed in.
        session_of: the session of a page, by its id.
    """

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        session_of: Callable[[str], str | None] = page_session,
    ) -> None:
        self._app, self._sessions, self._session_of = app, sessions, session_of
        self._sends: dict[str, set[Send]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "websocket":
            await self._open(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(PATH):
            # Socket.IO would take the same by single requests too: a second way in, for nobody.
            await PlainTextResponse("this is for WebSockets\n", 404)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _open(self, scope: Scope, receive: Receive, send: Send) -> None:
        page, session = _page(scope), scope["state"][SIGNED_IN].id
        # A page that is not known any more is told so by the framework, and loads itself anew.
        if self._session_of(page) not in (None, session) or not _greets(scope):
            _log.warning("a socket is refused: it is for no page of that person")
            await send({"type": "websocket.close", "code": REFUSED})
            return

        async def heard() -> Message:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            why = refusal(message.get("text"), page)
            if not why and self._sessions.lasting(session) is None:
                why = "the session is over"
            if not why:
                return message
            _log.warning("a page is cut off: %s", why)
            await send({"type": "websocket.close", "code": REFUSED})
            return {"type": "websocket.disconnect", "code": REFUSED}

        self._sends.setdefault(page, set()).add(send)
        try:
            await self._app(scope, heard, send)
        finally:
            self._sends[page].discard(send)
            if not self._sends[page]:
                del self._sends[page]

    async def cut_off(self, page: str) -> None:
        """Close the sockets of a page: a browser that is not led away hears nothing more."""
        for send in list(self._sends.get(page, ())):
            with suppress(Exception):  # it has been closed meanwhile
                await send({"type": "websocket.close", "code": REFUSED})


class Server(Protocol):
    """What is asked of the Socket.IO server."""

    handlers: dict[str, dict[str, Callable[..., Any]]]

    def on(self, event: str, handler: Callable[..., Any]) -> Any:
        """Have an event handled by that."""


def quiet(server: Server) -> None:
    """What a page says is taken by the framework where it makes sense, and passed over where not:
    an element may be gone by now. What browsers want to have logged is not.
    """
    handlers = server.handlers["/"]
    for name in _HEARD:
        server.on(name, _heard(name, handlers[name]))
    server.on("handshake", _greeted(handlers["handshake"]))
    server.on("log", lambda _sid, _said: None)


def _heard(name: str, handler: Callable[..., None]) -> Callable[[str, Any], None]:
    def handle(sid: str, said: Any) -> None:
        try:
            handler(sid, said)
        except Exception as error:  # noqa: BLE001 -- whatever nonsense leads to there
            _log.warning("a page says %s, which makes no sense: %s", name, type(error).__name__)

    return handle


def _greeted(handler: Callable[..., Awaitable[bool]]) -> Callable[[str, Any], Awaitable[bool]]:
    async def handle(sid: str, said: Any) -> bool:
        try:
            return await handler(sid, said)
        except Exception as error:  # noqa: BLE001 -- as above
            _log.warning("a page greets in a way that makes no sense: %s", type(error).__name__)
            return False

    return handle


def _page(scope: Scope) -> str:
    """Which page it is for, by its address."""
    return _query(scope).get("client_id", "")


def _greets(scope: Scope) -> bool:
    """Whether all is there that the framework takes for granted."""
    query = _query(scope)
    number = query.get("next_message_id", "0")
    fine = number.isascii() and number.isdecimal() and len(number) < MOST_DIGITS
    return fine and {"client_id", "tab_id", "document_id"} <= query.keys()


def _query(scope: Scope) -> dict[str, str]:
    try:
        found = parse_qs(scope["query_string"].decode("latin-1"), max_num_fields=32)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items()}
