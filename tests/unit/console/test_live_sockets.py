"""The sockets of pages, with all of the framework behind them: what it makes of ids, messages and
greetings is leaned on in `sockets`, `frames` and `open_pages`, and may change with a new version.
"""

import pytest
from nicegui import Client
from websockets.exceptions import InvalidStatus

from tests.support.live_console import Accounts, LiveConsole
from tests.support.page_socket import button_in, loaded, page_socket
from tests.support.waiting import wait_for


def _connected(page: Client) -> bool:
    return page.has_socket_connection


def test_what_a_page_says_over_its_own_socket_is_done(running: LiveConsole) -> None:
    owner = running.owner()
    page = loaded(owner, "/")
    button = button_in(page)
    with page_socket(running, owner, page) as socket:
        wait_for(lambda: _connected(page), "the page is connected")
        socket.click(page, button)
        wait_for(lambda: button.clicks, "it is clicked")


def test_nobody_speaks_for_the_page_of_somebody_else(
    running: LiveConsole, accounts: Accounts
) -> None:
    accounts.roles["vi@x.org"] = "viewer"
    viewer, owner = running.member("vi@x.org"), running.owner()
    mine, other = loaded(viewer, "/"), loaded(owner, "/")
    button = button_in(other)
    with pytest.raises(InvalidStatus), page_socket(running, viewer, other):
        pass
    with page_socket(running, owner, other) as theirs:
        wait_for(lambda: _connected(other), "the page is connected")
        with page_socket(running, viewer, mine) as socket:
            socket.click(other, button)
            socket.hear_to_the_end()
        assert not button.clicks
        theirs.click(other, button)
        wait_for(lambda: button.clicks, "it is clicked")
        assert len(button.clicks) == 1


def test_the_socket_of_a_session_that_ended_is_closed_and_its_page_forgotten(
    running: LiveConsole,
) -> None:
    owner, other = running.owner(), running.owner()
    page, kept = loaded(owner, "/"), loaded(other, "/")
    with page_socket(running, owner, page) as socket:
        wait_for(lambda: _connected(page), "the page is connected")
        assert owner.post("/logout").status_code == 303
        heard = socket.hear_to_the_end()
    assert any("/login" in one for one in heard)
    assert page.is_deleted
    assert not kept.is_deleted
