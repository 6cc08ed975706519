"""Waiting for a condition, never for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

DEADLINE = 60.0
PAUSE = 0.05


def wait_for(condition: Callable[[], Any], what: str, seconds: float = DEADLINE) -> Any:
    """The first true value that `condition` returns; TimeoutError with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := condition():
            return value
        time.sleep(PAUSE)
    raise TimeoutError(f"not within {seconds} s: {what}")


async def eventually(
    condition: Callable[[], Awaitable[Any]],
    what: str,
    seconds: float = DEADLINE,
    *,
    pause: float = PAUSE,
) -> Any:
    """The same for a coroutine."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := await condition():
            return value
        await asyncio.sleep(pause)
    raise TimeoutError(f"not within {seconds} s: {what}")
