"""`vrooli host` and `vrooli-autoheal status --fleet` against a real server."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.people import Person, ask, sql
from tests.support.server import Server
from vrooli.cli.app import build_autoheal, build_vrooli
from vrooli.core.errors import AccessDenied, UsageError, VrooliError
from vrooli.main.kit import LocalKit


@dataclass
class Desk:
    """Somebody on a machine without a stack, with a key."""

    environment: dict[str, str]

    def run(self, *words: str, code: int = 0) -> str:
        """What `vrooli WORDS`, or `vrooli-autoheal status ...`, prints."""
        build = build_autoheal if words[0] == "status" else build_vrooli
        ended = CliRunner().invoke(build(LocalKit(self.environment)), list(words))
        if isinstance(ended.exception, VrooliError):
            raise ended.exception
        assert ended.exit_code == code, ended.output
        return ended.stdout

    def told(self, *words: str, code: int = 0) -> Any:
        """The same as JSON."""
        return json.loads(self.run(*words, "--json", code=code))


@pytest.fixture
def desk(served: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    sql(served, "DELETE FROM hosts")
    places = {"XDG_CONFIG_HOME": str(tmp_path), "VROOLI_HOME": str(tmp_path / "home")}
    return Desk({**places, "VROOLI_SERVER": served.url, "VROOLI_API_KEY": served.token})


def post(served: Server, token: str, status: str, **more: Any) -> None:
    """As a watchdog does."""
    report = {"host": secrets.token_hex(4), "stack": "shop", "version": "9.9", "status": status}
    answer = ask(served, token, "POST", "/fleet/records", {**report, "records": [], **more})
    assert answer.status_code == 200, answer.text


def test_a_host_is_added_listed_and_revoked(desk: Desk, served: Server) -> None:
    token = desk.run("host", "add", "web-1").strip()
    assert token.startswith("vrh_")
    post(served, token, "ok")
    (listed,) = desk.told("host", "list")
    assert (listed["name"], listed["created_by"]) == ("web-1", "operator")
    assert token not in json.dumps(listed)
    assert "may post" in desk.run("host", "list")
    with pytest.raises(VrooliError, match="there is a host of that name already"):
        desk.run("host", "add", "web-1")
    assert desk.run("host", "revoke", "web-1") == "web-1: revoked; its history stays\n"
    assert "revoked" in desk.run("host", "list")
    assert desk.told("host", "add", "web-1")["token"] != token
    with pytest.raises(UsageError, match="there is no host `nobody`"):
        desk.run("host", "revoke", "nobody")


def test_who_is_no_admin_adds_none(desk: Desk, served: Server) -> None:
    desk.environment["VROOLI_API_KEY"] = Person(served).new_key(role="operator")["token"]
    assert desk.told("host", "list") == []
    with pytest.raises(AccessDenied, match="needs the role admin"):
        desk.run("host", "add", "web-1")


def test_the_fleet_is_as_well_as_its_worst_host(desk: Desk, served: Server) -> None:
    assert desk.told("status", "--fleet") == {"status": "ok", "hosts": []}
    tokens = {name: desk.told("host", "add", name)["token"] for name in ("a", "b", "c", "old")}
    desk.run("host", "revoke", "old")
    post(served, tokens["a"], "ok")
    problem = {"name": "system-disk", "status": "warning", "message": "91 % full"}
    post(served, tokens["b"], "warning", problems=[problem], behind=7, lost=3)
    seen = desk.told("status", "--fleet", code=1)
    assert [(one["name"], one["standing"], one["verdict"]) for one in seen["hosts"]] == [
        ("a", "posts", "ok"),
        ("b", "posts", "warning"),
        ("c", "awaited", "unknown"),
    ]
    shown = desk.run("status", "--fleet", code=1).splitlines()
    assert shown[0] == "3 hosts: warning"
    assert shown[3].split() == ["b", "warning", "0", "s", "ago", "shop", "9.9", "7", "1"]
    assert shown[5:] == [
        "  b: 3 records were lost there before they could be posted",
        "  b: system-disk: warning: 91 % full",
        "  c: it has not posted yet",
    ]


def test_what_a_silent_host_said_last_does_not_count(desk: Desk, served: Server) -> None:
    post(served, desk.told("host", "add", "a")["token"], "ok")
    sql(served, "UPDATE hosts SET last_seen = now() - interval '1 day'")
    # The server is younger than that: it cannot tell yet.
    (host,) = desk.told("status", "--fleet", code=3)["hosts"]
    assert (host["standing"], host["verdict"]) == ("unheard", "unknown")
