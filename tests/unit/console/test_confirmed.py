"""What somebody may do is asked anew, whatever is asked for."""

import pytest

from tests.support.live_console import Accounts, LiveConsole

PLAIN = {"Accept": "*/*"}


@pytest.mark.parametrize("path", ["/", "/timeline.csv", "/status", "/badge/web.svg"])
def test_who_is_no_more_at_the_server_gets_nothing(
    running: LiveConsole, accounts: Accounts, path: str
) -> None:
    email = f"ann@{path.strip('/').replace('/', '.')}.org"
    accounts.roles[email] = "operator"
    ann = running.member(email)
    answer = ann.get(path, headers=PLAIN)
    assert answer.status_code == 200, answer.text
    del accounts.roles[email]
    assert ann.get(path, headers=PLAIN).status_code == 401
    assert ann.get("/", headers=PLAIN).status_code == 401


def test_a_new_role_counts_from_the_next_request(running: LiveConsole, accounts: Accounts) -> None:
    accounts.roles["bob@x.org"] = "admin"
    bob = running.member("bob@x.org")
    assert "role: admin" in bob.get("/").text
    accounts.roles["bob@x.org"] = "viewer"
    assert "role: viewer" in bob.get("/").text


def test_what_is_the_same_for_everybody_asks_nobody(
    running: LiveConsole, accounts: Accounts
) -> None:
    accounts.roles["eve@x.org"] = "viewer"
    eve = running.member("eve@x.org")
    for path in ("/static/console.css", "/favicon.ico", "/health"):
        assert eve.get(path).status_code == 200
    assert "eve@x.org" not in accounts.refreshed
