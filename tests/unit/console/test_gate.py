"""What stands before every page."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from vrooli.console.gate import Gate
from vrooli.console.sessions import Sessions
from vrooli.console.settings import ConsoleSettings
from vrooli.core.address import HostPort
from vrooli.core.passes import ADMIN, Person

OURS, HTML = "http://127.0.0.1:3003", {"Accept": "text/html"}
COOKIE = "vrooli_console_3003"


async def page(request: Request) -> Response:
    return HTMLResponse(
        f"<p>{request.url.scheme} {dict(request.headers)}</p>"
        "<script>1</script><script src=x></script>"
    )


async def data(_: Request) -> Response:
    return PlainTextResponse("data")


async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.close()


def settings_in(folder: Path) -> ConsoleSettings:
    return ConsoleSettings(
        host="127.0.0.1",
        port=3003,
        watchdog=HostPort("127.0.0.1", 1),
        server=None,
        console_key="k" * 64,
        signing_key="s" * 64,
        sessions=folder / "sessions.json",
        origins=("https://console.example.org",),
    )


class Gated:
    """A small application behind the gate, and somebody who is signed in."""

    def __init__(self, settings: ConsoleSettings) -> None:
        self.sessions = Sessions(settings.sessions, lambda: 0.0)
        self.token = self.sessions.begin(Person("operator", ADMIN))
        paths = ("/", "/login", "/status", "/badge/all.svg", "/health", "/logout", "/_nicegui/x")
        routes = [Route(path, page, methods=["GET", "POST"]) for path in paths]
        inner = Starlette(
            routes=[*routes, Route("/data", data), WebSocketRoute("/_nicegui_ws/", socket)]
        )
        self.app = Gate(inner, settings, self.sessions)

    def client(self, base: str = OURS) -> TestClient:
        """A browser without a cookie."""
        return TestClient(self.app, base_url=base, follow_redirects=False)

    def signed_in(self, base: str = OURS, cookie: str = COOKIE) -> TestClient:
        """One with it."""
        client = self.client(base)
        client.cookies.set(cookie, self.token)
        return client


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    return Gated(settings_in(tmp_path))


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1", "127.0.0.1:80", "localhost.evil:3003", "", "0.0.0.0:3003"]
)
def test_a_name_that_is_not_ours_is_refused(gated: Gated, host: str) -> None:
    answer = gated.signed_in().get("/", headers={"Host": host})
    assert answer.status_code == 421
    assert "VROOLI_ORIGINS" in answer.text


@pytest.mark.parametrize(
    "host", ["127.0.0.1:3003", "localhost:3003", "LocalHost:3003", "[::1]:3003"]
)
def test_our_own_names_are_ours(gated: Gated, host: str) -> None:
    assert gated.signed_in().get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:8000", ""])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_of_another_origin_asks_for_nothing(gated: Gated, origin: str, method: str) -> None:
    answer = gated.signed_in().request(method, "/logout", headers={"Origin": origin})
    assert answer.status_code == 403


def test_a_change_says_where_it_comes_from(gated: Gated) -> None:
    client = gated.signed_in()
    assert client.post("/logout").status_code == 403
    assert client.post("/logout", headers={"Origin": OURS}).status_code == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_other_sites_may_link_to_us_and_no_more(gated: Gated, site: str) -> None:
    """The latter is any other port of this machine, to which browsers send our cookie too."""
    client = gated.signed_in()
    for mode, status in (("navigate", 200), ("no-cors", 403), ("cors", 403)):
        headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode}
        assert client.get("/data", headers=headers).status_code == status, mode


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null"])
def test_a_socket_is_opened_by_our_pages_alone(gated: Gated, origin: str | None) -> None:
    headers = {} if origin is None else {"Origin": origin}
    with (
        pytest.raises(WebSocketDisconnect) as refused,
        gated.signed_in().websocket_connect("/_nicegui_ws/", headers=headers),
    ):
        pass
    assert refused.value.code == 1008


def test_a_socket_needs_somebody_who_is_signed_in(gated: Gated) -> None:
    headers = {"Origin": OURS, "Host": "127.0.0.1:3003"}
    with gated.signed_in().websocket_connect("/_nicegui_ws/", headers=headers):
        pass
    with (
        pytest.raises(WebSocketDisconnect),
        gated.client().websocket_connect("/_nicegui_ws/", headers=headers),
    ):
        pass


def test_who_is_not_signed_in_is_led_to_the_log_in_and_back(gated: Gated) -> None:
    answer = gated.client().get("/services/a b?range=30d&x=1", headers=HTML)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?to=/services/a%20b%3Frange%3D30d%26x%3D1"
    assert gated.client().get("/data").status_code == 401
    for cookie in ("wrong", "", "a" * 20_000):
        client = gated.client()
        client.cookies.set(COOKIE, cookie)
        assert client.get("/data").status_code == 401


def test_cookies_of_other_programs_on_this_host_do_not_matter(gated: Gated) -> None:
    headers = {"Cookie": f'a[{{"]=1; vrooli_console_4000=x; {COOKIE}={gated.token}; "b'}
    assert gated.client().get("/data", headers=headers).status_code == 200


def test_what_is_open_is_open_to_look_at_only(gated: Gated) -> None:
    client = gated.client()
    for path in ("/login", "/health"):
        assert client.get(path).status_code == 200
    assert client.post("/login", headers={"Origin": OURS}).status_code == 200
    assert client.post("/_nicegui/x", headers={"Origin": OURS}).status_code == 401
    assert client.get("/loginx").status_code == 401


def test_the_status_page_is_open_where_the_settings_say_so(gated: Gated, tmp_path: Path) -> None:
    assert gated.client().get("/status").status_code == 401
    opened = Gated(replace(settings_in(tmp_path), public_status=True))
    embedded = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    assert opened.client().get("/status").status_code == 200
    badge = opened.client().get("/badge/all.svg", headers=embedded)
    assert badge.status_code == 200
    assert badge.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert opened.client().get("/status", headers=embedded).status_code == 403
    assert opened.client().get("/").status_code == 401


def test_every_answer_has_the_headers_and_pages_a_nonce_of_their_own(gated: Gated) -> None:
    client = gated.signed_in()
    nonces = set()
    for _ in range(2):
        answer = client.get("/", headers=HTML)
        policy = answer.headers["Content-Security-Policy"]
        found = re.findall(r'<script nonce="([^"]+)"', answer.text)
        assert len(found) == 2
        assert f"'nonce-{found[0]}'" in policy
        assert int(answer.headers["Content-Length"]) == len(answer.content)
        nonces.add(found[0])
    assert len(nonces) == 2
    for refused in (client.get("/", headers={"Host": "evil"}), gated.client().get("/data")):
        assert refused.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert refused.headers["X-Frame-Options"] == "DENY"


def test_behind_a_proxy_with_tls_the_scheme_is_https_and_what_it_says_of_prefixes_is_dropped(
    gated: Gated,
) -> None:
    proxied = gated.signed_in("http://console.example.org", f"__Host-{COOKIE}")
    answer = proxied.get("/", headers={"X-Forwarded-Prefix": "/evil", "X-Forwarded-Proto": "http"})
    assert answer.text.startswith("<p>https ")
    assert "/evil" not in answer.text
    assert "wss://console.example.org" in answer.headers["Content-Security-Policy"]
    assert gated.signed_in("http://console.example.org").get("/data").status_code == 401


def test_a_path_that_is_too_long_is_refused(gated: Gated) -> None:
    assert gated.signed_in().get("/" + "a" * 3000).status_code == 414
