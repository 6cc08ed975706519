"""A double click does something once."""

import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import ParamSpec

P = ParamSpec("P")

AGAIN = 0.7
"""Seconds after its end from which on it may be done again: two clicks of one hand are closer."""


def once(
    act: Callable[P, Awaitable[object]], clock: Callable[[], float] = time.monotonic
) -> Callable[P, Coroutine[object, object, None]]:
    """`act`, which does nothing while it is being done, and for a moment after it; what returns
    False was refused, and may be tried again at once.
    """
    under_way, free_at = False, 0.0

    async def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        nonlocal under_way, free_at
        if under_way or clock() < free_at:
            return
        under_way = True
        try:
            if await act(*args, **kwargs) is not False:
                free_at = clock() + AGAIN
        finally:
            under_way = False

    return guarded
