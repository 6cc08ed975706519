"""A cache in this process: what was used least recently goes first."""

import time
from collections import OrderedDict
from collections.abc import Callable

MOST, MOST_BYTES = 1000, 16 * 1024 * 1024


class LruCache:
    """See `caching.Cache`; so many entries, and bytes of them, at most."""

    def __init__(
        self,
        most: int = MOST,
        most_bytes: int = MOST_BYTES,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._most_bytes, self._now = most, most_bytes, now
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    async def get(self, key: str) -> bytes | None:
        """See the port."""
        until, value = self._kept.get(key, (0.0, b""))
        if self._now() >= until:
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return value

    async def put(self, key: str, value: bytes, seconds: float) -> None:
        """See the port."""
        self._drop(key)
        self._kept[key] = (self._now() + seconds, value)
        self.bytes += len(value)
        while len(self._kept) > self._most or self.bytes > self._most_bytes:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: str) -> None:
        _, value = self._kept.pop(key, (0.0, b""))
        self.bytes -= len(value)
