"""One running stack and one browser for the whole folder; each test gets a page of its own."""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.support.browser import WIDE, Watched, chromium
from tests.support.stack import LiveStack


@pytest.fixture(scope="package")
def stack() -> Iterator[LiveStack]:
    """A database, the server, the console, a service of one's own, the watchdog."""
    with closing(LiveStack()) as made:
        made.with_postgres_and_server()
        made.console()
        made.add("web", "--sick-while", "sick", needs=["server"])
        made.write()
        made.up()
        made.until_ok()
        yield made


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def cookies(stack: LiveStack, browser: Browser) -> list[dict[str, object]]:
    """Those of somebody who came by the link."""
    with closing(browser.new_context()) as context:
        context.new_page().goto(link_of(stack))
        return [dict(one) for one in context.cookies()]


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
