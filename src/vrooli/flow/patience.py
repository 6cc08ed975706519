"""Outlives short outages."""

import itertools
from collections.abc import Awaitable, Callable
from typing import TypeVar

from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock

AGAIN = (0.05, 0.2, 0.5, 1.0, 2.0)
"""Seconds between two tries; the last one is repeated."""

T = TypeVar("T")


async def patiently(clock: Clock, work: Callable[[], Awaitable[T]]) -> T:
    """What `work` returns, tried again for as long as its error says that this may help.

    Raises:
        VrooliError: one that says that it does not.
    """
    pauses = itertools.chain(AGAIN, itertools.repeat(AGAIN[-1]))
    while True:
        try:
            return await work()
        except VrooliError as error:
            if not error.retryable:
                raise
        await clock.sleep(next(pauses))
