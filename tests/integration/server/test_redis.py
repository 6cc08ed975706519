"""Redis: optional, so its loss degrades and never makes unhealthy; live views go on without it."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.live import heard, live_client, numbers
from tests.support.postgres import Postgres
from tests.support.redis import PASSWORD, Redis, running_redis
from tests.support.server import Server, server_process
from tests.support.waiting import wait_for
from tests.support.work import with_tables

STEPS = 300


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    """One for all tests of this file; each leaves it running."""
    with running_redis() as redis:
        yield redis


@pytest.fixture(scope="module")
def pair(
    cluster: Postgres, redis: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Server, Server]]:
    """Two servers on one database and one Redis; runs begin at the first, which alone works."""
    dsn = with_tables(cluster)
    homes = [tmp_path_factory.mktemp(name) for name in ("a", "b")]
    with (
        server_process(homes[0], dsn, REDIS_URL=redis.url) as one,
        server_process(homes[1], dsn, REDIS_URL=redis.url, VROOLI_SLOTS="0") as other,
    ):
        for server in (one, other):
            server.wait("/health")
            wait_for(partial(redis_is_up, server), "Redis is used")
        step = {"step": "one", "value": {"n": "${item}"}}
        body = {"map": "each", "over": list(range(STEPS)), "at_most": 1, "do": [step]}
        assert one.post("/api/v1/routines", json={"name": "r", "do": [body]}).status_code == 200
        yield one, other


def status_is(server: Server, status: str) -> bool:
    """Whether `/health` says so."""
    return bool(server.get("/health").json()["status"] == status)


def metric(server: Server, name: str) -> float:
    """Of its `/metrics`; 0 when it is not there yet."""
    lines = server.get("/metrics").text.splitlines()
    return next((float(line.split()[-1]) for line in lines if line.startswith(name)), 0.0)


def redis_is_up(server: Server) -> bool:
    return metric(server, "vrooli_redis_up ") == 1


def carried(server: Server, way: str) -> float:
    """Notices that went this way."""
    return metric(server, f'vrooli_news_total{{way="{way}"}}')


def begin(server: Server) -> str:
    """A new run."""
    return str(server.post("/api/v1/runs", json={"routine": "r"}).json()["id"])


async def followed(pair: tuple[Server, Server], run: str) -> None:
    """To its end, at both: each event once."""
    told = await asyncio.gather(*(heard(live_client(server), run) for server in pair))
    assert [numbers(events) for events in told] == [list(range(1, STEPS + 3))] * 2


async def test_live_views_miss_nothing_while_redis_is_killed_frozen_and_started_again(
    pair: tuple[Server, Server], redis: Redis
) -> None:
    one, other = pair
    await followed(pair, begin(one))
    by_redis = carried(one, "redis")
    assert by_redis > 0

    following = asyncio.create_task(followed(pair, begin(one)))
    redis.kill()
    await following
    await followed(pair, begin(one))
    assert carried(one, "postgres") > 0
    body = other.get("/health").json()
    assert (body["status"], body["readiness"]) == ("degraded", True)
    assert not redis_is_up(one)

    redis.start()
    for server in pair:
        await asyncio.to_thread(wait_for, partial(redis_is_up, server), "it is back")
    await followed(pair, begin(one))
    assert carried(one, "redis") > by_redis

    by_postgres = carried(one, "postgres")
    following = asyncio.create_task(followed(pair, begin(one)))
    redis.freeze()
    try:
        await following
        await followed(pair, begin(one))
    finally:
        redis.thaw()
    assert carried(one, "postgres") > by_postgres
    for server in pair:
        # Away twice, and back once by now: a change is a line, a try is none.
        assert server.log.count("Redis is away") <= 5
        assert "Traceback" not in server.log
        assert PASSWORD not in server.log


def test_what_one_server_changed_no_other_tells_otherwise(
    pair: tuple[Server, Server], redis: Redis
) -> None:
    """Their answers are kept in one Redis, and made while that is frozen."""
    one, other = pair

    def told(server: Server) -> int:
        listed = server.get("/api/v1/routines").json()["routines"]
        (found,) = [routine for routine in listed if routine["name"] == "changing"]
        return int(found["definition"]["do"][0]["value"]["n"])

    def change(number: int) -> None:
        step = {"step": "a", "value": {"n": number}}
        body = {"name": "changing", "do": [step]}
        assert one.post("/api/v1/routines", json=body).status_code == 200

    for server in pair:
        wait_for(partial(redis_is_up, server), "Redis is used")
    for number in range(5):
        change(number)
        assert [told(server) for server in (other, one, other)] == [number] * 3
    assert metric(one, 'vrooli_cache_total{outcome="hit"}') >= 5
    redis.freeze()
    try:
        change(5)
        assert [told(server) for server in (other, one)] == [5, 5]
    finally:
        redis.thaw()


def test_without_redis_the_server_is_degraded_and_serves(
    pair: tuple[Server, Server], redis: Redis
) -> None:
    server = pair[0]
    redis.kill()
    wait_for(lambda: status_is(server, "degraded"), "degraded without Redis")
    redis.start()
    wait_for(lambda: status_is(server, "healthy"), "healthy with Redis")
    redis.freeze()
    wait_for(lambda: status_is(server, "degraded"), "degraded with a frozen Redis")
    body = server.get("/health").json()
    assert body["dependencies"]["redis"]["connected"] is False
    assert body["dependencies"]["postgres"]["connected"] is True
    assert body["readiness"] is True
    redis.thaw()
    wait_for(lambda: status_is(server, "healthy"), "healthy again")
    assert PASSWORD not in server.log + server.get("/health").text


def test_a_wrong_redis_password_is_told_as_such(dsn: str, redis: Redis, tmp_path: Path) -> None:
    url = redis.url.replace(PASSWORD, "wrong")
    with server_process(tmp_path, dsn, REDIS_URL=url) as server:
        server.wait("/health")
        wait_for(
            lambda: "rejected our password" in server.get("/health").text, "the password is refused"
        )
