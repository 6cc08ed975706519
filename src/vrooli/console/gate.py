"""What stands before every page: only our own addresses, only our own pages as origin, only people
who are signed in; and what browsers are told to refuse.
"""

import secrets
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from vrooli.console.sessions import Sessions
from vrooli.console.settings import ConsoleSettings
from vrooli.core.errors import AccessDenied

COOKIE = "vrooli_console"
"""The beginning of its name. Cookies know no ports: each console of a host has its own."""

SIGNED_IN = "signed_in"
"""Where the state of a request has the session of whoever asks."""

OPEN = ("/login", "/health", "/static/", "/favicon.ico")
"""Open to everybody to look at; and of what changes something `/login` alone. What the framework
serves is for its pages, which nobody sees who is not signed in.
"""

FOR_ALL = (*OPEN, "/logout", "/_nicegui/")
"""The same for everybody: who asks for it need not be confirmed."""

PUBLIC = ("/status", "/badge/")
"""Open too where the settings say so."""

READING = ("GET", "HEAD")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
MAX_PATH = 2048
MAX_COOKIES = 16 * 1024

Confirm = Callable[[str], Awaitable[None]]

_NEXT = (
    "next: open this console in a browser; `vrooli console link` prints a link into it\n"
    "VROOLI_STATUS_PAGE=public opens /status and badges to everybody\n"
)

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def policy(nonce: str, host: str, *, tls: bool) -> str:
    """The content security policy of one answer.

    Vue compiles its templates in the browser, hence `unsafe-eval`; Quasar and ECharts set styles of
    elements. Scripts run from our own address, or with the nonce that only our pages know.
    """
    socket = f"{'wss' if tls else 'ws'}://{host}"
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' 'nonce-{nonce}' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src 'self' {socket}",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        )
    )


def cookie_name(port: int, *, tls: bool) -> str:
    """Of the console at that port. Over TLS browsers let nobody but this very host set it."""
    return f"{'__Host-' if tls else ''}{COOKIE}_{port}"


def cookie_of(headers: Headers, name: str) -> str:
    """What the cookie of that name says; empty without one."""
    return cookie_parser(headers.get("cookie", "")[:MAX_COOKIES]).get(name, "")


