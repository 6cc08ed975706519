"""Works at the same time, of which none is left alone."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any


async def together(*works: Coroutine[Any, Any, Any]) -> list[Any]:
    """What each returns. When one fails, or whoever waits is cancelled, the others are cancelled,
    and it is over when all of them are: the first error is raised as it is.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def going_on() -> AsyncIterator[Callable[[Coroutine[Any, Any, None]], None]]:
    """Takes works that go on while something else is done, and is over when all of them are, also
    when that failed; its error is the one that counts, else the first of theirs is raised.
    """
    tasks: list[asyncio.Task[None]] = []
    try:
        yield lambda work: tasks.append(asyncio.create_task(work))
    finally:
        failed = [task.exception() for task in tasks if await _ended(task)]
    for error in failed:
        if error is not None:
            raise error


async def _ended(task: asyncio.Task[None]) -> bool:
    """Waits for it; False where it was cancelled."""
    await asyncio.wait([task])
    return not task.cancelled()
