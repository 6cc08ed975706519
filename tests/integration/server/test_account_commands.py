"""`vrooli login`, `user` and `key` against a real server."""

import json
import secrets
import stat
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.support.people import PASSWORD, Person, ask
from tests.support.server import Server
from tests.support.waiting import wait_for
from vrooli.cli.app import build_vrooli
from vrooli.client.accounts import AccountsClient
from vrooli.client.api import NOBODY
from vrooli.client.login import LoginFile, Session
from vrooli.core.address import HostPort
from vrooli.core.errors import AccessDenied, CutOff, StorageError, UsageError, VrooliError
from vrooli.main.kit import LocalKit


@dataclass
class Desk:
    """One person's account on some machine, without a stack of its own."""

    folder: Path
    environment: dict[str, str]

    def run(self, *words: str, typed: str = "") -> str:
        """What `vrooli WORDS` prints; a VrooliError where it fails."""
        app = build_vrooli(LocalKit(self.environment))
        ended = CliRunner().invoke(app, list(words), input=typed)
        if isinstance(ended.exception, VrooliError):
            raise ended.exception
        assert ended.exit_code == 0, ended.output
        return ended.stdout

    def told(self, *words: str, typed: str = "") -> Any:
        """The same as JSON."""
        return json.loads(self.run(*words, "--json", typed=typed))

    @property
    def login(self) -> LoginFile:
        """Where its session is kept."""
        return LoginFile(self.folder / "config" / "vrooli" / "login.json")

    def with_key(self, key: str) -> "Desk":
        """The same with a key in its environment."""
        return replace(self, environment={**self.environment, "VROOLI_API_KEY": key})


