"""What closed pages leave behind goes back to the system.

A page is thousands of objects that refer to each other: Python finds such seldom by itself, and the
C library keeps what it was given back, for the next time that 200 pages are open at once.
"""

import asyncio
import ctypes
import gc
from collections.abc import Callable

EVERY = 10.0
"""Seconds between two times at most."""


def collect() -> None:
    """Once, now: blocks for some hundredths of a second."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc has it
    if trim is not None:
        trim(0)


class Tidying:
    """Tidies up after pages, when some were closed.

    Args:
        tidy: does it.
    """

    def __init__(self, tidy: Callable[[], None] = collect) -> None:
        self._tidy, self._closed = tidy, False

    def closed(self) -> None:
        """A page is no more."""
        self._closed = True

    async def run(self) -> None:
        """Until cancelled. What lives as long as the process is never looked through."""
        gc.collect()
        gc.freeze()
        while True:
            await asyncio.sleep(EVERY)
            self.look()

    def look(self) -> None:
        """Tidy up, if there is something."""
        if self._closed:
            self._closed = False
            self._tidy()
