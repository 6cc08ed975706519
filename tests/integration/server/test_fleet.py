"""Hosts and what they post, on a real PostgreSQL: nothing lost, doubled, or foreign."""

import secrets
from typing import Any

import httpx
import pytest

from tests.support.people import ask, sql
from tests.support.server import Server
from vrooli.client.fleet import FleetClient
from vrooli.server.records import MAX_RECORDS


def record(seq: int, **changes: Any) -> dict[str, Any]:
    """A valid record."""
    return {
        "boot": "b1",
        "seq": seq,
        "at": 1000.0 + seq,
        "kind": "result",
        "subject": "d",
        **changes,
    }


def report(*records: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A valid report."""
    base = {"host": "machine-1", "stack": "shop", "version": "1", "status": "ok"}
    return {**base, "records": list(records), **changes}


class Posting:
    """A host of the test's own, and what it posts."""

    def __init__(self, served: Server) -> None:
        self.served, self.name = served, f"h{secrets.token_hex(4)}"
        self.token = self.add()

    def add(self) -> str:
        added = self.served.post("/api/v1/hosts", json={"name": self.name})
        assert added.status_code == 201, added.text
        return str(added.json()["token"])

    def post(self, *records: dict[str, Any], **changes: Any) -> httpx.Response:
        return ask(self.served, self.token, "POST", "/fleet/records", report(*records, **changes))

    def seqs(self) -> list[int]:
        found = self.served.get(f"/api/v1/hosts/{self.name}/history", params={"limit": 1000})
        assert found.status_code == 200, found.text
        return [row["seq"] for row in found.json()["records"]]

    def seen(self) -> dict[str, Any]:
        hosts = self.served.get("/api/v1/hosts").json()["hosts"]
        found: dict[str, Any] = next(host for host in hosts if host["name"] == self.name)
        return found


@pytest.fixture
def posting(served: Server) -> Posting:
    return Posting(served)


def test_a_report_twice_is_stored_once(posting: Posting) -> None:
    batch = [record(n) for n in range(5)]
    assert posting.post(*batch).json() == {"accepted": 5, "duplicates": 0, "up_to_seq": 4}
    assert posting.post(*batch, record(5)).json()["accepted"] == 1
    assert posting.seqs() == [5, 4, 3, 2, 1, 0]


def test_the_list_tells_how_a_host_says_that_it_is(posting: Posting) -> None:
    before = posting.seen()
    assert (before["last_seen"], before["machine"], before["status"]) == (None, None, None)
    problem = {"name": "web", "status": "critical", "message": "it does not answer"}
    said = {"status": "critical", "problems": [problem], "behind": 7, "lost": 2}
    assert posting.post(record(3), **said).status_code == 200
    seen = posting.seen()
    assert {key: seen[key] for key in said} == said
    assert (seen["machine"], seen["boot"], seen["seq"]) == ("machine-1", "b1", 3)
    assert (seen["stack"], seen["version"]) == ("shop", "1")
    assert seen["last_seen"] > 0
    assert 0 <= seen["silent"] < 60
    assert "token" not in seen
    brief = posting.served.get("/api/v1/hosts", params={"brief": True}).json()["hosts"]
    assert all(host["problems"] == [] for host in brief)


def test_a_report_without_records_is_a_sign_of_life(posting: Posting) -> None:
    posting.post(record(9))
    assert posting.post().json() == {"accepted": 0, "duplicates": 0, "up_to_seq": 0}
    assert (posting.seen()["seq"], posting.seqs()) == (9, [9])


def test_one_that_comes_late_does_not_put_the_sequence_back(posting: Posting) -> None:
    posting.post(record(9, boot="b2"))
    posting.post(record(2))
    assert (posting.seen()["boot"], posting.seen()["seq"]) == ("b2", 9)
    assert len(posting.seqs()) == 2


def test_a_token_belongs_to_the_machine_that_used_it_first(posting: Posting) -> None:
    posting.post(record(1))
    refused = posting.post(record(2), host="machine-2")
    assert refused.status_code == 403
    assert f"`vrooli host revoke {posting.name}`" in refused.json()["detail"]
    assert posting.seqs() == [1]


def test_a_token_belongs_to_the_stack_that_used_it_first(posting: Posting) -> None:
    assert posting.post(record(1)).status_code == 200  # of a watchdog that tells no home yet
    assert posting.post(record(2), home="one").status_code == 200
    refused = posting.post(record(3), home="two", stack="blog")
    assert refused.status_code == 403
    assert "another stack of this machine, `shop`" in refused.json()["detail"]
    assert posting.post(record(3)).status_code == 403  # which one is not told any more
    assert posting.seqs() == [2, 1]
    seen = posting.seen()
    assert (seen["home"], seen["stack"]) == ("one", "shop")
    assert seen["rival"] == {"stack": "shop", "machine": "machine-1"}
    assert 0 <= seen["rival_ago"] < 60
    posting.served.delete(f"/api/v1/hosts/{posting.name}")
    posting.token = posting.add()
    assert posting.seen()["rival"] is None
    assert posting.post(record(3), home="two").status_code == 200


def test_a_host_writes_under_its_own_name_whatever_it_says(served: Server) -> None:
    first, second = Posting(served), Posting(served)
    first.post(record(1, value=1.0))
    assert second.post(record(1, value=2.0), host=first.name).status_code == 200
    assert (len(first.seqs()), len(second.seqs())) == (1, 1)
    assert second.post(record(2, host=first.name)).status_code == 422


def test_a_revoked_token_opens_nothing_and_the_next_one_goes_on(posting: Posting) -> None:
    posting.post(record(1))
    revoked = posting.served.delete(f"/api/v1/hosts/{posting.name}")
    assert revoked.json()["revoked_at"] > 0
    refused = posting.post(record(2))
    assert refused.status_code == 401
    assert refused.json()["detail"] == f"the token of host `{posting.name}` was revoked"
    assert posting.seqs() == [1]
    posting.token = posting.add()
    assert posting.post(record(1), record(2), host="machine-2").json()["accepted"] == 1
    assert posting.seqs() == [2, 1]


def test_a_name_is_given_once_and_is_no_machines(posting: Posting, served: Server) -> None:
    again = served.post("/api/v1/hosts", json={"name": posting.name})
    assert (again.status_code, again.json()["code"]) == (409, "refused")
    assert served.post("/api/v1/hosts", json={"name": "a" * 32}).status_code == 400
    for name in ("", "A", "-a", "a/b", "a" * 64):
        assert served.post("/api/v1/hosts", json={"name": name}).status_code == 422
    assert served.delete("/api/v1/hosts/nobody").status_code == 404
    assert served.get("/api/v1/hosts/nobody/history").status_code == 404


def test_what_is_too_much_or_cannot_be_stored_is_named(posting: Posting) -> None:
    many = posting.post(*(record(n) for n in range(MAX_RECORDS + 1)))
    assert (many.status_code, many.json()["code"]) == (422, "bad_records")
    large = posting.post(record(1, data={"x": "x" * 5_000_000}))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    bad = posting.post(record(1), record(2, data={"x": "\x00"}))
    assert bad.json()["details"][0]["seq"] == 2
    problem = {"name": "web", "status": "critical", "message": "x"}
    assert posting.post(problems=[problem] * 11).status_code == 422
    assert posting.seqs() == []
    assert posting.seen()["last_seen"] is None


def test_silence_is_counted_from_the_last_post_while_anybody_could_post(served: Server) -> None:
    posting = Posting(served)
    posting.post(record(1))
    sql(
        served, f"UPDATE hosts SET last_seen = now() - interval '1 h' WHERE name = '{posting.name}'"
    )
    # The server has not been there for an hour itself.
    seen = posting.seen()
    assert 0 < seen["silent"] < 600
    assert seen["unheard"]
    assert posting.post().status_code == 200
    assert posting.seen()["silent"] < 60
    assert not posting.seen()["unheard"]


def test_the_typed_client_speaks_of_them(served: Server, fleet: FleetClient) -> None:
    name = f"h{secrets.token_hex(4)}"
    token = fleet.add_host(name)["token"]
    ask(served, token, "POST", "/fleet/records", report(record(1), record(2)))
    assert name in [host["name"] for host in fleet.hosts()]
    assert len(fleet.history(name, kind="result", limit=1)["records"]) == 1
    assert fleet.revoke_host(name)["revoked_at"] is not None
