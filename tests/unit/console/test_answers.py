"""Twenty pages that want to know the same ask once."""

import asyncio

import pytest

from vrooli.console import answers
from vrooli.console.answers import Answers


class Told:
    """Counts how often it is asked."""

    def __init__(self, *, fails: bool = False) -> None:
        self.times, self.fails = 0, fails

    async def __call__(self) -> int:
        self.times += 1
        await asyncio.sleep(0)
        if self.fails:
            raise ValueError("no")
        return self.times


async def test_who_asks_at_the_same_time_shares_one_answer() -> None:
    kept, told = Answers(), Told()
    found = await asyncio.gather(*(kept.get("k", told, seconds=60) for _ in range(20)))
    assert found == [1] * 20


async def test_what_is_too_old_or_older_than_the_news_is_asked_anew() -> None:
    kept, told = Answers(), Told()
    await kept.get("k", told, seconds=60)
    assert await kept.get("k", told, seconds=0) == 2
    assert await kept.get("k", told, seconds=60, newer_than=1e12) == 3
    assert await kept.get("other", told, seconds=60) == 4


async def test_a_failure_is_told_and_not_kept() -> None:
    kept = Answers()
    with pytest.raises(ValueError, match="no"):
        await kept.get("k", Told(fails=True), seconds=60)
    assert await kept.get("k", Told(), seconds=60) == 1


async def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "MOST", 2)
    kept, told = Answers(), Told()
    for key in ("a", "b", "c"):
        await kept.get(key, told, seconds=60)
    assert await kept.get("c", told, seconds=60) == 3
    assert await kept.get("a", told, seconds=60) == 4
