"""Who gets in at all, and what every answer carries; `test_matrix` has who may do what."""

import re
import secrets
from pathlib import Path

import httpx
import pytest

from tests.support.server import Server

HEADERS = [None, "", "Bearer", "Bearer wrong", "Bearer vrk_wrong", "Basic {token}", "{token}"]


@pytest.mark.parametrize("path", ["/health", "/health/live"])
def test_health_is_open_to_everyone(served: Server, path: str) -> None:
    assert httpx.get(served.url + path).status_code == 200


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/runs", "/openapi.json"])
@pytest.mark.parametrize("header", HEADERS)
def test_only_a_bearer_token_counts(served: Server, path: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.format(token=served.token)}
    answer = httpx.get(served.url + path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "unauthorized"


def test_the_scrapers_token_opens_metrics_and_nothing_else(served: Server) -> None:
    scraper = secrets.token_hex(16)
    (served.home / "secrets" / "metrics.token").write_text(scraper, encoding="utf-8")
    headers = {"Authorization": f"Bearer {scraper}"}
    for path in ("/metrics", "/openapi.json", "/api/v1/history", "/debug/heap-dump"):
        status = httpx.get(served.url + path, headers=headers).status_code
        assert status == (200 if path == "/metrics" else 401), path


def test_a_replaced_operator_token_counts_at_once(served: Server) -> None:
    old = served.token
    served.token = secrets.token_hex(32)
    served.write_token()
    assert served.get("/metrics").status_code == 200
    headers = {"Authorization": f"Bearer {old}"}
    assert httpx.get(served.url + "/metrics", headers=headers).status_code == 401


@pytest.mark.parametrize("path", ["/health", "/nothing", "/metrics", "/docs", "/redoc"])
def test_every_answer_carries_the_security_headers(served: Server, path: str) -> None:
    answer = httpx.get(served.url + path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "server" not in answer.headers
    assert "access-control-allow-origin" not in answer.headers


def test_errors_are_problem_details(served: Server) -> None:
    """RFC 9457."""
    answer = served.get("/api/v1/runs/no%2Dsuch")
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.json() == {
        "type": "urn:vrooli:problem:not_found",
        "title": "Not found",
        "status": 404,
        "detail": "there is no run `no-such`",
        "instance": "/api/v1/runs/no%2Dsuch",
        "code": "not_found",
        "next_step": "`vrooli run list` shows them",
        "retryable": False,
        "details": [],
    }
    described = served.get("/openapi.json").json()["paths"]["/api/v1/runs"]["get"]["responses"]
    refusals = [described[status]["content"] for status in described if status >= "400"]
    assert all(list(content) == ["application/problem+json"] for content in refusals)
    assert {"401", "403", "422", "429", "503"} <= described.keys()


def test_unknown_paths_and_methods_have_the_same_error_shape(served: Server) -> None:
    assert served.get("/nothing").json()["code"] == "not_found"
    answer = httpx.delete(f"{served.url}/api/v1/history", headers=served.headers)
    assert answer.status_code == 405
    assert answer.json()["code"] == "method_not_allowed"
    assert answer.headers["Allow"]


def test_the_described_routes_are_documented(served: Server) -> None:
    for path, item in served.get("/openapi.json").json()["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)


def test_no_token_and_no_password_stands_in_the_log(served: Server, tmp_path: Path) -> None:
    assert served.token not in served.log
    assert not re.search(r"postgresql://[^:/]+:(?!\[redacted\])", served.log)
