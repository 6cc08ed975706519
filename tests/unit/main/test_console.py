"""What `vrooli console` reads of its environment, and the link into it."""

from dataclasses import replace
from pathlib import Path

import pytest

from vrooli.console.settings import ConsoleSettings
from vrooli.core.errors import UsageError
from vrooli.core.home import Home
from vrooli.core.passes import ADMIN, CONSOLE_KEY, FOR_CONSOLE, FOR_WATCHDOG, LINK_OWNER, Passes
from vrooli.main.console import settings_from
from vrooli.main.console_link import console_link
from vrooli.stack.builtin.server import SIGNING_KEY
from vrooli.stack.model import Service, Stack

KEY = "k" * 64
SERVER = "http://127.0.0.1:3001"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name in (CONSOLE_KEY, SIGNING_KEY):
        (tmp_path / name).write_text(KEY)
    return tmp_path


def _settings(data: Path, **environ: str) -> ConsoleSettings:
    return settings_from({"VROOLI_DATA": str(data), **environ})


def test_it_listens_on_this_machine_alone_and_does_without_a_server(data: Path) -> None:
    found = _settings(data)
    assert (found.host, found.port, found.server) == ("127.0.0.1", 3003, None)
    assert (found.console_key, found.signing_key) == (KEY, "")
    assert KEY not in repr(_settings(data, VROOLI_SERVER=SERVER))


def test_the_home_takes_the_place_of_a_folder_of_its_own(data: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "secrets").symlink_to(data)
    found = settings_from({"VROOLI_HOME": str(home), "VROOLI_SERVER": SERVER})
    assert found.signing_key == KEY
    assert found.sessions.parent == home
    with pytest.raises(UsageError, match="neither VROOLI_HOME nor VROOLI_DATA"):
        settings_from({})


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_loopback_needs_no_tls(data: Path, host: str) -> None:
    assert _settings(data, HOST=host).host == host


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org"])
def test_beyond_this_machine_it_listens_with_tls_or_a_plain_word_only(
    data: Path, host: str
) -> None:
    with pytest.raises(UsageError, match="plain text") as refused:
        _settings(data, HOST=host)
    assert "VROOLI_PLAIN_HTTP=yes" in str(refused.value.next_step)
    assert _settings(data, HOST=host, VROOLI_PLAIN_HTTP="yes").host == host
    pem = str(data / CONSOLE_KEY)
    tls = _settings(data, HOST=host, VROOLI_TLS_CERTIFICATE=pem, VROOLI_TLS_KEY=pem)
    assert tls.tls


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Console.Example.org", "https://console.example.org"),
        ("https://example.org:443/", "https://example.org"),
        ("http://example.org:80", "http://example.org"),
        ("https://example.org:8443", "https://example.org:8443"),
        ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
    ],
)
def test_an_address_of_a_proxy_is_kept_as_browsers_say_it(
    data: Path, text: str, origin: str
) -> None:
    assert _settings(data, VROOLI_ORIGINS=f" {text}  ").origins == (origin,)


def test_proxies_are_addresses_and_networks(data: Path) -> None:
    found = _settings(data, VROOLI_PROXIES="127.0.0.1 2001:db8::/32").proxies
    assert [str(one) for one in found] == ["127.0.0.1/32", "2001:db8::/32"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("VROOLI_PROXIES", "proxy.example.org"),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "x"),
        ("VROOLI_WATCHDOG", "ftp://x"),
        ("VROOLI_SERVER", "x y"),
        ("VROOLI_ORIGINS", "example.org"),
        ("VROOLI_ORIGINS", "https://"),
        ("VROOLI_ORIGINS", "https://a/b"),
        ("VROOLI_ORIGINS", "https://a?b"),
        ("VROOLI_ORIGINS", "https://me@a"),
        ("VROOLI_ORIGINS", "https://a:99999"),
        ("VROOLI_ORIGINS", "https://[a"),
        ("VROOLI_ORIGINS", "ws://a"),
        ("VROOLI_TLS_CERTIFICATE", "/nowhere.pem"),
        ("VROOLI_PLAIN_HTTP", "1"),
        ("VROOLI_STATUS_PAGE", "yes"),
    ],
)
def test_a_wrong_setting_is_named(data: Path, name: str, text: str) -> None:
    with pytest.raises(UsageError) as refused:
        _settings(data, **{name: text})
    assert name in str(refused.value.where)
    assert refused.value.next_step


def test_a_certificate_comes_with_its_key(data: Path) -> None:
    with pytest.raises(UsageError, match="its key"):
        _settings(data, VROOLI_TLS_CERTIFICATE=str(data / CONSOLE_KEY))


def _stack(**env: str) -> Stack:
    service = Service(
        "console", "scenario", "scenario", "console", host="127.0.0.1", port=3003, env=env
    )
    return Stack("shop", {"console": service})


def test_the_link_signs_the_owner_in_for_ten_minutes(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path)
    home.secrets.mkdir(mode=0o700)
    found = console_link(_stack(), home, {})
    url, _, link = found["url"].partition("?link=")
    assert url == "http://127.0.0.1:3003/login"
    assert found["tunnel"] == ""
    key, now = (home.secrets / CONSOLE_KEY).read_text().strip(), found["until"] - 600
    claims = Passes(key, FOR_CONSOLE).claims(link, now + 598)
    assert claims is not None
    assert (claims["sub"], claims["role"]) == (LINK_OWNER, ADMIN)
    assert Passes(key, FOR_WATCHDOG).claims(link, now) is None
    again = console_link(_stack(), home, {})["url"]
    assert again != found["url"]


def test_over_ssh_it_names_the_tunnel_and_with_tls_the_scheme(tmp_path: Path) -> None:
    home = Home(tmp_path, tmp_path)
    home.secrets.mkdir(mode=0o700)
    ssh = {"SSH_CONNECTION": "198.51.100.1 51000 203.0.113.9 22"}
    found = console_link(_stack(VROOLI_TLS_CERTIFICATE="/a.pem"), home, ssh)
    assert found["url"].startswith("https://")
    assert found["tunnel"].startswith("ssh -L 3003:127.0.0.1:3003 ")
    assert found["tunnel"].endswith("@203.0.113.9")


@pytest.mark.parametrize("stack", [None, Stack("shop", {}), replace(_stack(), services={})])
def test_a_stack_without_a_console_has_no_link(tmp_path: Path, stack: Stack | None) -> None:
    with pytest.raises(UsageError, match="no console") as refused:
        console_link(stack, Home(tmp_path, tmp_path), {})
    assert "[scenarios.console]" in str(refused.value.next_step)
