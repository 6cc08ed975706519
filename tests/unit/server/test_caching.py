"""Cached answers: what is in the key, what is told to whom has it already, what is not kept."""

from typing import Any

import pytest
from starlette.requests import Request

from vrooli.server.caching import LARGEST, Answers
from vrooli.server.lru_cache import LruCache


def request(path: str = "/a", query: str = "", known: str = "") -> Request:
    return Request(
        {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "headers": [(b"if-none-match", known.encode()), (b"host", b"h")],
            "scheme": "http",
        }
    )


class Making:
    """Makes something else each time."""

    def __init__(self) -> None:
        self.made = 0

    async def make(self) -> Any:
        self.made += 1
        return {"n": self.made, "é": None}


async def test_what_is_asked_again_is_made_once() -> None:
    how: list[str] = []
    answers, making = Answers(LruCache(), how.append), Making()
    bodies = {
        (await answers.of(request(query=query), 60.0, "s", making.make)).body
        for query in ("a=1&b=2", "b=2&a=1", "a=1&b=2")
    }
    assert bodies == {'{"n":1,"é":null}'.encode()}
    assert (making.made, how) == (1, ["miss", "hit", "hit"])


@pytest.mark.parametrize(
    ("other", "stamp"), [(request("/b"), "s"), (request(query="a=1"), "s"), (request(), "t")]
)
async def test_another_question_or_stamp_is_another_answer(other: Request, stamp: str) -> None:
    answers, making = Answers(LruCache()), Making()
    await answers.of(request(), 60.0, "s", making.make)
    await answers.of(other, 60.0, stamp, making.make)
    assert making.made == 2


async def test_who_has_it_already_is_told_so_and_no_more() -> None:
    answers, making = Answers(LruCache()), Making()
    first = await answers.of(request(), 60.0, "s", making.make)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    for known in (tag, f'"x", W/{tag}', "*"):
        again = await answers.of(request(known=known), 60.0, "s", making.make)
        assert (again.status_code, again.body, again.headers["etag"]) == (304, b"", tag)
    new = await answers.of(request(known=tag), 60.0, "t", making.make)
    assert new.status_code == 200


async def test_what_is_too_large_is_told_and_not_kept() -> None:
    cache = LruCache()

    async def make() -> str:
        return "x" * LARGEST

    answer = await Answers(cache).of(request(), 60.0, "s", make)
    assert len(answer.body) == LARGEST + 2
    assert len(cache) == 0


async def test_so_many_entries_and_bytes_are_kept_those_used_last() -> None:
    now = [0.0]
    cache = LruCache(most=3, most_bytes=100, now=lambda: now[0])
    for key in "abc":
        await cache.put(key, b"x" * 10, 60.0)
    await cache.get("a")
    await cache.put("d", b"x" * 10, 60.0)
    assert [await cache.get(key) for key in "abcd"].count(None) == 1
    assert await cache.get("b") is None
    await cache.put("e", b"x" * 85, 60.0)
    assert (len(cache), cache.bytes) == (2, 95)
    await cache.put("f", b"x" * 101, 60.0)
    assert (len(cache), cache.bytes) == (0, 0)
    await cache.put("g", b"x", 60.0)
    now[0] = 60.0
    assert await cache.get("g") is None
    assert cache.bytes == 0
