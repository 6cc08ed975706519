"""Who may see which page, and have its files."""

from pathlib import Path

import pytest
from nicegui import Client, ui
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.unit.console.test_gate import COOKIE, OURS, settings_in
from vrooli.console.acting import Acting, Ways
from vrooli.console.app import fill, sent
from vrooli.console.feed import Feed
from vrooli.console.gate import Gate
from vrooli.console.page import Page, View, pages
from vrooli.console.parts.html import Tag
from vrooli.console.sessions import Sessions
from vrooli.core.passes import ADMIN, OPERATOR, VIEWER, Person


async def _build(_: View) -> None:
    Tag("p", "the page")


async def _file(acting: Acting, _: Request) -> Response:
    return PlainTextResponse(f"a file for {acting.person.name}")


PAGE = Page("/x", "X", "home", _build, role=OPERATOR, files={"/x.csv": _file})
SEEN = [(VIEWER, False), (OPERATOR, True), (ADMIN, True)]


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path / "sessions.json", lambda: 0.0)


@pytest.mark.parametrize(("role", "may"), SEEN)
async def test_a_page_is_built_for_those_who_may_see_it(
    sessions: Sessions, tmp_path: Path, role: str, may: bool
) -> None:
    signed_in = sessions.of(sessions.begin(Person("ann", role)))
    assert signed_in is not None
    acting = Ways(settings_in(tmp_path), sessions).acting(signed_in.id)
    with Client(ui.page("")) as client:
        await fill(PAGE, View(acting, Feed(), {}, {}))
        said = [one.text for one in client.elements.values() if isinstance(one, Tag)]
    client.delete()
    assert ("the page" in said) is may
    assert (
        any("this page needs the role operator; yours is viewer" in one for one in said) is not may
    )


@pytest.mark.parametrize(("role", "may"), SEEN)
def test_the_files_of_a_page_are_for_those_who_may_see_it(
    sessions: Sessions, tmp_path: Path, role: str, may: bool
) -> None:
    settings = settings_in(tmp_path)
    routes = [Route("/x.csv", sent(PAGE, PAGE.files["/x.csv"], Ways(settings, sessions)))]
    browser = TestClient(Gate(Starlette(routes=routes), settings, sessions), base_url=OURS)
    browser.cookies.set(COOKIE, sessions.begin(Person("ann", role)))
    answer = browser.get("/x.csv")
    if may:
        assert (answer.status_code, answer.text) == (200, "a file for ann")
    else:
        assert answer.status_code == 403
        assert "this page needs the role operator; yours is viewer" in answer.text


def test_every_page_has_a_role_that_there_is() -> None:
    for page in pages():
        page.require(Person("ann", ADMIN))
