"""What is refused of a request is told in words, with what would be right."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.server import Server
from vrooli.server.patterns import WORDS


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (
            "/api/v1/runs?statu=failed",
            "query.statu: there is no such parameter; did you mean `stat",
        ),
        ("/api/v1/hosts?nope=1", "query.nope: there is no such parameter (it takes brief)"),
        ("/api/v1/history?kind=event&subjct=web", "query.subjct: there is no such parameter; did"),
        ("/api/v1/tools?nope=1", "query.nope: there is no such parameter (it takes none)"),
    ],
)
def test_a_parameter_that_no_route_has_is_refused(served: Server, path: str, said: str) -> None:
    answer = served.get(path)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_parameters")
    assert said in answer.json()["detail"]


def test_who_may_not_ask_learns_no_parameters_and_who_asks_all_the_time_is_let(
    served: Server,
) -> None:
    assert httpx.get(f"{served.url}/api/v1/hosts?nope=1").status_code == 401
    assert httpx.get(f"{served.url}/health/live?nope=1").status_code == 200


def test_a_bad_name_is_told_in_words(served: Server) -> None:
    answer = served.post("/api/v1/hosts", json={"name": "Web 1"})
    assert answer.status_code == 422
    assert "lower case letters, digits, `-` and `.`" in answer.json()["detail"]
    assert "like `web-1`" in answer.json()["detail"]
    assert "[a-z" not in answer.text


def test_there_are_words_for_every_pattern(served: Server) -> None:
    """But those of records and reports, which programs send and are told of each by its number."""
    schema = served.get("/openapi.json").json()
    by_hand = ("/api/v1/history", "/api/v1/fleet/records")
    asked = [one for path, one in schema["paths"].items() if path not in by_hand]
    bodies = schema["components"]["schemas"]
    assert set(_patterns([asked, bodies])) <= set(WORDS)


def _patterns(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("pattern"), str):
            yield part["pattern"]
        for inner in part.values():
            yield from _patterns(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _patterns(inner)
