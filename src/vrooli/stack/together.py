"""Works at the same time, of which none is left alone."""

import asyncio
from collections.abc import Coroutine
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
