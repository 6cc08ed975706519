"""Accounts on a real PostgreSQL: how one gets in, and how it ends."""

import json
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.people import PASSWORD, V1, Person, ask, send, sql
from tests.support.server import Server
from vrooli.server.accounts.session_store import MOST, SessionStore
from vrooli.server.accounts.user_store import UserStore
from vrooli.server.database import Database


@pytest.fixture
def person(served: Server) -> Person:
    return Person(served)


def test_a_user_logs_in_and_is_who_it_is(served: Server, person: Person) -> None:
    pair = person.pair()
    me = ask(served, pair["access_token"], "GET", "/auth/me").json()
    assert me == {"name": person.email, "role": "operator", "key": None}
    assert pair["expires_in"] <= 300


def test_an_address_is_one_user_in_any_letters(served: Server, person: Person) -> None:
    body = {"email": person.email.upper(), "password": PASSWORD, "role": "viewer"}
    assert served.post(f"{V1}/users", json=body).status_code == 409
    person.email = f" {person.email.title()} "
    assert person.login().status_code == 200


@pytest.mark.parametrize("email", ["", "a", "@", "a@", "@b", "a b@c", "a/b@c", "a\n@c", "x" * 300])
def test_what_is_no_address_makes_no_user(served: Server, email: str) -> None:
    body = {"email": email, "password": PASSWORD, "role": "viewer"}
    assert served.post(f"{V1}/users", json=body).status_code in (400, 422)
    assert send(served, "/auth/login", email=email, password="x").status_code in (401, 422)


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaaaa", "x" * 257])
def test_a_password_that_is_too_easy_is_refused_and_not_repeated(
    served: Server, password: str
) -> None:
    body = {"email": "new@example.org", "password": password, "role": "viewer"}
    answer = served.post(f"{V1}/users", json=body)
    assert answer.status_code == 400
    assert answer.json()["next_step"]
    wrong = served.post(f"{V1}/users", json={**body, "password": ["geheim"]})
    assert wrong.status_code == 422
    assert "geheim" not in wrong.text


def test_nobody_learns_who_has_an_account(served: Server, person: Person) -> None:
    """Whether the address, the password or the account itself is wrong: the same answer."""
    wrong = person.login("wrong password")
    unknown = send(served, "/auth/login", email="nobody@example.org", password=PASSWORD)
    person.change(disabled=True)
    disabled = person.login()
    assert {answer.status_code for answer in (wrong, unknown, disabled)} == {401}
    assert wrong.text == unknown.text == disabled.text


def test_guessing_ends_soon_also_for_who_guesses_right_then(served: Server, person: Person) -> None:
    answers = [person.login("wrong password") for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 900
    assert person.login().status_code == 429
    assert Person(served).login().status_code == 200


def test_guesses_at_once_are_as_few_as_one_after_the_other(served: Server, person: Person) -> None:
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: person.login("wrong password"), range(24)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) <= {401, 429, 503}
    assert statuses.count(401) <= 10
    assert 429 in statuses


def test_who_knows_the_password_may_have_mistyped_it(served: Server, person: Person) -> None:
    for _ in range(2):
        assert [person.login("wrong password").status_code for _ in range(6)] == [401] * 6
        assert person.login().status_code == 200


def test_each_refresh_token_is_good_once(served: Server, person: Person) -> None:
    first = person.pair()
    second = send(served, "/auth/refresh", refresh_token=first["refresh_token"]).json()
    third = send(served, "/auth/refresh", refresh_token=second["refresh_token"])
    assert third.status_code == 200
    assert ask(served, third.json()["access_token"], "GET", "/auth/me").status_code == 200


def test_a_refresh_token_that_comes_again_ends_the_whole_family(
    served: Server, person: Person
) -> None:
    stolen, other = person.pair(), person.pair()
    new = send(served, "/auth/refresh", refresh_token=stolen["refresh_token"]).json()
    again = send(served, "/auth/refresh", refresh_token=stolen["refresh_token"])
    assert again.status_code == 401
    assert send(served, "/auth/refresh", refresh_token=new["refresh_token"]).status_code == 401
    assert ask(served, new["access_token"], "GET", "/auth/me").status_code == 401
    assert ask(served, other["access_token"], "GET", "/auth/me").status_code == 200
    assert audited(served, "session-ended-for-reuse", person.email)


