"""What a console and its pages outlast: kills, stops, nonsense, ports that are taken."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import come_in
from tests.support.browser import Watched
from tests.support.ports import free_port
from tests.support.stack import VROOLI, LiveStack
from vrooli.client.token import read_token
from vrooli.core.passes import ADMIN, CONSOLE_KEY, FOR_CONSOLE, Passes, Person

LOST = "#popup[aria-hidden=false]"
CONNECTED = "() => window.socket?.connected === true"

SAY = "(frame) => window.socket.io.engine.transport.ws.send(frame)"
"""Says something over the WebSocket of the page, past all that the framework would say."""


def test_a_killed_console_comes_back_and_its_pages_with_it(
    stack: LiveStack, opened: Watched
) -> None:
    page = opened.go("/services/web")
    page.wait_for_load_state("networkidle")  # the chart is a module of its own
    page.evaluate("document.body.dataset.old = 'yes'")
    pid = stack.kill("console")
    page.wait_for_function("() => document.body.dataset.old !== 'yes'", timeout=60_000)
    page.wait_for_function(CONNECTED)
    expect(page.get_by_role("heading", level=1)).to_have_text("web")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    stack.until_ok()
    assert stack.pid("console") != pid
    _forgive(opened)


def test_a_page_without_its_console_says_so(stack: LiveStack, opened: Watched) -> None:
    page = opened.go("/map")
    page.evaluate(f"() => {{ window.lost = new Promise((done) => {_observer()}) }}")
    page.evaluate("window.same = true")
    page.evaluate("window.socket.io.engine.transport.ws.close()")
    page.evaluate("window.lost")
    page.wait_for_function(CONNECTED)
    expect(page.locator(LOST)).to_have_count(0)
    assert page.evaluate("window.same"), "the page was loaded anew"


def test_a_stopped_console_goes_on_where_it_was(stack: LiveStack, opened: Watched) -> None:
    page, heals = opened.go("/"), len(stack.heals("console"))
    page.evaluate("window.same = true")
    pid = stack.kill("console", signal.SIGSTOP)
    stack.until(lambda: len(stack.heals("console")) > heals, "a heal is booked")
    stack.until_ok()
    assert stack.pid("console") == pid
    page.get_by_text("Heals lately").wait_for()
    page.wait_for_function(CONNECTED)
    assert page.evaluate("window.same"), "the page was loaded anew"


@pytest.mark.parametrize("frame", ["zzz", "42" + "[" * 50_000])
def test_nonsense_cuts_one_page_off_and_it_comes_back(
    stack: LiveStack, opened: Watched, frame: str
) -> None:
    written = len(stack.log("console"))
    page = opened.go("/map")
    page.evaluate("window.same = true")
    page.evaluate("window.first = window.socket.id")
    page.evaluate(SAY, frame)
    page.wait_for_function("() => window.socket.connected && window.socket.id !== window.first")
    assert page.evaluate("window.same"), "the page was loaded anew"
    said = stack.log("console")[written:]
    assert said.count("a page is cut off") == 1
    assert "Traceback" not in said


def test_nobody_clicks_on_the_page_of_somebody_else(
    stack: LiveStack, opened: Watched, seen_by_viewer: Watched
) -> None:
    pids, written = stack.pids("web", "console"), len(stack.log("console"))
    theirs = opened.go("/services/web")
    wanted = theirs.evaluate("window.clientId")
    mine = seen_by_viewer.go("/services/web")
    for number in range(200):
        event = {"client_id": wanted, "id": number, "listener_id": "x", "args": []}
        mine.evaluate("(event) => window.socket.emit('event', event)", event)
    own = {"client_id": mine.evaluate("window.clientId"), "id": 10**9, "listener_id": "x"}
    mine.wait_for_function(CONNECTED)
    mine.evaluate("(event) => window.socket.emit('event', event)", own)
    mine.evaluate("(event) => window.socket.emit('event', {...event, id: 1})", own)
    _refused_as(mine, wanted)
    expect(theirs.locator(".offer")).to_have_count(0)
    assert stack.pids("web", "console") == pids
    assert "Traceback" not in stack.log("console")[written:]
    _forgive(seen_by_viewer)


def test_a_port_that_is_taken_is_named(stack: LiveStack) -> None:
    environment = {
        **stack.environment,
        "VROOLI_DATA": str(stack.home / "data" / "console"),
        "PORT": str(stack.ports["console"]),
    }
    ended = subprocess.run(
        [VROOLI, "console"], env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 1
    assert "cannot listen there: Address already in use" in ended.stderr
    assert "choose another with PORT" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("body", [b"<html>", b"{}"])
def test_something_else_on_the_port_of_the_watchdog_is_told(
    browser: Browser, tmp_path: Path, stack: LiveStack, body: bytes
) -> None:
    with _answering(body) as port, _console(stack, tmp_path, port) as base:
        key = read_token(tmp_path / CONSOLE_KEY)
        link = Passes(key, FOR_CONSOLE).make(Person("operator", ADMIN), time.time(), jti="one")
        with closing(browser.new_context()) as context:
            page = context.new_page()
            come_in(page, f"{base}/login?link={link}")
            alert = page.get_by_role("alert").first
            expect(alert).to_contain_text(f"hat answers at 127.0.0.1:{port} is no watchdog")
            page.goto(f"{base}/services/web")
            expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def _forgive(watched: Watched) -> None:
    """Browsers say of themselves that they reached nobody."""
    own = ("WebSocket connection", "net::ERR_CONNECTION_RE")  # refused, or reset
    watched.wrong[:] = [one for one in watched.wrong if not any(word in one for word in own)]


def _observer() -> str:
    return (
        "new MutationObserver(() => { if (popup.ariaHidden === 'false') done(true); })"
        ".observe(document.getElementById('popup'), { attributes: true })"
    )


def _refused_as(page: Page, wanted: str) -> None:
    """A socket of its own for that page is not opened."""
    opened = page.evaluate(
        """(client_id) => new Promise((done) => {
          const query = {...window.socket.io.opts.query, client_id};
          const other = io(location.origin, {
            path: "/_nicegui_ws/socket.io", query, transports: ["websocket"],
            forceNew: true, reconnection: false,
          });
          other.on("connect", () => done(true));
          other.on("connect_error", () => done(false));
        })""",
        wanted,
    )
    assert opened is False


class _Other(BaseHTTPRequestHandler):
    """Answers the same to everything."""

    def __init__(self, body: bytes, *arguments: object) -> None:
        self.body = body
        super().__init__(*arguments)  # type: ignore[arg-type]  # as the server hands them over

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _answering(body: bytes) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Other, body)) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def _console(stack: LiveStack, folder: Path, watchdog: int) -> Iterator[str]:
    """One of its own."""
    key = folder / CONSOLE_KEY
    key.write_text("k" * 64, encoding="ascii")
    key.chmod(0o600)
    port = free_port()
    environment: Mapping[str, str] = {
        **os.environ,
        "VROOLI_DATA": str(folder),
        "VROOLI_WATCHDOG": f"http://127.0.0.1:{watchdog}",
        "PORT": str(port),
    }
    stack.ports["other console"] = port
    process = subprocess.Popen([VROOLI, "console"], env=environment)
    try:
        stack.until(partial(_answers, stack), "it answers")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _answers(stack: LiveStack) -> bool:
    try:
        return bool(stack.get("other console", "/health", token=False))
    except OSError:
        return False
