"""Redirects."""

import pytest

from vrooli.core.ports.http import Answer, Request
from vrooli.execution.following import followed

HERE = "https://a.test/one"


def following(method: str, status: int, location: str | None) -> Request | None:
    headers = {} if location is None else {"location": location}
    given = {"X-Key": "s", "Authorization": "t", "Content-Type": "u", "X-Plain": "p"}
    request = Request(method, HERE, given, b"body")
    return followed(request, Answer(status, headers, b""), {"X-Key": "s"})


@pytest.mark.parametrize(
    ("method", "status", "location", "then"),
    [
        ("GET", 301, "/two", ("GET", "https://a.test/two")),
        ("GET", 302, "two", ("GET", "https://a.test/two")),
        ("HEAD", 303, "/two", ("HEAD", "https://a.test/two")),
        ("POST", 303, "/two", ("GET", "https://a.test/two")),
        ("POST", 307, "/two", ("POST", "https://a.test/two")),
        ("POST", 308, "https://b.test/", ("POST", "https://b.test/")),
    ],
)
def test_what_is_followed(method: str, status: int, location: str, then: tuple[str, str]) -> None:
    found = following(method, status, location)
    assert found is not None
    assert (found.method, found.url) == then
    assert found.body == (b"" if method == "POST" and then[0] == "GET" else b"body")


@pytest.mark.parametrize(
    ("method", "status", "location"),
    [
        ("GET", 200, "/two"),
        ("GET", 304, "/two"),
        ("GET", 302, None),
        ("GET", 302, "http://a.test/two"),
        ("GET", 302, "file:///etc/passwd"),
        ("POST", 301, "/two"),
        ("POST", 302, "/two"),
    ],
)
def test_what_is_not(method: str, status: int, location: str | None) -> None:
    assert following(method, status, location) is None


@pytest.mark.parametrize("other", ["https://b.test/", "https://a.test:444/", "https://a.test.b/"])
def test_another_origin_is_told_nothing_private(other: str) -> None:
    found = following("GET", 302, other)
    assert found is not None
    assert set(found.headers) == {"Content-Type", "X-Plain"}


def test_the_same_origin_is_told_the_same() -> None:
    found = following("GET", 302, "/two")
    assert found is not None
    assert set(found.headers) == {"X-Key", "Authorization", "Content-Type", "X-Plain"}
