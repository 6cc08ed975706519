"""Ending all that one launch began."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from vrooli.core.errors import Busy, VrooliError
from vrooli.core.launch import Launch
from vrooli.core.ports.clock import Clock
from vrooli.core.ports.keeper import Keeper

KILLED = 10.0
"""Seconds that a killed process may take to be gone; only one that waits for a disk needs any."""

_PAUSE = 0.02


async def spawned(
    asked: Coroutine[Any, Any, Launch], end: Callable[[Launch], Awaitable[None]]
) -> Launch:
    """The launch that a keeper was asked for. Who is cancelled meanwhile waits for the answer and
    has it ended: it would run on, and nobody would know of it.
    """
    task = asyncio.ensure_future(asked)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with suppress(VrooliError):
            await end(await task)
        raise


async def end_tree(launch: Launch, keeper: Keeper, clock: Clock, grace: float) -> None:
    """TERM to all of them, KILL after `grace` seconds; returns when none is left, at once when
    there was none.

    Raises:
        Busy: one is still there although it was killed.
    """
    if not await keeper.survivors(launch.launch_id):
        return
    await keeper.signal(launch.launch_id, signal.SIGTERM, tree=True)
    deadline = clock.monotonic() + grace
    while await keeper.survivors(launch.launch_id):
        if clock.monotonic() >= deadline + KILLED:
            raise immortal(launch.service)
        if clock.monotonic() >= deadline:
            await keeper.signal(launch.launch_id, signal.SIGKILL, tree=True)
        await clock.sleep(_PAUSE)


def immortal(name: str) -> Busy:
    """What is to be said about a process that outlives KILL."""
    return Busy(
        "it does not end although it was killed",
        where=name,
        next_step="look at its disk: a process that waits for one cannot be killed",
    )
