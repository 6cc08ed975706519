"""Notices: what is told to other processes, and how often."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from vrooli.core.errors import Unreachable
from vrooli.execution.live.news import LARGEST, MOST, News, understood, written


@pytest.mark.parametrize("roots", [["a"], ["a", "b"], [f"{n:016x}" for n in range(MOST)]])
def test_a_notice_is_understood_as_it_was_meant(roots: list[str]) -> None:
    notice = written("host:1:ab", roots)
    assert len(notice) < 7999
    owner, found = understood(notice)
    assert (owner, list(found or ())) == ("host:1:ab", roots)


@pytest.mark.parametrize("roots", [["x"] * (MOST + 1), ["x" * LARGEST, "y"]])
def test_more_trees_than_a_notice_holds_mean_any(roots: list[str]) -> None:
    assert understood(written("me", roots)) == ("me", None)


class Told:
    """Remembers the notices; away when the test says."""

    def __init__(self) -> None:
        self.notices: list[str] = []
        self.told = asyncio.Semaphore(0)
        self.away = False

    @asynccontextmanager
    async def connection(self, seconds: float = 1.0) -> AsyncIterator[Any]:
        """Itself."""
        if self.away:
            raise Unreachable("away")
        yield self

    async def execute(self, statement: str, channel: str, notice: str) -> None:
        """See asyncpg."""
        self.notices.append(notice)
        self.told.release()


async def test_many_writes_are_told_by_few_notices_and_readers_here_at_once() -> None:
    database, heard = Told(), list[str]()
    news = News(database, "me", heard.extend)
    for number in range(100):
        news.tell((f"t{number % 3}",))
        if number == 0:
            await database.told.acquire()
    assert len(heard) == 100
    await database.told.acquire()
    assert [sorted(understood(one)[1] or ()) for one in database.notices] == [
        ["t0"],
        ["t0", "t1", "t2"],
    ]


async def test_what_cannot_be_told_keeps_nobody_from_writing() -> None:
    database, heard = Told(), list[str]()
    database.away = True
    news = News(database, "me", heard.extend)
    news.tell(("a",))
    news.tell(())
    await asyncio.sleep(0)
    assert heard == ["a"]
    assert database.notices == []
