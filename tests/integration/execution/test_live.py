"""Readers of trees that are written to all the time."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.support.flow import step
from tests.support.postgres import Postgres
from tests.support.work import WorkDatabase, prepared
from vrooli.core.errors import UnknownName
from vrooli.execution.batcher import Batcher
from vrooli.execution.live.events import EventStore
from vrooli.execution.live.live import Live
from vrooli.execution.live.news import News
from vrooli.flow.entries import Finished

KEPT = 20
"""Events at hand: most readers are further behind."""


@pytest.fixture(scope="module")
def dsn(cluster: Postgres) -> str:
    """With a routine of one step."""
    return prepared(cluster, {"name": "test", "do": [step("a")]})


@dataclass
class Place:
    """One process with readers; another one writes as well, of whom nobody tells."""

    work: WorkDatabase
    live: Live
    told: Batcher
    untold: Batcher

    async def look(self) -> None:
        """Again and again, as the server does."""
        while True:
            await self.live.look()
            await asyncio.sleep(0.02)

    async def write(self, run: str, count: int, chance: random.Random) -> None:
        """So many ends of steps, some of them at once."""
        fence, left = await self.work.claim(run), list(range(count))
        while left:
            size = min(len(left), chance.choice((1, 1, 2, 5, 50)))
            batcher = chance.choice((self.told, self.untold))
            entries = [Finished(f"s[{left.pop()}]", 1, "do", 1, None, 1.0) for _ in range(size)]
            await asyncio.gather(*(batcher.write(run, fence, entry) for entry in entries))

    async def read(self, run: str, after: int, last: int, chance: random.Random) -> list[int]:
        """The numbers after `after` up to `last`, by pages of any size."""
        await asyncio.sleep(chance.random() * 0.2)
        seen: list[int] = []
        with self.live.follow(run, after) as following:
            while not seen or seen[-1] < last:
                found = await following.next(chance.randint(1, 70), 60.0)
                assert found, "there was more"
                seen += [event.seq for event in found]
        return seen


@pytest.fixture
async def place(dsn: str) -> AsyncIterator[Place]:
    """It, with a look now and then."""
    work, other = WorkDatabase(dsn), WorkDatabase(dsn)
    live = Live(EventStore(work.database), KEPT)
    news = News(work.database, "me", live.heard)
    place = Place(work, live, Batcher(work.database, news.tell), Batcher(other.database))
    looking = asyncio.create_task(place.look())
    yield place
    looking.cancel()
    await asyncio.gather(looking, return_exceptions=True)
    await news.close()
    await work.close()
    await other.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_whenever_readers_begin_they_miss_nothing_and_get_nothing_twice(
    place: Place, seed: int
) -> None:
    chance = random.Random(seed)
    runs = {secrets.token_hex(8): chance.randint(1, 400) for _ in range(3)}
    readers, expected = [], []
    for run, count in runs.items():
        await place.work.create(run)
        for after in (0, count, *(chance.randint(0, count) for _ in range(4))):
            readers.append(place.read(run, after, count + 1, chance))
            expected.append(list(range(after + 1, count + 2)))
    writers = [place.write(run, count, chance) for run, count in runs.items()]
    seen = await asyncio.gather(*readers, *writers)
    assert seen[: len(expected)] == expected


async def test_who_waits_in_vain_is_told_so_and_nothing_is_kept(place: Place) -> None:
    run = secrets.token_hex(8)
    await place.work.create(run)
    with place.live.follow(run, 1) as following:
        assert await following.next(10, 0.01) == []
        place.live.close()
        assert await following.next(10, 60.0) == []
    with pytest.raises(UnknownName):
        await place.live.store.place("nosuch")
    assert (await place.live.store.place(run)).root == run
