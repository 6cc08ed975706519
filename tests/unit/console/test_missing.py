"""What leads nowhere, at a console that runs."""

import re

from nicegui import Client

from tests.support.live_console import LiveConsole


def test_nothing_is_kept_for_who_asks_for_what_is_not_there(running: LiveConsole) -> None:
    stranger, owner = running.browser(), running.owner()
    before = len(Client.instances)
    for path in ("/_nicegui/x", "/_nicegui/3/libraries/x", "/static/x", "/nowhere"):
        assert stranger.get(path).status_code in (303, 404), path
        assert owner.get(path).status_code == 404, path
    assert len(Client.instances) == before


def test_the_page_that_says_so_leads_back(running: LiveConsole) -> None:
    answer = running.owner().get("/nowhere/<i>")
    assert '<a href="/">To the overview</a>' in answer.text
    assert "&lt;i&gt;" in answer.text
    assert "HTTPException" not in answer.text


def test_what_a_page_of_ours_is_made_of_is_there(running: LiveConsole) -> None:
    """And asks for no more than the gate lets through to who is signed in."""
    owner, stranger = running.owner(), running.browser()
    page = owner.get("/")
    assert page.status_code == 200
    scripts = set(re.findall(r"/_nicegui/[\w./-]+\.(?:js|css)", page.text))
    assert scripts
    for one in scripts:
        assert owner.get(one).status_code == 200, one
        assert stranger.get(one).status_code == 303, one
