"""Pages of sessions that are over."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from nicegui import Client

from tests.unit.console.test_gate import settings_in
from vrooli.console.acting import Ways
from vrooli.console.open_pages import OpenPages
from vrooli.console.sessions import Account, Sessions
from vrooli.core.address import HostPort
from vrooli.core.errors import AccessDenied
from vrooli.core.passes import ADMIN, OPERATOR, Person


class World:
    """A server that does not answer, and somebody who is signed in."""

    def __init__(self, folder: Path) -> None:
        settings = replace(settings_in(folder), server=HostPort("127.0.0.1", 1))
        self.sessions = Sessions(settings.sessions, lambda: 0.0)
        self.led_away: list[Client] = []
        self.pages = OpenPages(Ways(settings, self.sessions), self.led_away.append)

    def signed_in(self, account: Account | None = None) -> str:
        """The id of a new session."""
        person = Person("ann", OPERATOR if account else ADMIN)
        found = self.sessions.of(self.sessions.begin(person, account))
        assert found is not None
        return found.id


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def _page() -> Client:
    return cast("Client", object())


async def test_open_pages_of_a_session_that_ended_are_led_to_the_log_in(world: World) -> None:
    ended, other = world.signed_in(), world.signed_in()
    pages = [_page() for _ in range(4)]
    leave: list[Callable[[], None]] = [
        world.pages.join(page, session)
        for page, session in zip(pages, [ended, ended, other, ended], strict=True)
    ]
    leave[3]()
    world.pages.look()
    assert world.led_away == []
    world.sessions.end(ended)
    world.pages.look()
    world.pages.look()
    assert world.led_away == pages[:2]


async def test_who_has_an_account_stays_while_the_server_is_down(world: World) -> None:
    session = world.signed_in(Account("a", 0.0, "r"))
    await world.pages.confirm(session)
    world.sessions.end(session)
    with pytest.raises(AccessDenied):
        await world.pages.confirm(session)