def test_of_many_that_show_the_same_refresh_token_at_once_one_is_first(
    served: Server, person: Person
) -> None:
    token = person.pair()["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(
            pool.map(lambda _: send(served, "/auth/refresh", refresh_token=token), range(8))
        )
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 7]


def test_no_token_stands_for_another_kind_of_token(served: Server, person: Person) -> None:
    pair = person.pair()
    assert ask(served, pair["refresh_token"], "GET", "/auth/me").status_code == 401
    assert send(served, "/auth/refresh", refresh_token=pair["access_token"]).status_code == 401
    assert send(served, "/auth/logout", refresh_token=pair["access_token"]).status_code == 401


def test_who_logs_out_is_out_at_once(served: Server, person: Person) -> None:
    pair, other = person.pair(), person.pair()
    assert send(served, "/auth/logout", refresh_token=pair["refresh_token"]).status_code == 200
    assert ask(served, pair["access_token"], "GET", "/auth/me").status_code == 401
    assert send(served, "/auth/refresh", refresh_token=pair["refresh_token"]).status_code == 401
    ended = ask(served, other["access_token"], "POST", "/auth/logout-everywhere")
    assert ended.json() == {"ended": 1}
    assert ask(served, other["access_token"], "GET", "/auth/me").status_code == 401


def test_another_password_ends_all_other_sessions(served: Server, person: Person) -> None:
    mine, theirs = person.pair(), person.pair()
    body = {"old": "wrong", "new": "another good password"}
    access = mine["access_token"]
    assert ask(served, access, "POST", "/auth/password", body).status_code == 403
    body["old"] = PASSWORD
    new = ask(served, access, "POST", "/auth/password", body).json()
    assert ask(served, new["access_token"], "GET", "/auth/me").status_code == 200
    for old in (mine, theirs):
        assert ask(served, old["access_token"], "GET", "/auth/me").status_code == 401
    assert person.login().status_code == 401
    assert person.login("another good password").status_code == 200


def test_who_is_disabled_is_out_at_once_with_sessions_and_keys(
    served: Server, person: Person
) -> None:
    pair, key = person.pair(), person.new_key()
    person.change(disabled=True)
    for token in (pair["access_token"], key["token"]):
        assert ask(served, token, "GET", "/auth/me").status_code == 401
    assert send(served, "/auth/refresh", refresh_token=pair["refresh_token"]).status_code == 401
    person.change(disabled=False)
    assert ask(served, key["token"], "GET", "/auth/me").status_code == 200
    assert person.login().status_code == 200


async def test_a_login_that_began_before_a_change_opens_nothing_after_it(
    served: Server, person: Person
) -> None:
    """Whoever proved the old password in time, and no more."""
    database = Database(served.env["DATABASE_URL"])
    before = await UserStore(database).find(person.email)
    assert before is not None
    person.change(password="another good password")
    sessions = SessionStore(database)
    await sessions.begin("late", before.id, before.epoch, "")
    assert await sessions.holder("late") is None
    assert await sessions.turn("late", 0) is None
    await sessions.begin("good", before.id, before.epoch + 1, "")
    assert await sessions.holder("good") is not None
    await database.close()


async def test_the_session_that_was_used_longest_ago_makes_room(
    served: Server, person: Person
) -> None:
    database = Database(served.env["DATABASE_URL"])
    user = await UserStore(database).find(person.email)
    assert user is not None
    sessions = SessionStore(database)
    names = [f"{user.id}-{number}" for number in range(MOST + 2)]
    for name in names:
        await sessions.begin(name, user.id, user.epoch, "")
    lasting = [name for name in names if await sessions.holder(name)]
    assert lasting == names[2:]
    await database.close()


def test_a_key_does_what_its_role_says_and_never_more_than_its_owner(served: Server) -> None:
    person = Person(served, "operator")
    key = person.new_key(role="operator")
    me = {"name": person.email, "role": "operator", "key": key["id"]}
    assert ask(served, key["token"], "GET", "/auth/me").json() == me
    person.change(role="viewer")
    assert ask(served, key["token"], "GET", "/auth/me").json()["role"] == "viewer"
    access = person.pair()["access_token"]
    body = {"name": "more", "role": "operator"}
    assert ask(served, access, "POST", "/keys", body).status_code == 409


def test_a_key_is_shown_once_and_its_use_is_noted(served: Server, person: Person) -> None:
    key = person.new_key()
    assert key["token"].startswith("vrk_")
    access = person.pair()["access_token"]
    (row,) = ask(served, access, "GET", "/keys").json()["keys"]
    assert row["used_at"] is None
    assert key["token"] not in json.dumps(row)
    assert ask(served, key["token"], "GET", "/auth/me").status_code == 200
    (row,) = ask(served, access, "GET", "/keys").json()["keys"]
    assert row["used_at"] >= row["created_at"]


