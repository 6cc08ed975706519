"""What the watchdog says, heard once for all open pages: 20 consoles cost it what one does.

It is heard as one of the people whose pages are open; while nobody looks, it is not asked.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

from nicegui import Event

from vrooli.client import aio
from vrooli.client.sse import EventLines
from vrooli.client.wire import encode
from vrooli.console.acting import Acting
from vrooli.console.answers import Answers
from vrooli.core.errors import AccessDenied, VrooliError

SILENCE = 30.0
"""Seconds without a byte of the stream after which it counts as lost; heartbeats come sooner."""

PAUSE = 0.5
"""Seconds between two tries."""

TOGETHER = 0.2
"""Seconds in which what happens is told together."""

AT_LEAST = 5.0
"""Seconds after which values are read anew where nothing happened."""


@dataclass(frozen=True, slots=True)
class Health:
    """What the watchdog said last.

    Attributes:
        status: of `GET /status`; empty before its first answer.
        at: unix seconds of that.
        trouble: why it does not answer now; empty while it does.
        since: unix seconds of the first failure; 0 while it answers.
    """

    status: Mapping[str, Any] = field(default_factory=dict)
    at: float = 0.0
    trouble: str = ""
    since: float = 0.0

    @property
    def services(self) -> list[dict[str, Any]]:
        """All of them, as the watchdog orders them."""
        return list(self.status.get("services", ()))


class Feed:
    """Reads on while somebody looks, and tells when there is something new.

    Attributes:
        health: the last that is known.
        changed: emitted with it when it is another.
        happened: emitted with each event of the watchdog's.
        answers: what was asked about the past, shared by all pages.
    """

    def __init__(self) -> None:
        self.health = Health()
        self.answers = Answers()
        self.changed: Event[[]] = Event()
        self.happened: Event[[dict[str, Any]]] = Event()
        self._readers: list[Acting] = []
        self._wanted = asyncio.Event()
        self._stirred = asyncio.Event()

    def join(self, reader: Acting) -> Callable[[], None]:
        """Somebody looks; what to call when no more."""
        self._readers.append(reader)
        self._wanted.set()

        def leave() -> None:
            with suppress(ValueError):
                self._readers.remove(reader)
            if not self._readers:
                self._wanted.clear()

        return leave

    def look(self) -> None:
        """Read anew soon: somebody has just changed something."""
        self._stirred.set()

    async def run(self) -> None:
        """Until cancelled: 1. wait until somebody looks; 2. hear events and read values beside each
        other, as that one; 3. after a failure, say so and begin again.
        """
        while True:
            await self._wanted.wait()
            reader = self._readers[0]
            try:
                await self._read(reader)
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._hear(reader))
                    group.create_task(self._keep_reading(reader))
            except* AccessDenied as refused:
                self._dismiss(reader, refused.exceptions[0])
            except* VrooliError as failed:
                self._lost(failed.exceptions[0])
            await asyncio.sleep(PAUSE)

    async def _hear(self, reader: Acting) -> None:
        watchdog = reader.watchdog
        wire = encode(watchdog.target, "GET", "/events", token=watchdog.token)
        lines = EventLines(str(watchdog.target))
        async with aclosing(aio.stream_lines(watchdog.target, wire, silence=SILENCE)) as stream:
            async for line in stream:
                event = lines.read(line)
                if event is not None:
                    self._stirred.set()
                    self.happened.emit(event)
        raise VrooliError("the watchdog closed the stream of its events")

    async def _keep_reading(self, reader: Acting) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(AT_LEAST):
                    await self._stirred.wait()
                    await asyncio.sleep(TOGETHER)
            self._stirred.clear()
            await self._wanted.wait()
            await self._read(reader)

    async def _read(self, reader: Acting) -> None:
        status = await reader.ask(reader.watchdog.status)
        self.health = Health(status, time.time())
        self.changed.emit()

    def _lost(self, error: Exception) -> None:
        what = error.what if isinstance(error, VrooliError) else str(error)
        since = self.health.since or time.time()
        self.health = Health(self.health.status, self.health.at, what, since)
        self.changed.emit()

    def _dismiss(self, reader: Acting, error: Exception) -> None:
        """The session of this reader is over, or the watchdog does not know our key."""
        try:
            _ = reader.person
        except AccessDenied:
            self._readers = [one for one in self._readers if one is not reader]
            if not self._readers:
                self._wanted.clear()
        else:
            self._lost(error)


async def running(feed: Feed) -> AsyncIterator[None]:
    """The feed runs while this goes on."""
    task = asyncio.create_task(feed.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