@pytest.fixture
def desk(served: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    places = {"XDG_CONFIG_HOME": str(tmp_path / "config"), "VROOLI_HOME": str(tmp_path / "home")}
    return Desk(tmp_path, {**places, "VROOLI_SERVER": served.url})


@pytest.fixture
def person(served: Server) -> Person:
    return Person(served)


def log_in(desk: Desk, person: Person) -> None:
    said = desk.told("login", person.email, "--password-file", "-", typed=f"{PASSWORD}\n")
    assert (said["email"], said["role"]) == (person.email, person.role)


def test_the_first_admin_is_added_with_the_token_of_the_server_and_logs_in(
    served: Server, desk: Desk
) -> None:
    email = f"ann{secrets.token_hex(3)}@example.org"
    operator = desk.with_key(served.token)
    words = ("user", "add", email, "--role", "admin", "--password-file", "-")
    assert operator.run(*words, typed=PASSWORD) == f"{email}: added (admin)\n"
    with pytest.raises(UsageError, match="nobody is logged in there"):
        desk.run("run", "list")
    desk.run("login", email, "--password-file", "-", typed=PASSWORD)
    assert desk.told("run", "list") == []
    assert email in desk.run("user", "list")


def test_a_session_is_kept_for_its_user_alone_and_ends_with_a_logout(
    desk: Desk, person: Person
) -> None:
    log_in(desk, person)
    assert stat.S_IMODE(desk.login.path.stat().st_mode) == 0o600
    kept = desk.login.read()
    assert kept is not None
    assert PASSWORD not in desk.login.path.read_text(encoding="utf-8")
    assert kept.access not in repr(kept) + str(kept)
    assert desk.run("logout") == f"{person.email}: logged out\n"
    assert desk.login.read() is None
    assert ask(person.server, kept.access, "GET", "/auth/me").status_code == 401
    with pytest.raises(UsageError, match="nobody is logged in"):
        desk.run("logout")


def test_what_a_user_starts_is_its_own(served: Server, desk: Desk, person: Person) -> None:
    routine = {"name": "nothing", "do": [{"step": "a", "value": {"n": 1}}]}
    assert served.post("/api/v1/routines", json=routine).status_code == 200
    log_in(desk, person)
    run = desk.told("run", "start", "nothing")
    assert run["created_by"] == person.email
    assert [one["id"] for one in desk.told("run", "list")] == [run["id"]]
    other = Person(served)
    key = other.new_key(role="operator")["token"]
    with pytest.raises(UsageError, match="there is no run"):
        desk.with_key(key).run("run", "show", run["id"])
    person.change(role="viewer")
    log_in(desk, Person(served, "viewer"))
    with pytest.raises(AccessDenied, match="needs the role operator"):
        desk.run("run", "start", "nothing")


def asking(served: Server) -> str:
    """A swarm's file whose only task asks first."""
    routine = {"name": "nothing", "do": [{"step": "a", "value": {"n": 1}}]}
    assert served.post("/api/v1/routines", json=routine).status_code == 200
    task = {"task": "risky", "routine": "nothing", "risk": "dangerous"}
    return json.dumps({"name": "careful", "goal": "try it", "plan": [task]})


def test_all_that_wait_are_those_that_are_asked_of_whoever_decides(
    served: Server, desk: Desk, person: Person
) -> None:
    (desk.folder / "careful.json").write_text(asking(served), encoding="utf-8")
    admin = Person(served, "admin")
    log_in(desk, person)
    chief = desk.with_key(admin.new_key(role="admin")["token"])
    swarm = desk.told("swarm", "start", "careful.json")["id"]
    wait_for(lambda: desk.told("approval", "list", "--swarm", swarm), "the question")
    every = ("--all", "--swarm", swarm, "--risk", "dangerous")
    assert chief.told("approval", "approve", *every) == []
    (waiting,) = desk.told("approval", "list", "--swarm", swarm)
    assert (waiting["status"], waiting["asked_of"]) == ("pending", person.email)
    (decided,) = desk.told("approval", "approve", *every)
    assert (decided["id"], decided["status"]) == (waiting["id"], "approved")


def test_approvals_of_what_is_not_there_are_not_just_none(desk: Desk, person: Person) -> None:
    log_in(desk, person)
    with pytest.raises(UsageError, match="there is no swarm `nope`"):
        desk.run("approval", "list", "--swarm", "nope")
    with pytest.raises(UsageError, match="there is no run `nope`"):
        desk.run("approval", "list", "--run", "nope", "--json")
    with pytest.raises(UsageError, match="there is no swarm `nope`"):
        desk.run("approval", "approve", "--all", "--swarm", "nope")


def old(desk: Desk) -> None:
    """Its access token has run out."""
    kept = desk.login.read()
    assert kept is not None
    desk.login.write(replace(kept, until=time.time()))


def test_the_access_token_is_exchanged_in_time_by_one_of_many_commands(
    desk: Desk, person: Person
) -> None:
    log_in(desk, person)
    old(desk)
    tokens: list[str] = []
    session = Session(desk.login)
    threads = [threading.Thread(target=lambda: tokens.append(session.token())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 6
    assert len(set(tokens)) == 1
    assert desk.told("run", "list") == []


def test_a_session_that_ended_says_what_to_do(desk: Desk, person: Person) -> None:
    log_in(desk, person)
    person.change(role="viewer")
    for _ in range(2):
        with pytest.raises(AccessDenied) as caught:
            desk.run("run", "list")
        assert "`vrooli login`" in caught.value.next_step
        old(desk)


def test_an_exchange_whose_answer_got_lost_is_not_tried_again(
    desk: Desk, person: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(desk, person)
    old(desk)
    exchange: Callable[..., Any] = AccountsClient.refresh

    def lost(client: AccountsClient, token: str) -> None:
        exchange(client, token)
        raise CutOff("it went away")

    monkeypatch.setattr(AccountsClient, "refresh", lost)
    with pytest.raises(AccessDenied, match="lost"):
        desk.run("run", "list")
    assert desk.login.read() is None


def test_somebody_is_invited_accepts_and_is_disabled(served: Server, desk: Desk) -> None:
    email = f"bob{secrets.token_hex(3)}@example.org"
    operator = desk.with_key(served.token)
    token = operator.run("user", "invite", email, "--role", "operator").strip()
    (desk.folder / "token").write_text(token + "\n", encoding="utf-8")
    (desk.folder / "pw").write_text(PASSWORD + "\n", encoding="utf-8")
    words = ("user", "accept", "--token-file", "token", "--password-file", "pw")
    assert desk.told(*words)["email"] == email
    with pytest.raises(AccessDenied):
        desk.run(*words)
    states = {row[1]: row[4:] for row in rows(operator.run("user", "list", "--invitations"))}
    assert states[email][0] == "accepted"
    assert operator.run("user", "role", email, "viewer") == f"{email}: viewer\n"
    operator.run("user", "disable", email)
    assert [row[2] for row in rows(operator.run("user", "list")) if row[0] == email] == ["disabled"]
    with pytest.raises(AccessDenied):
        desk.run("login", email, "--password-file", "pw")
    operator.run("user", "enable", email)
    desk.run("login", email, "--password-file", "pw")
    again = operator.told("user", "invite", f"x{email}")
    operator.run("user", "uninvite", again["id"])
    with pytest.raises(UsageError, match="no open invitation"):
        operator.run("user", "uninvite", again["id"])


def rows(table: str) -> list[list[str]]:
    """The cells of a table, as far as blanks tell them apart."""
    return [line.split() for line in table.splitlines()[1:]]


def test_a_key_is_printed_once_works_and_is_revoked(desk: Desk, person: Person) -> None:
    log_in(desk, person)
    key = desk.run("key", "create", "nightly", "--role", "operator", "--days", "3").strip()
    assert desk.with_key(key).told("run", "list") == []
    (row,) = rows(desk.run("key", "list"))
    assert row[1:5] == ["nightly", person.email, "operator", "3"]
    assert key not in desk.run("key", "list", "--json")
    desk.run("key", "revoke", row[0])
    with pytest.raises(AccessDenied) as caught:
        desk.with_key(key).run("run", "list")
    assert key not in str(caught.value)
    assert "VROOLI_API_KEY" in caught.value.next_step


def test_a_password_is_changed_by_its_user_and_by_an_admin(
    served: Server, desk: Desk, person: Person
) -> None:
    log_in(desk, person)
    (desk.folder / "old").write_text(PASSWORD, encoding="utf-8")
    (desk.folder / "new").write_text("another good password", encoding="utf-8")
    desk.run("user", "password", "--old-file", "old", "--password-file", "new")
    assert desk.told("run", "list") == []  # as the new session
    assert person.login("another good password").status_code == 200
    desk.with_key(served.token).run("user", "password", person.email, "--password-file", "old")
    assert person.login(PASSWORD).status_code == 200
    assert desk.run("login", person.email, "--password-file", "old")
    desk.run("logout", "--everywhere")
    assert desk.login.read() is None


def test_who_cannot_be_asked_names_a_file(desk: Desk, person: Person) -> None:
    with pytest.raises(UsageError, match="no terminal") as caught:
        desk.run("login", person.email)
    assert "--password-file" in caught.value.next_step
    with pytest.raises(UsageError, match="cannot be read"):
        desk.run("login", person.email, "--password-file", "nosuch")
    with pytest.raises(UsageError, match="empty"):
        desk.run("login", person.email, "--password-file", "-", typed="\n")


def test_what_is_no_role_is_told_before_anything_is_asked(desk: Desk) -> None:
    for words in (
        ["user", "add", "x@y", "--role", "root"],
        ["user", "role", "x@y", "root"],
        ["key", "create", "x", "--role", "root"],
    ):
        with pytest.raises(UsageError, match="`root` is no role"):
            desk.run(*words)


def test_a_secret_goes_over_no_network_as_it_is_unless_that_is_said(desk: Desk) -> None:
    words = ("login", "ann@example.org", "--server", "http://192.0.2.1:3001")
    with pytest.raises(UsageError, match="unencrypted"):
        desk.run(*words, "--password-file", "-", typed=PASSWORD)


def test_the_session_of_one_server_is_not_shown_to_another(desk: Desk, person: Person) -> None:
    log_in(desk, person)
    elsewhere = {**desk.environment, "VROOLI_SERVER": "http://127.0.0.1:1"}
    with pytest.raises(UsageError, match="nobody is logged in there"):
        Desk(desk.folder, elsewhere).run("run", "list")


def test_who_logs_out_while_the_server_is_away_is_out_here(desk: Desk, person: Person) -> None:
    log_in(desk, person)
    kept = desk.login.read()
    assert kept is not None
    desk.login.write(replace(kept, port=1))
    assert desk.run("logout") == f"{person.email}: logged out\n"
    assert desk.login.read() is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"host": 1}', "\x00"])
def test_a_file_that_holds_no_session_is_named(desk: Desk, text: str) -> None:
    desk.login.path.parent.mkdir(parents=True)
    desk.login.path.write_text(text, encoding="utf-8")
    with pytest.raises(StorageError, match="no session") as caught:
        desk.run("run", "list")
    assert caught.value.where == str(desk.login.path)


def test_a_client_as_nobody_sends_no_token(served: Server) -> None:
    with pytest.raises(AccessDenied):
        AccountsClient(HostPort("127.0.0.1", served.port), NOBODY).me()
