"""Signing in and out, before a real HTTP server that answers as ours does."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.unit.console.test_gate import COOKIE, OURS, settings_in
from vrooli.console.acting import GRACE, Acting, Ways
from vrooli.console.gate import SIGNED_IN, Gate
from vrooli.console.login import AN_ACCOUNT, Login
from vrooli.console.sessions import Account, Sessions
from vrooli.core.address import HostPort
from vrooli.core.errors import AccessDenied
from vrooli.core.passes import (
    ADMIN,
    FOR_CONSOLE,
    FOR_WATCHDOG,
    LINK_OWNER,
    OPERATOR,
    Passes,
    Person,
)

FROM_US = {"Origin": OURS}
ANN = {"email": "ann@example.org", "password": "right"}


class Answers(BaseHTTPRequestHandler):
    """Takes one password, counts refreshes, notes who was logged out."""

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        said = json.loads(self.rfile.read(size))
        code, answer = self.server.answer(self.path, said)  # type: ignore[attr-defined] # ours
        body = json.dumps(answer).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Served(ThreadingHTTPServer):
    """See `Answers`. The first access token is over at once."""

    role = "operator"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.refreshed: list[str] = []
        self.left: list[str] = []

    def answer(self, path: str, said: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Of one request."""
        pair = {"email": "ann@example.org", "role": self.role, "access_token": "a2"}
        if path.endswith("/auth/login") and said["password"] == "right":
            return 200, {**pair, "expires_in": 0, "refresh_token": "r1"}
        if path.endswith("/auth/refresh") and self.role != "nobody":
            self.refreshed.append(said["refresh_token"])
            return 200, {**pair, "expires_in": 300, "refresh_token": "r2"}
        if path.endswith("/auth/logout"):
            self.left.append(said["refresh_token"])
            return 200, {}
        return 401, {"detail": "no"}


@pytest.fixture
def server() -> Iterator[Served]:
    with Served() as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.01,))
        thread.start()
        yield served
        served.shutdown()
        thread.join()


class Console:
    """Signing in behind the gate."""

    def __init__(self, folder: Path, port: int | None) -> None:
        self.now = 1000.0
        target = HostPort("127.0.0.1", port) if port else None
        self.settings = replace(settings_in(folder), server=target)
        self.sessions = Sessions(self.settings.sessions, lambda: self.now)
        self.ways = Ways(self.settings, self.sessions)
        login = Login(self.ways)
        routes = [
            Route("/login", login.show, methods=["GET"]),
            Route("/login", login.take, methods=["POST"]),
            Route("/logout", login.leave, methods=["POST"]),
            Route("/me", _me),
        ]
        self.app = Gate(Starlette(routes=routes), self.settings, self.sessions)

    def browser(self, base: str = OURS) -> TestClient:
        """With cookies of its own."""
        return TestClient(self.app, base_url=base, follow_redirects=False)

    def link(self, **changed: Any) -> str:
        """A good one."""
        made_of = {"key": self.settings.console_key, "audience": FOR_CONSOLE, **changed}
        now = made_of.pop("now", 4e9)
        return Passes(**made_of).make(Person(LINK_OWNER, ADMIN), now, 600, jti="one")

    def session_of(self, browser: TestClient, name: str = COOKIE) -> str:
        """The id of who is signed in there."""
        found = self.sessions.of(browser.cookies[name])
        assert found is not None
        return found.id


async def _me(request: Request) -> Response:
    return PlainTextResponse(getattr(request.state, SIGNED_IN).person.name)


@pytest.fixture
def console(tmp_path: Path, server: Served) -> Console:
    return Console(tmp_path, server.server_port)


