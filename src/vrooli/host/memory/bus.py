"""Port `Bus`, made up: for tests of what asks systemd and its kin."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager

from vrooli.core.errors import Unreachable
from vrooli.core.ports.bus import Bus, Call, Match, Reply, Signal

Method = Callable[[Call], Reply]


class MemorySignals:
    """What one listener hears."""

    def __init__(self, matches: Collection[Match]) -> None:
        self._matches = tuple(matches)
        self._heard: deque[Signal] = deque()
        self._news = asyncio.Event()
        self._gone = False

    async def next(self) -> Signal:
        """See the port."""
        while not self._heard:
            if self._gone:
                raise Unreachable("the bus went away", where="D-Bus")
            self._news.clear()
            await self._news.wait()
        return self._heard.popleft()

    def pending(self) -> list[Signal]:
        """See the port."""
        heard = list(self._heard)
        self._heard.clear()
        return heard

    def hear(self, signal: Signal) -> None:
        """It was told."""
        if any(match.fits(signal) for match in self._matches):
            self._heard.append(signal)
            self._news.set()

    def end(self) -> None:
        """The bus went away."""
        self._gone = True
        self._news.set()


class MemoryBus(Bus):
    """A bus with the methods that it was given.

    Attributes:
        methods: by `interface.member`; whoever calls another is told that there is none.
        called: every call, in order.
        there: whether there is such a bus.
    """

    def __init__(self, methods: dict[str, Method] | None = None, *, there: bool = True) -> None:
        self.methods = dict(methods or {})
        self.called: list[Call] = []
        self.there = there
        self._listeners: set[MemorySignals] = set()

    async def call(self, call: Call) -> Reply:
        """See the port."""
        self._require()
        self.called.append(call)
        method = self.methods.get(str(call))
        if method is None:
            return Reply(error="org.freedesktop.DBus.Error.UnknownMethod", said=f"no {call}")
        return method(call)

    @asynccontextmanager
    async def listen(self, matches: Collection[Match]) -> AsyncIterator[MemorySignals]:
        """See the port."""
        self._require()
        signals = MemorySignals(matches)
        self._listeners.add(signals)
        try:
            yield signals
        finally:
            self._listeners.discard(signals)

    def tell(self, signal: Signal) -> None:
        """Send a signal to whoever listens."""
        for signals in self._listeners:
            signals.hear(signal)

    def go(self) -> None:
        """Go away; `there = True` brings it back."""
        self.there = False
        for signals in self._listeners:
            signals.end()

    def _require(self) -> None:
        if not self.there:
            raise Unreachable("there is no such bus", where="D-Bus")