class Gate:
    """ASGI middleware, the outermost.

    1. An unknown `Host` is refused: a name that an attacker points here is not ours. 2. So is a
    foreign `Origin`, and whatever changes something or opens a WebSocket without one: browsers
    always send it then. Of what other sites ask for, only links are followed. 3. Who is not signed
    in is led to `/login`, or refused. 4. Answers carry the headers above, and scripts of pages the
    nonce.

    Args:
        app: what it stands before.
        settings: of the console.
        sessions: who is signed in.
        confirm: asks what the person of a session may do; AccessDenied when nothing any more.
            None asks nobody.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: ConsoleSettings,
        sessions: Sessions,
        confirm: Confirm | None = None,
    ) -> None:
        self._app, self._settings, self._sessions = app, settings, sessions
        self._confirm = confirm
        self._hosts = frozenset(_hosts(settings))
        self._origins = frozenset(_origins(settings, self._hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        refusal = self._refusal(scope, headers) or await self._unconfirmed(scope, headers)
        # What a proxy says of prefixes would stand in pages; ours has none.
        dropped = (b"x-forwarded-prefix", b"x-nicegui-prefix")
        scope["headers"] = [one for one in scope["headers"] if one[0] not in dropped]
        tls = self._is_tls(headers)
        if tls:  # it may have ended at a proxy
            scope["scheme"] = "wss" if scope["type"] == "websocket" else "https"
        embedded = self._is_embedded(scope)
        guarded = _Guarded(send, headers.get("host", ""), tls=tls, embedded=embedded)
        if refusal is None:
            await self._app(scope, receive, guarded)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refusal(scope, receive, guarded)

    def _refusal(self, scope: Scope, headers: Headers) -> Response | None:
        if len(scope["path"]) > MAX_PATH:
            return PlainTextResponse("the path is too long\n", 414)
        if headers.get("host", "").lower() not in self._hosts:
            return PlainTextResponse(
                "this console is not known by that name\n"
                "next: name it in VROOLI_ORIGINS, as https://HOST\n",
                421,
            )
        changes = scope["type"] == "websocket" or scope["method"] not in READING
        if not self._is_embedded(scope) and not self._is_ours(headers, changes=changes):
            return PlainTextResponse("asked by a page of another site\n", 403)
        name = cookie_name(self._settings.port, tls=self._is_tls(headers))
        cookie = cookie_of(headers, name)
        signed_in = self._sessions.of(cookie)
        scope.setdefault("state", {})[SIGNED_IN] = signed_in
        if signed_in is not None or self._is_open(scope["path"], changes=changes):
            return None
        return _sign_in(scope, headers, over=bool(cookie))

    async def _unconfirmed(self, scope: Scope, headers: Headers) -> Response | None:
        """Of a page, file or status, for which it matters who asks."""
        path, state = scope["path"], scope["state"]
        matters = scope["type"] == "http" and not _is_one_of(path, FOR_ALL)
        if self._confirm is None or state[SIGNED_IN] is None or not matters:
            return None
        with suppress(AccessDenied):
            await self._confirm(state[SIGNED_IN].id)
        state[SIGNED_IN] = self._sessions.lasting(state[SIGNED_IN].id)
        if state[SIGNED_IN] is not None:
            return None
        changes = scope["method"] not in READING
        return None if self._is_open(path, changes=changes) else _sign_in(scope, headers, over=True)

    def _is_ours(self, headers: Headers, *, changes: bool) -> bool:
        """Whether a page of ours asks, or nothing that a page of another site could do alone."""
        origin = headers.get("origin")
        if origin is not None or changes:
            return (origin or "").lower() in self._origins
        follows_link = headers.get("sec-fetch-mode", "navigate") == "navigate"
        return follows_link or headers.get("sec-fetch-site") not in ("cross-site", "same-site")

    def _is_embedded(self, scope: Scope) -> bool:
        """Badges stand in pages of other sites."""
        badge = self._settings.public_status and scope["path"].startswith("/badge/")
        return badge and scope.get("method") in READING

    def _is_open(self, path: str, *, changes: bool) -> bool:
        if changes:
            return path == "/login"
        opened = (*OPEN, *(PUBLIC if self._settings.public_status else ()))
        return _is_one_of(path, opened)

    def _is_tls(self, headers: Headers) -> bool:
        return self._settings.tls or f"https://{headers.get('host', '')}" in self._origins


def _is_one_of(path: str, opened: Iterable[str]) -> bool:
    return any(path == one or (one.endswith("/") and path.startswith(one)) for one in opened)


def _sign_in(scope: Scope, headers: Headers, *, over: bool) -> Response:
    """`over`: there was a session, and it is not any more."""
    wanted = quote(_address(scope), safe="/")
    if scope["type"] == "http" and "text/html" in headers.get("accept", ""):
        return RedirectResponse(f"/login?{'over=1&' if over else ''}to={wanted}", 303)
    return PlainTextResponse(f"sign in first\n{_NEXT}", 401)


def _address(scope: Scope) -> str:
    """Path and query of what is asked for."""
    query = scope["query_string"].decode("latin-1")
    return f"{scope['path']}?{query}" if query else str(scope["path"])


def _hosts(settings: ConsoleSettings) -> Iterable[str]:
    own = f"[{settings.host}]" if ":" in settings.host else settings.host
    for host in (*LOOPBACK, own):
        yield f"{host}:{settings.port}"
    for origin in settings.origins:
        yield origin.partition("://")[2]


def _origins(settings: ConsoleSettings, hosts: Iterable[str]) -> Iterable[str]:
    scheme = "https" if settings.tls else "http"
    named = {origin.partition("://")[2] for origin in settings.origins}
    yield from settings.origins
    yield from (f"{scheme}://{host}" for host in hosts if host not in named)


class _Guarded:
    """Sends an answer with our headers; a page is held back until all of it is there."""

    def __init__(self, send: Send, host: str, *, tls: bool, embedded: bool) -> None:
        self._send, self._host, self._tls, self._embedded = send, host, tls, embedded
        self._nonce = secrets.token_urlsafe(16)
        self._start: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        """ASGI."""
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
            if self._embedded:
                headers["Cross-Origin-Resource-Policy"] = "cross-origin"
            headers["Content-Security-Policy"] = policy(self._nonce, self._host, tls=self._tls)
            if headers.get("content-type", "").startswith("text/html"):
                self._start = message
                return
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._page(self._start)
            return
        await self._send(message)

    async def _page(self, start: Message) -> None:
        # Whatever is not ours stands escaped in pages: each tag that is left is the framework's.
        body = self._body.replace(b"<script", b'<script nonce="%b"' % self._nonce.encode())
        MutableHeaders(scope=start)["Content-Length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})
