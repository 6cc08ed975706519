"""A whole console in this process, before HTTP servers that answer as watchdog and server do."""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from tests.support.ports import free_port
from tests.support.waiting import wait_for
from vrooli.console.app import create_app
from vrooli.console.settings import ConsoleSettings
from vrooli.core.address import HostPort
from vrooli.core.passes import ADMIN, FOR_CONSOLE, LINK_OWNER, Passes, Person

Answer = tuple[int, Any]
HTML = {"Accept": "text/html"}
KEY = "k" * 64


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/events"):
            self._stream()
        else:
            self._answer({})

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"] or 0)
        self._answer(json.loads(self.rfile.read(size) or b"{}"))

    def _stream(self) -> None:
        """Of events; none happens."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.server.over.wait()  # type: ignore[attr-defined] # ours

    def _answer(self, said: Any) -> None:
        code, answer = self.server.answered(self.path, said)  # type: ignore[attr-defined] # ours
        body = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Answering(ThreadingHTTPServer):
    """Answers by the path; `goes_on` cleared makes it hang, as a process that is stopped does.

    Args:
        answer: by path and body: code and JSON.
    """

    daemon_threads = True
    request_queue_size = 100

    def __init__(self, answer: Callable[[str, Any], Answer]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._answer, self.goes_on, self.over = answer, threading.Event(), threading.Event()
        self.goes_on.set()
        self.asked: list[str] = []

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever asked has gone."""

    def answered(self, path: str, said: Any) -> Answer:
        """Of one request."""
        self.asked.append(path)
        self.goes_on.wait()
        return self._answer(path.partition("?")[0], said)


def watchdog_says(path: str, _: Any) -> Answer:
    """A stack of one service, which is well."""
    service = {"name": "web", "state": "running", "health": "ok", "message": "", "pid": 1}
    answers = {
        "/status": {"stack": "s", "status": "ok", "services": [service], "watchdog": {"pid": 7}},
        "/heals": {"heals": []},
        "/notify": {"incidents": []},
        "/checks": {"checks": []},
        "/uptime": {"checks": []},
        "/timeline": {"since": 0.0, "until": 0.0, "entries": [], "next": None},
    }
    return (200, answers[path]) if path in answers else (404, {"detail": "no"})


@dataclass
class Accounts:
    """Who has an account, with which role; everybody's password is `right`."""

    roles: dict[str, str] = field(default_factory=dict)
    refreshed: list[str] = field(default_factory=list)

    def says(self, path: str, said: Any) -> Answer:
        """What the server answers; access tokens are over at once."""
        if path.endswith("/auth/login") and said["password"] == "right":
            return self._pair(said["email"])
        if path.endswith("/auth/refresh"):
            self.refreshed.append(said["refresh_token"])
            return self._pair(said["refresh_token"])
        if path.endswith("/auth/logout"):
            return 200, {}
        return (
            (401, {"detail": "no"})
            if "/auth/" in path
            else (200, {"runs": [], "approvals": [], "count": 0, "next": None})
        )

    def _pair(self, email: str) -> Answer:
        if email not in self.roles:
            return 401, {"detail": "no"}
        tokens = {"access_token": "a", "refresh_token": email, "expires_in": 0}
        return 200, {"email": email, "role": self.roles[email], **tokens}


class LiveConsole:
    """See above. NiceGUI keeps its pages for the whole process: there is one."""

    def __init__(self, folder: Path, watchdog: Answering, server: Answering) -> None:
        self.watchdog, self.server = watchdog, server
        self.settings = ConsoleSettings(
            host="127.0.0.1",
            port=free_port(),
            watchdog=HostPort("127.0.0.1", watchdog.server_port),
            server=HostPort("127.0.0.1", server.server_port),
            console_key=KEY,
            signing_key=KEY,
            sessions=folder / "sessions.json",
        )
        self.base = f"http://127.0.0.1:{self.settings.port}"
        self._browsers: list[httpx.Client] = []

    def browser(self) -> httpx.Client:
        """With cookies of its own, not signed in."""
        headers = {**HTML, "Origin": self.base}
        made = httpx.Client(base_url=self.base, headers=headers, timeout=60.0)
        self._browsers.append(made)
        return made

    def close(self) -> None:
        """All browsers."""
        while self._browsers:
            self._browsers.pop().close()

    def owner(self) -> httpx.Client:
        """The browser of whoever came by a link."""
        browser = self.browser()
        person, jti = Person(LINK_OWNER, ADMIN), os.urandom(8).hex()
        link = Passes(KEY, FOR_CONSOLE).make(person, 4e9, jti=jti)
        assert browser.post("/login", data={"link": link}).status_code == 303
        return browser

    def member(self, email: str) -> httpx.Client:
        """The browser of somebody with an account."""
        browser = self.browser()
        said = {"email": email, "password": "right"}
        assert browser.post("/login", data=said).status_code == 303
        return browser


@contextmanager
def answering(answer: Callable[[str, Any], Answer]) -> Iterator[Answering]:
    """A server while it serves."""
    with Answering(answer) as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield served
        finally:
            served.goes_on.set()
            served.over.set()
            served.shutdown()
            thread.join()


@contextmanager
def live_console(folder: Path, accounts: Accounts) -> Iterator[LiveConsole]:
    """The console while it runs; once in a process."""
    with answering(watchdog_says) as watchdog, answering(accounts.says) as server:
        console = LiveConsole(folder, watchdog, server)
        config = uvicorn.Config(
            create_app(console.settings),
            port=console.settings.port,
            log_config=None,
            timeout_graceful_shutdown=1,
        )
        served = uvicorn.Server(config)
        thread = threading.Thread(target=served.run)
        thread.start()
        try:
            wait_for(lambda: served.started or not thread.is_alive(), "the console listens")
            yield console
        finally:
            served.should_exit = True
            thread.join()
