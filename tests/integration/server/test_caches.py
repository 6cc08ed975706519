"""The cache of answers: in this process or in Redis, with the same promises; and who may read
from it.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from tests.support.people import Person, ask
from tests.support.postgres import Postgres
from tests.support.redis import Redis, running_redis
from tests.support.runs import client_of
from tests.support.server import Server
from tests.support.waiting import eventually, wait_for
from vrooli.server.caching import Cache
from vrooli.server.database import Database
from vrooli.server.identity import Identity
from vrooli.server.lru_cache import LruCache
from vrooli.server.redis_cache import RedisCache
from vrooli.server.redis_link import RedisLink

MARK = {
    "host": "h",
    "records": [{"boot": "b", "seq": 1, "at": 1.0, "kind": "result", "subject": "s"}],
}


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    """One for all tests of this file."""
    with running_redis() as redis:
        yield redis


@asynccontextmanager
async def in_redis(redis: Redis, dsn: str, build: str = "1") -> AsyncIterator[RedisCache]:
    """That of one database and build."""
    database, link = Database(dsn), RedisLink(redis.url)
    looking = asyncio.create_task(link.run())
    await link.back()
    try:
        yield RedisCache(link, Identity(database), build)
    finally:
        looking.cancel()
        await asyncio.wait([looking])
        await link.close()
        await database.close()


@pytest.fixture(params=["here", "redis"])
async def cache(request: pytest.FixtureRequest, redis: Redis, dsn: str) -> AsyncIterator[Cache]:
    """Each of them."""
    if request.param == "here":
        yield LruCache()
    else:
        async with in_redis(redis, dsn) as cache:
            yield cache


async def test_what_is_kept_is_there_as_it_was_until_its_time_is_over(cache: Cache) -> None:
    value = bytes(range(256))
    assert await cache.get("a") is None
    await cache.put("a", value, 60.0)
    await cache.put("b", b"", 60.0)
    assert (await cache.get("a"), await cache.get("b"), await cache.get("c")) == (value, b"", None)
    await cache.put("a", b"new", 0.05)

    async def is_gone() -> bool:
        return await cache.get("a") is None

    await eventually(is_gone, "its time is over")
    assert await cache.get("b") == b""


async def test_other_builds_and_databases_have_their_own(
    redis: Redis, dsn: str, cluster: Postgres
) -> None:
    other = cluster.create_database(dsn.rpartition("/")[2] + "x")
    async with (
        in_redis(redis, dsn) as one,
        in_redis(redis, dsn) as same,
        in_redis(redis, dsn, "2") as build,
        in_redis(redis, other) as database,
    ):
        await one.put("a", b"x", 60.0)
        assert [await each.get("a") for each in (same, build, database)] == [b"x", None, None]


async def test_a_redis_that_is_full_frozen_or_holds_something_else_is_a_miss(
    redis: Redis, dsn: str
) -> None:
    redis.ask("FLUSHALL")
    async with in_redis(redis, dsn) as cache:
        await cache.put("a", b"x", 60.0)
        redis.ask("CONFIG", "SET", "maxmemory", 1)
        await cache.put("b", b"x", 60.0)
        redis.ask("CONFIG", "SET", "maxmemory", 0)
        assert await cache.get("b") is None
        keys = redis.ask("KEYS", "*answer:1:a")
        assert isinstance(keys, list)
        redis.ask("DEL", keys[0])
        redis.ask("RPUSH", keys[0], "x")
        assert await cache.get("a") is None
        redis.freeze()
        try:
            await cache.put("c", b"x", 60.0)
            assert await cache.get("c") is None
        finally:
            redis.thaw()


def test_nobody_is_told_what_another_one_may_read(served: Server) -> None:
    """Authorisation comes first, whatever is kept."""
    path = "/history?host=h"
    assert served.post("/api/v1/history", json=MARK).status_code == 200
    operator, viewer = Person(served), Person(served, "viewer")
    session = operator.pair()
    token, other = session["access_token"], viewer.pair()["access_token"]
    first, again = (ask(served, token, "GET", path) for _ in range(2))
    assert (first.status_code, first.text) == (200, again.text)
    assert hits(served) > 0
    refused = ask(served, other, "GET", path)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert ask(served, "nobody", "GET", path).status_code == 401
    assert ask(served, token, "POST", "/auth/logout-everywhere").status_code < 300
    assert ask(served, token, "GET", path).status_code == 401


def hits(server: Server) -> float:
    lines = server.get("/metrics").text.splitlines()
    return sum(float(one.split()[-1]) for one in lines if 'cache_total{outcome="hit"}' in one)


def _status(served: Server, token: str, run: str) -> str:
    return str(ask(served, token, "GET", f"/runs/{run}").json()["status"])


def test_why_is_told_to_its_owner_alone_and_anew_after_each_change(served: Server) -> None:
    owner, other = Person(served).pair()["access_token"], Person(served).pair()["access_token"]
    client_of(served).put_routine({"name": "stay", "do": [{"step": "s", "wait": {"seconds": 600}}]})
    run = ask(served, owner, "POST", "/runs", {"routine": "stay"}).json()["id"]
    path = f"/runs/{run}/why"
    codes = [ask(served, owner, "GET", path).json()["code"]]
    for change, status in (("pause", "paused"), ("cancel", "cancelled")):
        assert ask(served, other, "GET", path).status_code == 404
        assert ask(served, owner, "POST", f"/runs/{run}/{change}").status_code < 300
        wait_for(lambda status=status: _status(served, owner, run) == status, status)  # type: ignore[misc]
        codes.append(ask(served, owner, "GET", path).json()["code"])
    assert codes[0] != codes[1]
    assert codes[2] == "ended"


def test_a_list_has_a_tag_and_changes_with_what_it_lists(served: Server) -> None:
    client = client_of(served)
    tags = set()
    for number in range(3):
        client.put_routine({"name": "listed", "do": [{"step": "a", "value": {"n": number}}]})
        answer = served.get("/api/v1/routines?limit=1000")
        (found,) = [one for one in answer.json()["routines"] if one["name"] == "listed"]
        assert found["definition"]["do"][0]["value"] == {"n": number}
        tags.add(answer.headers["etag"])
    assert len(tags) == 3
