"""Works at the same time: the first failure ends all, and none is left alone."""

import asyncio

import pytest

from vrooli.stack.together import going_on, together


async def _slow(ended: list[str]) -> None:
    try:
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0)
        ended.append("slow")


async def _failing() -> None:
    await asyncio.sleep(0)
    raise ValueError("no")


async def _says(word: str) -> str:
    return word


def test_what_each_returns_in_their_order() -> None:
    async def run() -> list[str]:
        return await together(_says("a"), _says("b"))

    assert asyncio.run(run()) == ["a", "b"]


def test_a_failure_is_raised_as_it_is_when_all_others_have_ended() -> None:
    ended: list[str] = []

    async def run() -> None:
        with pytest.raises(ValueError, match="no"):
            await together(_slow(ended), _failing())
        assert ended == ["slow"]

    asyncio.run(run())


def test_cancelled_it_ends_when_they_have() -> None:
    ended: list[str] = []

    async def run() -> None:
        task = asyncio.create_task(together(_slow(ended)))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ended == ["slow"]

    asyncio.run(run())


@pytest.mark.parametrize("fails", [True, False])
def test_what_goes_on_has_ended_and_the_first_failure_is_told(fails: bool) -> None:
    ended: list[str] = []

    async def goes_on() -> None:
        await asyncio.sleep(0.01)
        ended.append("goes on")

    async def run() -> None:
        async with going_on() as later:
            later(_failing())
            later(goes_on())
            if fails:
                raise KeyError("before")

    with pytest.raises(KeyError if fails else ValueError):
        asyncio.run(run())
    assert ended == ["goes on"]