def test_a_link_signs_in_once_by_a_cookie_that_no_script_reads(console: Console) -> None:
    link, browser = console.link(), console.browser()
    answer = _by(browser, link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    assert browser.get("/me").text == LINK_OWNER
    for again in (
        _by(console.browser(), link),
        console.browser().get("/login", params={"link": link}),
    ):
        assert again.status_code == 401
        assert "vrooli console link" in again.text
        assert "set-cookie" not in again.headers


def test_who_only_looks_where_a_link_leads_uses_nothing_up(console: Console) -> None:
    """Mail and chat programs do, and those who read over what is sent."""
    link = console.link()
    for method in ("HEAD", "GET"):
        looked = console.browser().request(method, "/login", params={"link": link})
        assert looked.status_code == 200
        assert "set-cookie" not in looked.headers
    answer = console.browser().get("/login", params={"link": link})
    assert f'name="link" value="{link}"' in answer.text
    assert f"<strong>{LINK_OWNER}</strong>" in answer.text
    assert _by(console.browser(), link).status_code == 303


def test_a_link_of_somebody_else_signs_nobody_in(console: Console) -> None:
    others = (console.link(key="other"), console.link(audience=FOR_WATCHDOG), console.link(now=1))
    for link in ("", "x", *others):
        assert _by(console.browser(), link).status_code == 401
        assert console.browser().get("/login", params={"link": link}).status_code == 401


def test_behind_tls_the_cookie_is_secure_and_of_this_host_alone(console: Console) -> None:
    base = "https://console.example.org"
    browser = console.browser("http://console.example.org")
    answer = browser.post("/login", data={"link": console.link()}, headers={"Origin": base})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(f"__Host-{COOKIE}=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def _by(browser: TestClient, link: str, to: str = "/") -> Any:
    return browser.post("/login", params={"to": to}, data={"link": link}, headers=FROM_US)


@pytest.mark.parametrize(
    "to",
    [
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "evil",
        "",
        "/a\\..\\b",
        "/\x00",
    ],
)
def test_signing_in_leads_to_no_other_site(console: Console, to: str) -> None:
    answer = _by(console.browser(), console.link(), to)
    assert answer.headers["location"] == "/"


def test_signing_in_leads_back_to_the_page(console: Console) -> None:
    to = "/services/web?range=30d&x=1"
    form = console.browser().get("/login", params={"to": to})
    assert 'action="/login?to=/services/web%3Frange%3D30d%26x%3D1"' in form.text
    answer = console.browser().post("/login", params={"to": to}, data=ANN, headers=FROM_US)
    assert answer.headers["location"] == to


def test_signing_in_makes_another_session_and_ends_the_earlier_one(
    console: Console, server: Served
) -> None:
    browser = console.browser()
    browser.cookies.set(COOKIE, "chosen by somebody else", domain="127.0.0.1", path="/")
    browser.post("/login", data=ANN, headers=FROM_US)
    [first] = [one for one in browser.cookies.jar if one.value != "chosen by somebody else"]
    old = console.sessions.of(str(first.value))
    assert old is not None
    other = console.browser()
    other.cookies.set(COOKIE, str(first.value))
    _by(other, console.link())
    assert console.sessions.lasting(old.id) is None
    assert server.left == ["r1"]


def test_what_is_wrong_is_said_and_rendered_as_text(console: Console) -> None:
    browser = console.browser()
    wrong = browser.post("/login", data={**ANN, "password": "wrong"}, headers=FROM_US)
    assert wrong.status_code == 401
    assert "not right" in wrong.text
    odd = browser.post("/login?to=/%22%3E%3Cscript%3E", data={"a": "b"}, headers=FROM_US)
    assert '"><script>' not in odd.text
    many = {str(number): "x" for number in range(100)}
    assert browser.post("/login", data=many, headers=FROM_US).status_code == 401
    assert browser.post("/login", data={"email": "x" * 20_000}, headers=FROM_US).status_code == 401


def test_what_was_typed_stays_and_an_empty_page_says_nothing(console: Console) -> None:
    browser = console.browser()
    empty = browser.get("/login").text
    assert '<p class="hidden" role="alert"></p>' in empty
    odd = 'ann"{link}<i>@example.org'
    wrong = browser.post("/login", data={"email": odd, "password": "x"}, headers=FROM_US)
    assert 'value="ann&quot;{link}&lt;i&gt;@example.org"' in wrong.text
    assert '<p class="trouble" role="alert">' in wrong.text
    assert "kept this account out" in wrong.text


def test_who_had_a_session_is_told_that_it_is_over(console: Console) -> None:
    browser = console.browser()
    html = {"Accept": "text/html"}
    assert browser.get("/me", headers=html).headers["location"] == "/login?to=/me"
    _by(browser, console.link())
    console.sessions.end(console.session_of(browser))
    away = browser.get("/me", headers=html).headers["location"]
    assert away == "/login?over=1&to=/me"
    assert "Your session is over" in browser.get(away).text


def test_passwords_are_tried_so_often_in_vain_and_what_is_right_is_not_counted(
    console: Console,
) -> None:
    browser, wrong = console.browser(), {**ANN, "password": "wrong"}
    for _ in range(AN_ACCOUNT[0] + 1):
        assert browser.post("/login", data=ANN, headers=FROM_US).status_code == 303
    browser = console.browser()
    codes = [_try(browser, wrong) for _ in range(AN_ACCOUNT[0] + 1)]
    assert codes == [401] * AN_ACCOUNT[0] + [429]
    assert _try(browser, ANN) == 429
    assert _try(browser, {**ANN, "email": "bob@example.org"}) == 303
    assert _by(browser, console.link()).status_code == 303


def test_what_nobody_could_judge_is_not_counted(tmp_path: Path) -> None:
    browser = Console(tmp_path, 1).browser()
    assert {_try(browser, ANN) for _ in range(AN_ACCOUNT[0] + 2)} == {503}


def test_behind_a_proxy_of_ours_everybody_is_counted_alone(console: Console) -> None:
    one, other = ({"X-Forwarded-For": f"203.0.113.{number}"} for number in (1, 2))
    console.settings = replace(console.settings, proxies=(ip_network("192.0.2.0/24"),))
    console.ways.settings = console.settings
    proxied = TestClient(
        console.app, base_url=OURS, follow_redirects=False, client=("192.0.2.9", 1)
    )
    wrong = {**ANN, "password": "wrong"}
    codes = [_try(proxied, wrong, one) for _ in range(AN_ACCOUNT[0] + 1)]
    assert codes[-1] == 429
    assert _try(proxied, ANN, other) == 303
    forging = console.browser()
    codes = [
        _try(forging, wrong, {"X-Forwarded-For": f"203.0.113.{number}"})
        for number in range(AN_ACCOUNT[0] + 1)
    ]
    assert codes[-1] == 429


def _try(browser: TestClient, said: dict[str, str], more: Mapping[str, str] = FROM_US) -> int:
    answer = browser.post("/login", data=said, headers={**FROM_US, **more})
    browser.cookies.clear()
    return answer.status_code


def test_without_a_server_there_is_no_form_and_one_that_is_down_is_named(tmp_path: Path) -> None:
    browser = Console(tmp_path, None).browser()
    assert 'action="/login?to=/" hidden' in browser.get("/login").text
    down = Console(tmp_path, 1).browser().post("/login", data=ANN, headers=FROM_US)
    assert down.status_code == 503
    assert "Nobody can sign in now" in down.text


def test_signing_out_refuses_everything_at_once_here_and_at_the_server(
    console: Console, server: Served
) -> None:
    browser = console.browser()
    browser.post("/login", data=ANN, headers=FROM_US)
    acting, cookie = console.ways.acting(console.session_of(browser)), browser.cookies[COOKIE]
    answer = browser.post("/logout", headers=FROM_US)
    assert answer.headers["location"] == "/login"
    assert server.left == ["r1"]
    browser.cookies.set(COOKIE, cookie)
    assert browser.get("/me").status_code == 401
    _everything_is_refused(acting)


def _everything_is_refused(acting: Acting) -> None:
    with pytest.raises(AccessDenied):
        _ = acting.watchdog
    with pytest.raises(AccessDenied):
        acting.accounts.me()


def test_a_refresh_token_is_shown_once_though_many_ask_at_once(
    console: Console, server: Served
) -> None:
    """The server ends the session of one that is shown twice."""
    browser = console.browser()
    browser.post("/login", data=ANN, headers=FROM_US)
    session, got = console.session_of(browser), []
    threads = [
        threading.Thread(target=lambda: got.append(console.ways.exchanged(session)))
        for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert got == ["a2"] * 8
    assert server.refreshed == ["r1"]


def test_the_role_is_that_which_the_server_told_last(console: Console, server: Served) -> None:
    browser = console.browser()
    browser.post("/login", data=ANN, headers=FROM_US)
    session = console.session_of(browser)
    assert console.ways.is_due(session)
    server.role = "viewer"
    console.ways.exchanged(session)
    assert console.ways.acting(session).person.role == "viewer"
    assert not console.ways.is_due(session)


def test_who_is_no_more_at_the_server_is_no_more_here(console: Console, server: Served) -> None:
    browser = console.browser()
    browser.post("/login", data=ANN, headers=FROM_US)
    session = console.session_of(browser)
    server.role = "nobody"
    with pytest.raises(AccessDenied):
        console.ways.exchanged(session)
    _everything_is_refused(console.ways.acting(session))


@pytest.mark.parametrize(("ago", "role"), [(GRACE - 60, "operator"), (GRACE + 1, "viewer")])
def test_while_the_server_is_down_the_last_role_counts_for_some_minutes(
    console: Console, ago: float, role: str
) -> None:
    """Whoever was kept out meanwhile must not keep the power over what runs."""
    account = Account("a", time.time() - ago, "r")
    found = console.sessions.of(console.sessions.begin(Person("ann", OPERATOR), account))
    assert found is not None
    down = Ways(replace(console.settings, server=HostPort("127.0.0.1", 1)), console.sessions)
    acting = down.acting(found.id)
    claims = Passes(console.settings.console_key, FOR_WATCHDOG).claims(acting.watchdog.token, 0.0)
    assert claims is not None
    assert (claims["sub"], claims["role"]) == ("ann", role)
    assert acting.person.role == role
    assert acting.unconfirmed == (account.until if role == "viewer" else 0.0)
    console.sessions.change(found.id, found.person, Account("b", time.time() + 300, "r"))
    assert acting.person.role == "operator"


def test_who_came_by_a_link_needs_no_server(console: Console) -> None:
    browser = console.browser()
    _by(browser, console.link())
    acting = console.ways.acting(console.session_of(browser))
    assert (acting.person.role, acting.unconfirmed) == (ADMIN, 0.0)
