"""Requests that are sent again: each is done once for a key, on a real server."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.people import PASSWORD, V1, Person, sql
from tests.support.server import Server
from vrooli.client.work import WorkClient

BY_ITSELF = {
    "/auth/login": "one more session; the one whose answer was lost ends unused",
    "/auth/refresh": "the token is good once: shown again it ends its session, on purpose",
    "/auth/logout": "it is over already",
    "/auth/accept": "the invitation is good once",
    "/fleet/records": "each record has a number of its own, and is kept once",
}
"""Those of `auth`: who asks is not known before, so whose key should it be?"""

IN_ITS_COMMIT = {"/runs", "/runs/{run}/fork", "/runs/{run}/signals"}
"""The key stands in what is made."""


def posted(served: Server, path: str, key: str, body: Any, token: str = "") -> httpx.Response:
    headers = {"Authorization": f"Bearer {token or served.token}", "Idempotency-Key": key}
    return httpx.post(served.url + V1 + path, json=body, headers=headers, timeout=60)


def twice(served: Server, path: str, body: Any, token: str = "") -> list[httpx.Response]:
    key = secrets.token_hex(8)
    return [posted(served, path, key, body, token) for _ in range(2)]


def address() -> str:
    return f"u{secrets.token_hex(4)}@example.org"


def user() -> dict[str, Any]:
    return {"email": address(), "password": PASSWORD, "role": "viewer"}


def rows(served: Server, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.get(f"{V1}/{what}").json()[what]
    return found


def test_every_post_is_done_once_for_a_key_or_says_why_it_need_not(served: Server) -> None:
    paths = served.get("/openapi.json").json()["paths"]
    posts = {path.removeprefix(V1): one["post"] for path, one in paths.items() if "post" in one}
    keyed = {
        path
        for path, route in posts.items()
        if "idempotency-key" in {one["name"].lower() for one in route.get("parameters", ())}
    }
    assert keyed | BY_ITSELF.keys() == posts.keys()
    assert not keyed & BY_ITSELF.keys()
    assert keyed > IN_ITS_COMMIT
    for path in keyed - IN_ITS_COMMIT:
        assert {"409", "422"} <= posts[path]["responses"].keys(), path


STAYS = {"step": "stay", "wait": {"seconds": 3600}}


@pytest.mark.parametrize("path", ["/routines", "/schedules", "/users", "/runs/{run}/retry"])
def test_the_second_answer_is_the_first_one(served: Server, client: WorkClient, path: str) -> None:
    name = f"r{secrets.token_hex(4)}"
    client.put_routine({"name": name, "do": [STAYS]})
    run = client.start(name, {})["id"]
    client.cancel(run)
    bodies = {
        "/routines": {"name": f"{name}-b", "do": [STAYS]},
        "/schedules": {"name": name, "routine": name, "schedule": "every 6h"},
        "/users": user(),
        "/runs/{run}/retry": {},
    }
    first, second = twice(served, path.replace("{run}", run), bodies[path])
    assert first.status_code < 300, first.text
    assert (second.status_code, second.json()) == (first.status_code, first.json())
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    client.cancel(run)


@pytest.mark.parametrize("what", ["invitations", "keys"])
def test_what_is_shown_once_is_not_kept(served: Server, what: str) -> None:
    token = Person(served, "admin").pair()["access_token"]
    body = (
        {"name": "k", "role": "viewer"}
        if what == "keys"
        else {"email": address(), "role": "viewer"}
    )
    before = rows(served, what)
    made, again = twice(served, f"/{what}", body, token)
    assert (made.status_code, again.status_code) == (201, 409)
    said, secret = again.json(), made.json()["token"]
    assert (said["code"], said["retryable"]) == ("made_already", False)
    assert said["details"][0]["id"] == made.json()["id"]
    assert secret not in again.text
    assert len(rows(served, what)) == len(before) + 1
    sql(served, f"DO $$ BEGIN ASSERT NOT EXISTS ({_holding(secret)}), 'it is kept'; END $$")


def _holding(secret: str) -> str:
    return f"SELECT FROM requests r WHERE r::text LIKE '%{secret}%'"


def test_no_password_is_kept_and_another_request_is_not_taken_for_the_same(
    served: Server,
) -> None:
    key, body = secrets.token_hex(8), user()
    assert posted(served, "/users", key, body).status_code == 201
    sql(served, f"DO $$ BEGIN ASSERT NOT EXISTS ({_holding(PASSWORD)}), 'it is kept'; END $$")
    other = posted(served, "/users", key, {**body, "role": "admin"})
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    person = Person(served, "admin").pair()["access_token"]
    mine = posted(served, "/users", key, user(), person)
    assert mine.status_code == 201, mine.text


def test_many_at_once_make_one(served: Server) -> None:
    key, body = secrets.token_hex(8), {"email": address(), "role": "viewer"}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: posted(served, "/invitations", key, body), range(16)))
    assert sorted({answer.status_code for answer in answers}) == [201, 409]
    assert [answer.status_code for answer in answers].count(201) == 1
    refused = {answer.json()["code"] for answer in answers if answer.status_code == 409}
    assert refused <= {"under_way", "made_already"}
    assert [one["email"] for one in rows(served, "invitations")].count(body["email"]) == 1


def test_what_was_refused_is_a_new_request_when_it_is_sent_again(served: Server) -> None:
    key, body = secrets.token_hex(8), user()
    name = f"r{secrets.token_hex(4)}"
    plan = {"name": name, "routine": name, "schedule": "every 6h"}
    assert posted(served, "/schedules", key, plan).status_code == 404
    step = {"step": "a", "value": {}}
    assert posted(served, "/routines", "", {"name": name, "do": [step]}).status_code == 200
    assert posted(served, "/schedules", key, plan).status_code == 201
    assert posted(served, "/users", "", body).status_code == 201
    assert posted(served, "/users", "", body).status_code == 409


def test_of_one_in_whose_middle_the_server_was_lost_nobody_knows(served: Server) -> None:
    key, body = secrets.token_hex(8), user()
    place = f"WHERE key = '{key}'"
    assert posted(served, "/users", key, body).status_code == 201
    sql(served, f"UPDATE requests SET status = NULL, answer = NULL {place}")
    waits = posted(served, "/users", key, body)
    assert (waits.json()["code"], waits.json()["retryable"]) == ("under_way", True)
    assert waits.headers["Retry-After"] == "1"
    sql(served, f"UPDATE requests SET began_at = now() - interval '2 minutes' {place}")
    lost = posted(served, "/users", key, body)
    assert (lost.json()["code"], lost.json()["retryable"]) == ("unknown_outcome", False)
    sql(served, f"UPDATE requests SET began_at = now() - interval '25 hours' {place}")
    assert posted(served, "/users", key, body).json()["code"] == "refused"


def test_a_signal_is_sent_once_and_one_that_cannot_be_kept_is_refused(
    served: Server, client: WorkClient
) -> None:
    name = f"r{secrets.token_hex(4)}"
    client.put_routine({"name": name, "do": [STAYS]})
    run = client.start(name, {})["id"]
    path = f"/runs/{run}/signals"
    first, second = twice(served, path, {"name": "paid", "keep": True})
    assert (first.status_code, second.status_code) == (200, 200)
    kinds = [event["kind"] for event in served.get(f"{V1}/runs/{run}/events").json()["events"]]
    assert kinds.count("signal.sent") == 1
    headers = {"Authorization": f"Bearer {served.token}", "Content-Type": "application/json"}
    for data in ("NaN", "-Infinity", '{"a": ["\\u0000"]}', '"\\ud800"'):
        body = f'{{"name": "paid", "data": {data}}}'
        refused = httpx.post(served.url + V1 + path, content=body, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (422, "bad_signal"), refused.text
        assert "the data of the signal" in refused.json()["detail"]
    client.cancel(run)
    assert posted(served, path, "another", {"name": "paid"}).status_code == 409


def test_who_may_not_ask_is_refused_by_the_route(served: Server) -> None:
    token = Person(served, "viewer").pair()["access_token"]
    assert posted(served, "/users", "k", user(), token).status_code == 403
    assert posted(served, "/users", "k", user(), "nobody").status_code == 401
    assert posted(served, "/users", "k" * 201, user()).status_code == 422
