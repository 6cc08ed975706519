"""Work in a thread that is never left alone: whoever is cancelled waits for its end."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from vrooli.core.errors import VrooliError

T = TypeVar("T")


async def to_its_end(work: Callable[[], T], stop: Callable[[], object]) -> T:
    """What `work` returns. Cancelled, it has it `stop`, and waits until it has: what comes next may
    use the same folder.
    """
    task = asyncio.create_task(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop()
        with suppress(VrooliError):
            await task
        raise
