"""Which server commands ask, and as whom."""

from pathlib import Path
from typing import Any

import pytest

from vrooli.client.login import Login, LoginFile
from vrooli.core.address import HostPort
from vrooli.core.errors import ConfigError, Unreachable, UsageError
from vrooli.core.home import Home
from vrooli.main.reach import login_file, reach, server_to_join
from vrooli.stack.model import Stack

OWN, OTHER = HostPort("127.0.0.1", 3001), HostPort("10.0.0.9", 3001)


class Service:
    """As much of one as is looked at."""

    def __init__(self, kind: str, port: int) -> None:
        self.kind, self.host, self.port = kind, "127.0.0.1", port


class Place:
    """A home, and the settings of a user."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder, folder)
        self.environment = {"XDG_CONFIG_HOME": str(folder / "config")}
        (folder / "secrets").mkdir()
        (folder / "secrets" / "server.token").write_text("of-the-stack", encoding="utf-8")

    def log_in(self, server: HostPort) -> None:
        login = Login(server.host, server.port, "ann@x.org", "of-ann", 2e10, "next")
        login_file(self.environment).write(login)

    def reached(self, stack: Any) -> tuple[HostPort, str]:
        found = reach(stack, self.home, self.environment)
        return found.target, found.bearer.token()


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def stack() -> Any:
    services = {"postgres": Service("postgres", 15432), "server": Service("server", 3001)}
    return type("S", (), {"services": services})()


def test_who_owns_the_stack_asks_its_server_with_its_token(place: Place, stack: Stack) -> None:
    assert place.reached(stack) == (OWN, "of-the-stack")


def test_who_is_logged_in_there_asks_as_itself(place: Place, stack: Stack) -> None:
    place.log_in(OWN)
    assert place.reached(stack) == (OWN, "of-ann")
    assert place.reached(None) == (OWN, "of-ann")


def test_a_login_elsewhere_changes_nothing_for_the_stack_unless_that_is_said(
    place: Place, stack: Stack
) -> None:
    place.log_in(OTHER)
    assert place.reached(stack) == (OWN, "of-the-stack")
    assert place.reached(None) == (OTHER, "of-ann")
    place.environment["VROOLI_SERVER"] = f"http://{OTHER}"
    assert place.reached(stack) == (OTHER, "of-ann")


def test_the_token_of_the_stack_is_shown_to_no_other_server(place: Place, stack: Stack) -> None:
    place.environment["VROOLI_SERVER"] = f"http://{OTHER}"
    with pytest.raises(UsageError, match="nobody is logged in there"):
        place.reached(stack)
    place.environment["VROOLI_SERVER"] = f"http://{OWN}"
    assert place.reached(stack) == (OWN, "of-the-stack")


def test_a_key_goes_before_all(place: Place, stack: Stack) -> None:
    place.log_in(OWN)
    place.environment["VROOLI_API_KEY"] = "vrk_x"
    assert place.reached(stack) == (OWN, "vrk_x")
    assert "vrk_x" not in repr(reach(stack, place.home, place.environment))
    place.environment["VROOLI_SERVER"] = f"http://{OTHER}"
    assert place.reached(stack) == (OTHER, "vrk_x")


@pytest.mark.parametrize("key", [None, "vrk_x"])
def test_without_a_server_the_next_step_is_named(place: Place, key: str | None) -> None:
    if key:
        place.environment["VROOLI_API_KEY"] = key
    with pytest.raises(Unreachable, match="nothing was started"):
        place.reached(None)
    empty: Any = type("S", (), {"services": {}})()
    with pytest.raises(UsageError, match="has no server"):
        place.reached(empty)


def test_one_logs_in_where_one_says(place: Place, stack: Stack) -> None:
    assert server_to_join(stack, "", place.environment) == OWN
    assert server_to_join(stack, "http://10.0.0.9:3001", place.environment) == OTHER
    with pytest.raises(ConfigError):
        server_to_join(stack, "https://10.0.0.9", place.environment)
    place.environment["VROOLI_SERVER"] = "nonsense"
    with pytest.raises(ConfigError) as caught:
        server_to_join(stack, "", place.environment)
    assert caught.value.where == "VROOLI_SERVER"


def test_whoever_has_no_home_is_not_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/dev/null")
    assert login_file({}).read() is None
    assert LoginFile(Path("/dev/null/login.json")).read() is None
