"""A copy of a Redis that others write to is compared by what is known of its keys."""

from collections.abc import Iterator

import pytest
from redis import Redis as Client

from tests.support.redis import PASSWORD, Redis, running_redis
from vrooli.core.address import HostPort
from vrooli.core.errors import Damaged
from vrooli.host.streams import AsyncioStreams
from vrooli.stack.redis.asker import Asker
from vrooli.stack.redis.capture import Note
from vrooli.stack.redis.comparing import compared, require_counts
from vrooli.stack.redis.witness import Moment, Witness, changes_between, drawn, moment

LATER = 5.0
"""Seconds that a copy took."""


@pytest.fixture(scope="module")
def redis() -> Iterator[Redis]:
    """It has keys that nobody touched for long, and others."""
    with running_redis() as one, Client.from_url(one.url) as client:
        client.set("a", "value")
        client.rpush("b", "value")
        for name in ("a", "b"):
            content = client.dump(name)
            pipe = client.pipeline(transaction=False)
            for number in range(200):
                key = f"{name}:\xff\n{number}".encode("latin-1")
                pipe.execute_command("RESTORE", key, 0, content, "IDLETIME", 1000)
            pipe.set("ends", "value", ex=1000)
            pipe.execute()
        yield one


async def test_a_copy_that_lacks_keys_fails_whoever_wrote_meanwhile(redis: Redis) -> None:
    asker = Asker(AsyncioStreams(), HostPort("127.0.0.1", redis.port), PASSWORD)
    before = await moment(asker)
    sample = await drawn(asker, before.keyspace, LATER)
    assert 100 < len(sample["db0"]) <= 256
    assert {one.partition(":")[2] for one in sample["db0"]} == {"string", "list"}
    assert await drawn(asker, before.keyspace, 2000.0) == {}
    redis.ask("SET", "new", "1")
    first, second, third = (bytes.fromhex(one.split(":")[0]) for one in sample["db0"][:3])
    with Client.from_url(redis.url) as client:
        client.move(first, 1)
        client.rename(second, "another")
        after = await moment(asker)
        changes = changes_between(before, after, 0)
        assert changes == 3
        note = Note("aof", {}, False, 0, Witness(before.keyspace, changes, sample))
        count, sampled = await compared(asker, note)
        assert "within the 3 that were written" in count
        assert f"{len(sample['db0']) - 1} of {len(sample['db0'])} keys" in sampled
        client.delete(third)
        client.delete(*(f"a:\xff\n{number}".encode("latin-1") for number in range(120)))
    with pytest.raises(Damaged, match="at the most, and the copy has"):
        await compared(asker, note)
    unknown = Note("aof", {}, False, 0, Witness(before.keyspace, None, sample))
    with pytest.raises(Damaged, match="that nobody touched meanwhile are not in it"):
        await compared(asker, unknown)


def test_a_count_that_was_put_back_says_nothing() -> None:
    def at(written: int, saved: int = 7, saving: bool = False, evicted: int = 0) -> Moment:
        return Moment({}, written, saved, saving, evicted)

    assert changes_between(at(5), at(9, evicted=2), 0) == 6
    assert changes_between(at(5), at(9, saved=8), 0) is None
    assert changes_between(at(5), at(9, saving=True), 0) is None
    assert changes_between(at(5), at(1, saved=8), 8) == 1
    assert changes_between(at(5), at(1, saved=9), 8) is None


def test_keys_that_end_are_not_counted_and_older_copies_say_less() -> None:
    keys = {"db0": {"keys": 9, "expires": 4}}
    note = Note("rdb", keys, True, 0)
    assert "as there were: 7" in require_counts(note, {"db0": {"keys": 7, "expires": 2}})
    with pytest.raises(Damaged, match="had 5 keys without an end"):
        require_counts(note, {"db0": {"keys": 9, "expires": 3}})
    assert "no other" in require_counts(Note("rdb", keys, False, 0), {"db0": {"keys": 1}})
