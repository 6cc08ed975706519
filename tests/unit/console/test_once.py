"""A double click does something once."""

import asyncio

import pytest

from vrooli.console.parts.once import AGAIN, once


async def test_what_is_under_way_or_just_done_is_not_done_again() -> None:
    now, done, go_on = [100.0], list[str](), asyncio.Event()

    async def act(what: str) -> None:
        done.append(what)
        await go_on.wait()

    guarded = once(act, lambda: now[0])
    first = asyncio.create_task(guarded("first"))
    await asyncio.sleep(0)
    await guarded("while it is done")
    go_on.set()
    await first
    await guarded("a moment later")
    now[0] += AGAIN
    await guarded("again")
    assert done == ["first", "again"]


async def test_what_was_refused_or_failed_can_be_tried_again_at_once() -> None:
    asked = list[str]()

    async def refused() -> bool:
        asked.append("refused")
        return False

    async def fails() -> None:
        asked.append("failed")
        raise ValueError("no")

    refusing, failing = once(refused, lambda: 100.0), once(fails, lambda: 100.0)
    for _ in range(2):
        await refusing()
        with pytest.raises(ValueError, match="no"):
            await failing()
    assert asked == ["refused", "failed"] * 2
