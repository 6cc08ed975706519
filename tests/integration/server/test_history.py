"""`/api/v1/history` on a real PostgreSQL: idempotent, bounded, named errors, pages."""

import json
import secrets
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.support.server import Server
from tests.support.waiting import wait_for

PATH = "/api/v1/history"


@pytest.fixture
def host() -> str:
    """A host of the test's own."""
    return f"host-{secrets.token_hex(4)}"


def record(seq: int, **changes: Any) -> dict[str, Any]:
    """A valid record."""
    base = {"boot": "b1", "seq": seq, "at": 1000.0 + seq, "kind": "result", "subject": "postgres"}
    return {**base, "status": "ok", "value": 1.5, "data": {"message": "fine"}, **changes}


def post(served: Server, host: str, records: list[dict[str, Any]]) -> httpx.Response:
    """Send a batch."""
    return served.post(PATH, json={"host": host, "records": records})


def read(served: Server, **query: Any) -> list[dict[str, Any]]:
    """All pages."""
    found: list[dict[str, Any]] = []
    while True:
        answer = served.get(PATH, params=query)
        assert answer.status_code == 200, answer.text
        found += answer.json()["records"]
        query["cursor"] = answer.json()["next_cursor"]
        if query["cursor"] is None:
            return found


def test_the_same_batch_twice_is_stored_once(served: Server, host: str) -> None:
    batch = [record(n) for n in range(10)]
    first, second = post(served, host, batch), post(served, host, batch)
    assert first.json() == {"accepted": 10, "duplicates": 0, "up_to_seq": 9}
    assert second.json() == {"accepted": 0, "duplicates": 10, "up_to_seq": 9}
    assert len(read(served, host=host)) == 10


def test_what_was_stored_comes_back_unchanged(served: Server, host: str) -> None:
    data = {"text": "é \\u0000 \U0001f600", "n": [1, 2.5, None, {"deep": True}]}
    sent = record(2**63 - 1, at=1700000000.123456, kind="heal", status=None, value=None, data=data)
    assert post(served, host, [sent]).status_code == 200
    (found,) = read(served, host=host)
    assert found.pop("received_at") > 0
    assert found == {**sent, "host": host}


def test_eight_senders_of_the_same_rows_in_any_order_agree(served: Server, host: str) -> None:
    batch = [record(n) for n in range(500)]
    orders = [batch, batch[::-1]] * 4
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda order: post(served, host, order), orders))
    assert [answer.status_code for answer in answers] == [200] * 8
    assert sum(answer.json()["accepted"] for answer in answers) == 500
    assert len(read(served, host=host, limit=1000)) == 500


def test_a_row_twice_in_one_batch_counts_once(served: Server, host: str) -> None:
    answer = post(served, host, [record(1), record(1), record(2)])
    assert answer.json() == {"accepted": 2, "duplicates": 1, "up_to_seq": 2}


def test_boots_count_for_themselves(served: Server, host: str) -> None:
    batch = [record(900, boot="old"), record(1, boot="new"), record(0, boot="new")]
    assert post(served, host, batch).json()["up_to_seq"] == 1


def test_a_heal_that_is_told_again_is_a_record_of_its_own(served: Server, host: str) -> None:
    post(served, host, [record(1, kind="heal", status="running")])
    post(served, host, [record(2, kind="heal", status="healed")])
    assert [row["status"] for row in read(served, host=host, kind="heal")] == ["healed", "running"]


def test_a_bad_row_is_named_and_nothing_of_its_batch_is_stored(served: Server, host: str) -> None:
    answer = post(served, host, [record(1), record(2, data={"x": "\x00"})])
    assert answer.status_code == 422
    error = answer.json()
    assert error["retryable"] is False
    assert error["details"] == [
        {
            **{"record": 1, "boot": "b1", "seq": 2, "field": "data"},
            "problem": "holds a NUL character",
        }
    ]
    assert read(served, host=host) == []


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{nonsense", 400, "bad_json"),
        (b"", 400, "bad_json"),
        (b"[]", 422, "bad_records"),
        (b"[" * 200_000, 400, "bad_json"),
        (b" " * (4 * 1024 * 1024 + 1), 413, "too_large"),
    ],
)
def test_bad_bodies_are_refused_in_words(
    served: Server, body: bytes, status: int, code: str
) -> None:
    answer = served.post(PATH, content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["detail"]


def test_a_body_of_unknown_length_is_bounded_too(served: Server) -> None:
    def endless() -> Any:
        for _ in range(5 * 1024):
            yield b" " * 1024

    answer = served.post(PATH, content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_filters_and_pages(served: Server, host: str) -> None:
    kinds = ["result", "transition", "heal", "event"]
    batch = [record(n, kind=kinds[n % 4], subject=f"s{n % 3}") for n in range(60)]
    # Equal times must not lose or repeat rows at the edge of a page.
    for row in batch[20:40]:
        row["at"] = 1020.0
    post(served, host, batch)
    everything = read(served, host=host, limit=7)
    assert len({row["seq"] for row in everything}) == len(everything) == 60
    assert [row["at"] for row in everything] == sorted((r["at"] for r in everything), reverse=True)
    assert {row["kind"] for row in read(served, host=host, kind="heal")} == {"heal"}
    assert len(read(served, host=host, subject="s1", limit=3)) == 20
    window = read(served, host=host, since=1005, until=1010)
    assert [row["at"] for row in window] == [1009.0, 1008.0, 1007.0, 1006.0, 1005.0]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=1001", "limit=x", "kind=rumour", "since=nan", "colour=red", "host=%00"],
)
def test_wrong_parameters_are_named(served: Server, query: str) -> None:
    answer = served.get(f"{PATH}?{query}")
    assert answer.status_code == 422
    assert query.split("=")[0] in answer.json()["details"][0]["field"]


def test_a_foreign_cursor_is_a_400(served: Server) -> None:
    answer = served.get(PATH, params={"cursor": "bm9uc2Vuc2U="})
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


def test_the_largest_batch_goes_through(served: Server, host: str) -> None:
    batch = [record(n, data={"text": "x" * 3900}) for n in range(1000)]
    text = json.dumps({"host": host, "records": batch}).encode()
    assert 3.9e6 < len(text) < 4 * 1024 * 1024
    assert served.post(PATH, content=text).json()["accepted"] == 1000


def test_a_caller_that_goes_away_is_no_server_error(served: Server) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as gone:
        gone.sendall(
            f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {served.token}\r\n"
            "Content-Length: 100\r\n\r\nabc".encode()
        )
        served.get(PATH)
    series = f'http_requests_total{{method="POST",route="{PATH}",status="499"}} 1.0'
    wait_for(lambda: series in served.get("/metrics").text, "counted as 499")
    assert "Traceback" not in served.log
