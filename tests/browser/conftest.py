"""One running stack and one browser for the whole folder; each test gets a page of its own."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.browser import WIDE, Watched, chromium
from tests.support.receiver import Receiver, receiving
from tests.support.stack import ROOT, LiveStack
from tests.support.swarms import waiting_swarm

PASSWORD = "correct horse battery"

# What a page comes to show is waited for: on a busy machine that takes longer than five seconds.
expect.set_options(timeout=30_000)


class Asked:
    """What reached others than the stack.

    Attributes:
        docker: requests to the Docker Engine.
        receiver: takes notifications.
    """

    def __init__(self, docker: list[bytes], receiver: Receiver) -> None:
        self.docker, self.receiver = docker, receiver


@pytest.fixture(scope="package")
def outside() -> Iterator[tuple[LiveStack, Asked]]:
    """A stack that is not up yet, and those outside of it."""
    with closing(LiveStack()) as made, docker_calls(made) as calls, receiving() as receiver:
        made.tell({"box": {"url": receiver.url}})
        yield made, Asked(calls, receiver)


@pytest.fixture
def docker_asked(outside: tuple[LiveStack, Asked]) -> list[bytes]:
    """What the Docker Engine was asked."""
    return outside[1].docker


@pytest.fixture
def receiver(outside: tuple[LiveStack, Asked]) -> Receiver:
    """Who is told."""
    return outside[1].receiver


@pytest.fixture(scope="package")
def stack(outside: tuple[LiveStack, Asked]) -> LiveStack:
    """A database, the server, the console, a service of one's own, the watchdog."""
    made = outside[0]
    made.with_postgres_and_server()
    made.console()
    made.add("web", "--sick-while", "sick", needs=["server"])
    made.write()
    made.up()
    made.until_ok()
    return made


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as one:
        yield one


@pytest.fixture(scope="package")
def cookies(stack: LiveStack, browser: Browser) -> list[dict[str, object]]:
    """Those of somebody who came by the link."""
    with closing(browser.new_context()) as context:
        come_in(context.new_page(), link_of(stack))
        return [dict(one) for one in context.cookies()]


@pytest.fixture(scope="package")
def run(stack: LiveStack) -> str:
    """The id of a run that asked a person something, and was cancelled then."""
    added = stack.run("routine", "add", str(ROOT / "examples" / "signed-note.yaml"))
    assert added.returncode == 0, added.stderr
    started = stack.run("run", "start", "signed-note", "--json")
    assert started.returncode == 0, started.stderr
    found = str(json.loads(started.stdout)["id"])
    cancelled = stack.run("run", "cancel", found)
    assert cancelled.returncode == 0, cancelled.stderr
    return found


@pytest.fixture(scope="package")
def swarm(stack: LiveStack) -> str:
    """The id of a swarm that waits for a person, and then for an approval."""
    return waiting_swarm(stack)


@pytest.fixture(scope="package")
def heal(stack: LiveStack) -> str:
    """The id of a heal."""
    stack.kill("web")
    return str(stack.until_healed("web")["id"])


@pytest.fixture(scope="package")
def viewer(stack: LiveStack, browser: Browser) -> list[dict[str, object]]:
    """The cookies of somebody who may look, and signed in by password."""
    add_user(stack, "vera@example.org", "viewer")
    with closing(browser.new_context()) as context:
        sign_in(context, stack, "vera@example.org")
        return [dict(one) for one in context.cookies()]


@pytest.fixture
def seen_by_viewer(
    browser: Browser, viewer: list[dict[str, object]], stack: LiveStack
) -> Iterator[Watched]:
    """A page of that person."""
    with closing(browser.new_context(viewport={"width": WIDE, "height": 900})) as one:
        one.add_cookies(viewer)  # type: ignore[arg-type]  # as the browser gave them
        watched = Watched(one, stack.url("console", ""))
        yield watched
        assert watched.wrong == []


@pytest.fixture
def context(browser: Browser, cookies: list[dict[str, object]]) -> Iterator[BrowserContext]:
    """Somebody who is signed in."""
    with closing(browser.new_context(viewport={"width": WIDE, "height": 900})) as one:
        one.add_cookies(cookies)  # type: ignore[arg-type]  # as the browser gave them
        yield one


@pytest.fixture
def opened(context: BrowserContext, stack: LiveStack) -> Iterator[Watched]:
    """A page; the test fails when anything went wrong on it."""
    watched = Watched(context, stack.url("console", ""))
    yield watched
    assert watched.wrong == []


def link_of(stack: LiveStack) -> str:
    """One that signs somebody in, once."""
    ended = stack.run("console", "link", "--json")
    assert ended.returncode == 0, ended.stderr
    return str(json.loads(ended.stdout)["url"])


def come_in(page: Page, link: str) -> None:
    """By a link."""
    page.goto(link)
    page.get_by_role("button", name="Sign in by the link").click()
    page.wait_for_url(lambda url: "/login" not in url)


def add_user(stack: LiveStack, email: str, role: str) -> None:
    """With the password of these tests."""
    file = stack.folder / "password"
    file.write_text(PASSWORD, encoding="utf-8")
    ended = stack.run("user", "add", email, "--role", role, "--password-file", str(file))
    assert ended.returncode == 0, ended.stderr


def sign_in(context: BrowserContext, stack: LiveStack, email: str) -> Watched:
    """By the form; a page of that person."""
    watched = Watched(context, stack.url("console", ""))
    page = watched.page
    page.goto(stack.url("console", "/login"))
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_function("() => window.socket?.connected === true")
    return watched


@contextmanager
def docker_calls(stack: LiveStack) -> Iterator[list[bytes]]:
    """A Docker Engine that notes what is asked of it, and answers nothing; the disk is checked, of
    which a destructive action is known.
    """
    path = stack.folder / "docker.sock"
    stack.docker(path)
    stack.check("system-disk", warning=99.8, critical=99.9)
    asked: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        thread = threading.Thread(target=_note_calls, args=(listener, asked))
        thread.start()
        try:
            yield asked
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _note_calls(listener: socket.socket, asked: list[bytes]) -> None:
    with suppress(OSError):
        while True:
            with listener.accept()[0] as one:
                asked.append(one.recv(4096))
