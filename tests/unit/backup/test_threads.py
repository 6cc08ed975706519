"""Who is cancelled waits for the thread."""

import asyncio
from threading import Event

import pytest

from vrooli.backup.threads import to_its_end
from vrooli.core.errors import StorageError


async def test_what_it_returns_and_raises_comes_through() -> None:
    assert await to_its_end(lambda: 42, lambda: None) == 42

    def fails() -> None:
        raise StorageError("full", next_step="make room")

    with pytest.raises(StorageError, match="full"):
        await to_its_end(fails, lambda: None)


async def test_a_cancelled_one_is_stopped_and_waited_for() -> None:
    begun, stop, ended = Event(), Event(), list[str]()

    def work() -> None:
        begun.set()
        stop.wait(30)
        ended.append("the thread")
        raise StorageError("cut off", next_step="again")

    task = asyncio.create_task(to_its_end(work, stop.set))
    await asyncio.to_thread(begun.wait, 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == ["the thread"]