def test_a_revoked_key_opens_nothing(served: Server, person: Person) -> None:
    key = person.new_key()
    other = Person(served).pair()["access_token"]
    assert ask(served, other, "DELETE", f"/keys/{key['id']}").status_code == 404
    assert ask(served, key["token"], "GET", "/auth/me").status_code == 200
    access = person.pair()["access_token"]
    assert ask(served, access, "DELETE", f"/keys/{key['id']}").json()["revoked_at"]
    assert ask(served, key["token"], "GET", "/auth/me").status_code == 401


def test_a_key_makes_no_keys_and_changes_no_password(served: Server, person: Person) -> None:
    token = person.new_key(role="operator")["token"]
    assert ask(served, token, "POST", "/keys", {"name": "more"}).status_code == 409
    body = {"old": PASSWORD, "new": "another good password"}
    assert ask(served, token, "POST", "/auth/password", body).status_code == 403
    assert served.post(f"{V1}/keys", json={"name": "operator"}).status_code == 409


def invited(served: Server, email: str, **body: Any) -> dict[str, Any]:
    answer = served.post(f"{V1}/invitations", json={"email": email, "role": "viewer", **body})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_an_invitation_makes_one_user_once(served: Server) -> None:
    email = f"new{secrets.token_hex(3)}@example.org"
    token = invited(served, email, role="operator")["token"]
    easy = send(served, "/auth/accept", token=token, password="easy")
    assert easy.status_code == 400
    user = send(served, "/auth/accept", token=token, password=PASSWORD)
    assert user.status_code == 201
    assert (user.json()["email"], user.json()["role"]) == (email, "operator")
    assert send(served, "/auth/accept", token=token, password=PASSWORD).status_code == 401
    assert send(served, "/auth/login", email=email, password=PASSWORD).status_code == 200
    assert served.post(f"{V1}/invitations", json={"email": email, "role": "viewer"}).is_error
    rows = served.get(f"{V1}/invitations").json()["invitations"]
    assert next(row for row in rows if row["email"] == email)["accepted_at"]
    assert token not in json.dumps(rows)


def test_an_invitation_that_is_taken_back_or_over_makes_nobody(served: Server) -> None:
    email = f"new{secrets.token_hex(3)}@example.org"
    first, second = invited(served, email), invited(served, email)
    url = f"{served.url}{V1}/invitations/{first['id']}"
    assert httpx.delete(url, headers=served.headers).status_code == 200
    assert httpx.delete(url, headers=served.headers).status_code == 404
    sql(served, f"UPDATE invitations SET expires_at = now() WHERE id = '{second['id']}'")
    for one in (first, second):
        answer = send(served, "/auth/accept", token=one["token"], password=PASSWORD)
        assert answer.status_code == 401


def test_what_a_former_admin_handed_out_is_void(served: Server) -> None:
    admin = Person(served, "admin")
    email = f"new{secrets.token_hex(3)}@example.org"
    body = {"email": email, "role": "admin"}
    access = admin.pair()["access_token"]
    token = ask(served, access, "POST", "/invitations", body).json()["token"]
    admin.change(role="operator")
    assert send(served, "/auth/accept", token=token, password=PASSWORD).status_code == 401


def test_changes_are_told_in_the_log_with_who_made_them_and_without_secrets(
    served: Server, person: Person
) -> None:
    key = person.new_key()
    person.change(role="viewer")
    person.login("wrong password")
    (added,) = audited(served, "user-added", "operator", person.email)
    assert added["role"] == "operator"
    assert audited(served, "user-changed", "operator", person.email)[0]["role"] == "viewer"
    assert audited(served, "key-created", person.email, key["id"])
    assert audited(served, "login-failed", person.email)
    for secret in (key["token"], PASSWORD, "wrong password"):
        assert secret not in served.log


def audited(served: Server, action: str, who: str, target: str = "") -> list[dict[str, Any]]:
    """What the log says of it."""
    lines = [json.loads(line) for line in served.log.splitlines() if '"event.action"' in line]
    return [
        line
        for line in lines
        if (line["event.action"], line["user.name"]) == (action, who)
        and target in ("", line.get("user.target.name"))
    ]
