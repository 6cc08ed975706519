"""What is done again and again begins when the browser is there."""

from nicegui import Client, ui

from tests.support.live_console import LiveConsole
from tests.support.page_socket import loaded, page_socket
from tests.support.waiting import wait_for
from vrooli.console.parts.timers import every


async def _nothing() -> None:
    """Done again and again."""


async def test_a_page_is_sent_when_it_is_built_not_when_a_timer_begins() -> None:
    with Client(ui.page("")) as client:
        every(1.0, _nothing, at_once=True)
        assert not _timers(client)
        for _ in range(2):
            for begin in client.connect_handlers:
                client.safe_invoke(begin)
        assert len(_timers(client)) == 1
    client.delete()


def test_pages_come_with_what_is_on_them(running: LiveConsole) -> None:
    owner = running.owner()
    owner.get("/")
    assert '"text":"This console"' in owner.get("/settings").text
    page = loaded(owner, "/settings")
    assert not _timers(page)
    with page_socket(running, owner, page):
        wait_for(lambda: _timers(page), "the page is read again and again")


def _timers(client: Client) -> list[ui.timer]:
    return [one for one in list(client.elements.values()) if isinstance(one, ui.timer)]
