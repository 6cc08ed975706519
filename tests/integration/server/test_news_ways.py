"""How notices go from process to process: NOTIFY and a stream of Redis keep the same promises."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.ports import free_port
from tests.support.postgres import Postgres
from tests.support.redis import Redis, running_redis
from tests.support.until import until
from tests.support.waiting import eventually
from vrooli.core.errors import Unreachable, VrooliError
from vrooli.execution.live.news import CHANNEL, ByNotify, Carrier
from vrooli.server import redis_link
from vrooli.server.database import Database
from vrooli.server.identity import Identity
from vrooli.server.listening import NAME, Heard, Listening
from vrooli.server.redis_link import RedisLink
from vrooli.server.redis_news import KEPT, PAGE, FirstOf, RedisNews


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    """One for all tests of this file."""
    with running_redis() as redis:
        yield redis


@dataclass
class Way:
    """One of them.

    Attributes:
        carrier: tells.
        listen: hears, for ever.
        cut: breaks every connection.
        nobody: a carrier that finds nobody.
    """

    carrier: Carrier
    listen: Callable[[Heard], Coroutine[Any, Any, None]]
    cut: Callable[[], object]
    nobody: Carrier


@asynccontextmanager
async def linked(url: str) -> AsyncIterator[RedisLink]:
    """A link that looks whether Redis is there."""
    link = RedisLink(url)
    looking = asyncio.create_task(link.run())
    try:
        yield link
    finally:
        looking.cancel()
        await asyncio.wait([looking])
        await link.close()


def notify(dsn: str, database: Database, cluster: Postgres) -> Way:
    def listen(heard: Heard) -> Coroutine[Any, Any, None]:
        return Listening(dsn, {CHANNEL: heard}).run()

    query = (
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        f"WHERE application_name = '{NAME}'"
    )
    away = Database(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    return Way(ByNotify(database), listen, lambda: cluster.sql(query), ByNotify(away))


@pytest.fixture(params=["notify", "redis"])
async def way(
    request: pytest.FixtureRequest, dsn: str, cluster: Postgres, redis: Redis
) -> AsyncIterator[Way]:
    """Each of them."""
    database = Database(dsn)
    if request.param == "notify":
        yield notify(dsn, database, cluster)
    else:
        async with linked(redis.url) as link, linked(f"redis://127.0.0.1:{free_port()}") as away:
            await link.back()
            news, lost = (RedisNews(one, Identity(database)) for one in (link, away))
            kill = ("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            yield Way(news, news.run, lambda: redis.ask(*kill), lost)
    await database.close()


@asynccontextmanager
async def hearing(way: Way) -> AsyncIterator[list[str]]:
    """What somebody hears who listens by now."""
    told: list[str] = []
    task = asyncio.create_task(way.listen(told.append))
    await until(lambda: told == [""])
    try:
        yield told
    finally:
        task.cancel()
        await asyncio.wait([task])


async def carried(way: Way, notice: str) -> None:
    """It went out, though perhaps not at the first try."""

    async def went() -> bool:
        try:
            await way.carrier.carry(notice)
        except VrooliError:
            return False
        return True

    await eventually(went, notice)


async def test_all_who_listen_hear_it_in_its_order(way: Way) -> None:
    await way.carrier.carry("me before")
    notices = [f"me {number}" for number in range(50)]
    async with hearing(way) as one, hearing(way) as other:
        for notice in notices:
            await way.carrier.carry(notice)
        await until(lambda: len(one) == len(other) == 51)
    assert one == other == ["", *notices]


async def test_who_was_cut_off_knows_it_and_hears_again(way: Way) -> None:
    async with hearing(way) as told:
        told.clear()
        way.cut()
        await until(lambda: "" in told)
        await carried(way, "me again")
        await until(lambda: "me again" in told)


async def test_who_finds_nobody_says_so(way: Way) -> None:
    with pytest.raises(Unreachable):
        await way.nobody.carry("me a")


@pytest.fixture
async def news(dsn: str, redis: Redis) -> AsyncIterator[tuple[RedisNews, str]]:
    """By Redis, and the name of its stream."""
    database = Database(dsn)
    identity = Identity(database)
    async with linked(redis.url) as link:
        await link.back()
        yield RedisNews(link, identity), f"vrooli:{await identity()}:news"
    await database.close()


def as_way(news: RedisNews) -> Way:
    return Way(news, news.run, lambda: None, news)


async def test_the_stream_stays_short(news: tuple[RedisNews, str], redis: Redis) -> None:
    for number in range(2 * KEPT):
        await news[0].carry(f"me {number}")
    length = redis.ask("XLEN", news[1])
    assert isinstance(length, int)
    assert KEPT <= length < 2 * KEPT


async def test_who_is_far_behind_is_told_to_look_at_everything(
    news: tuple[RedisNews, str], redis: Redis
) -> None:
    add = f"for i=1,{2 * PAGE} do redis.call('XADD', KEYS[1], '*', 'n', 'me ' .. i) end"
    async with hearing(as_way(news[0])) as told:
        redis.ask("EVAL", add, 1, news[1])
        await until(lambda: told == ["", ""])
        await news[0].carry("me now")
        await until(lambda: told[2:] == ["me now"])


async def test_a_stream_that_began_anew_before_our_place_is_noticed(
    news: tuple[RedisNews, str], redis: Redis
) -> None:
    await news[0].carry("me a")
    async with hearing(as_way(news[0])) as told:
        redis.ask("DEL", news[1])
        redis.ask("XADD", news[1], "1-1", "n", "me b")
        await until(lambda: told == ["", ""])


async def test_a_full_or_frozen_redis_has_news_go_by_postgres(
    news: tuple[RedisNews, str], redis: Redis, dsn: str, cluster: Postgres
) -> None:
    ways: list[str] = []
    database = Database(dsn)
    by_notify = notify(dsn, database, cluster)
    carrier = FirstOf(news[0], by_notify.carrier, ways.append)
    async with hearing(by_notify) as told:
        await carrier.carry("me by redis")
        redis.ask("CONFIG", "SET", "maxmemory", 1)
        await carrier.carry("me full")
        redis.ask("CONFIG", "SET", "maxmemory", 0)
        await carrier.carry("me by redis")
        redis.freeze()
        try:
            await carrier.carry("me frozen")
            await carrier.carry("me known")
        finally:
            redis.thaw()
        await until(lambda: told == ["", "me full", "me frozen", "me known"])
        while ways[-1] != "redis":
            await carrier.carry("me back")
            await asyncio.sleep(0.05)
    assert ways[:5] == ["redis", "postgres", "redis", "postgres", "postgres"]
    await database.close()


async def test_who_goes_away_again_and_again_must_answer_longer_until_it_is_used(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_link, "PAUSE", 0.001)

    async def lost(client: object) -> None:
        raise ConnectionResetError

    async with linked(redis.url) as link:
        await link.back()
        looks = []
        for _ in range(4):
            with pytest.raises(Unreachable):
                await link.ask(lost)
            before = pings(redis)
            await link.back()
            looks.append(pings(redis) - before)
    assert [looks[0] >= 1, looks[1] >= 3, looks[2] >= 7, looks[3] >= 15] == [True] * 4, looks


def pings(redis: Redis) -> int:
    """How many it has answered so far."""
    info = redis.ask("INFO", "commandstats")
    assert isinstance(info, dict)
    return int(info["cmdstat_ping"]["calls"])
