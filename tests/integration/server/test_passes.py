"""The server takes passes of the console's for whoever came there by the link, and no others."""

import pytest

from tests.support.people import Person as Account
from tests.support.people import ask
from tests.support.server import Server
from vrooli.core.passes import (
    ADMIN,
    FOR_SERVER,
    FOR_WATCHDOG,
    LINK_OWNER,
    OPERATOR,
    Passes,
    Person,
)

NOW = 4e9


def _key(served: Server) -> str:
    return (served.home / "secrets" / "signing-key").read_text(encoding="ascii").strip()


def test_whoever_came_by_the_link_is_the_owner(served: Server) -> None:
    shown = Passes(_key(served), FOR_SERVER).make(Person(LINK_OWNER, ADMIN), NOW)
    me = ask(served, shown, "GET", "/auth/me").json()
    assert me == {"name": "operator", "role": "admin", "key": None}
    assert ask(served, shown, "GET", "/users").status_code == 200


@pytest.mark.parametrize("role", [OPERATOR, ADMIN])
def test_people_with_an_account_need_their_session(served: Server, role: str) -> None:
    account = Account(served)
    passes = Passes(_key(served), FOR_SERVER)
    for person in (Person(account.email, role), Person(LINK_OWNER, OPERATOR)):
        assert ask(served, passes.make(person, NOW), "GET", "/auth/me").status_code == 401


def test_one_for_the_watchdog_or_of_another_key_or_of_yesterday_opens_nothing(
    served: Server,
) -> None:
    owner = Person(LINK_OWNER, ADMIN)
    for shown in (
        Passes(_key(served), FOR_WATCHDOG).make(owner, NOW),
        Passes("k" * 64, FOR_SERVER).make(owner, NOW),
        Passes(_key(served), FOR_SERVER).make(owner, 1.0),
    ):
        assert ask(served, shown, "GET", "/auth/me").status_code == 401
