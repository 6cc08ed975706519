"""What the watchdog says, heard once for all open pages: 20 consoles cost it what one does.

It is heard as one of the people whose pages are open; while nobody looks, it is not asked.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Protocol, TypeVar

from nicegui import Event

from vrooli.client import aio
from vrooli.client.sse import EventLines
from vrooli.client.watchdog import WatchdogClient
from vrooli.client.wire import encode
from vrooli.console.answers import Answers
from vrooli.console.parts.standing import wrong_ids
from vrooli.console.past import Past, refreshed
from vrooli.core.errors import AccessDenied, DeadlineExceeded, ProtocolError, VrooliError
from vrooli.core.passes import Person

Answer = TypeVar("Answer")

SILENCE = 30.0
"""Seconds without a byte of the stream after which it counts as lost; heartbeats come sooner."""

PAUSE = 0.5
"""Seconds between two tries."""

TOGETHER = 0.2
"""Seconds between two readings, however much happens. The first news is read at once: a heal may
take less."""

AT_LEAST = 5.0
"""Seconds after which values are read anew where nothing happened."""

SLOW = 5.0
"""Seconds of a reading after which it is said that there is no answer, while it is waited for."""

OLD = 15.0
"""Seconds up to which what is known passes for what is so now: what is read in time is younger."""

HEALS = 20
"""Heals that are kept, the newest."""


class Reader(Protocol):
    """As whom the watchdog is asked."""

    @property
    def person(self) -> Person:
        """Who it is; AccessDenied when the session is over."""

    @property
    def watchdog(self) -> WatchdogClient:
        """The watchdog, for one request."""

    async def ask(self, question: Callable[[], Answer]) -> Answer:
        """The answer of a client, which waits in a thread."""


@dataclass(frozen=True, slots=True)
class Health:
    """What the watchdog said last.

    Attributes:
        status: of `GET /status`; empty before its first answer.
        heals: of `GET /heals`, the newest first.
        incidents: open ones of `GET /notify`.
        at: unix seconds of that.
        trouble: why it does not answer now; empty while it does.
        since: unix seconds of the first failure; 0 while it answers.
    """

    status: Mapping[str, Any] = field(default_factory=dict)
    heals: tuple[Mapping[str, Any], ...] = ()
    incidents: tuple[Mapping[str, Any], ...] = ()
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
        past: what bars are drawn from.
        changed: emitted with it when it is another.
        happened: emitted with each event of the watchdog's.
        answers: what was asked about the past, shared by all pages.
    """

    def __init__(self) -> None:
        self.health = Health()
        self.answers = Answers()
        self.past = Past()
        self.changed: Event[[]] = Event()
        self.happened: Event[[dict[str, Any]]] = Event()
        self._readers: list[Reader] = []
        self._sought: set[str] = set()
        self._told = asyncio.Event()
        self._wanted = asyncio.Event()
        self._stirred = asyncio.Event()

    def join(self, reader: Reader) -> Callable[[], None]:
        """Somebody looks; what to call when no more."""
        self._readers.append(reader)
        self._wanted.set()

        def leave() -> None:
            with suppress(ValueError):
                self._readers.remove(reader)
            if not self._readers:
                self._wanted.clear()

        return leave

    async def known(
        self, age: float = OLD, within: float = 1.0, past: str = "month", *, due_too: bool = False
    ) -> None:
        """Wait until something is known, or nothing can be: what a page begins with. What is old
        after that is told as such: nobody looked for a while, and there is no answer now.

        Args:
            age: seconds; what is older counts as unknown.
            within: seconds to wait at most.
            past: the part of the past that is needed, however old.
            due_too: unless it is due to be read anew.
        """
        told = False
        self._sought.add(past)
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._too_old(age, past, due_too) and not (told and self.health.trouble):
                    await self._told.wait()
                    told = True
        if self.health.at and not self.health.trouble and time.time() - self.health.at > OLD:
            self._lost(DeadlineExceeded(f"no answer within {within:g} s"))

    def _too_old(self, age: float, past: str, due_too: bool) -> bool:
        now = time.time()
        due = due_too and past in self.past.due(now, {past})
        return now - self.health.at > age or past not in self.past.read or due

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
                await self._in_time(self._read(reader))
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._hear(reader))
                    group.create_task(self._keep_reading(reader))
                    group.create_task(self._keep_recalling(reader))
            except* AccessDenied as refused:
                self._dismiss(reader, refused.exceptions[0])
            except* VrooliError as failed:
                self._lost(failed.exceptions[0])
            await asyncio.sleep(PAUSE)

    async def _hear(self, reader: Reader) -> None:
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

    async def _keep_reading(self, reader: Reader) -> None:
        read = 0.0
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(AT_LEAST):
                    await self._stirred.wait()
                    await asyncio.sleep(read + TOGETHER - time.monotonic())
            self._stirred.clear()
            await self._wanted.wait()
            read = time.monotonic()
            await self._in_time(self._read(reader))

    async def _in_time(self, reading: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(reading)
        try:
            done, _ = await asyncio.wait([task], timeout=SLOW)
            if not done:
                self._lost(DeadlineExceeded(f"no answer within {SLOW:g} s"))
            await task
        finally:
            task.cancel()

    async def _keep_recalling(self, reader: Reader) -> None:
        """Values of the past; a watchdog that is too busy for them is asked again later."""
        while True:
            for name in self.past.due(time.time(), self._sought):
                await self._wanted.wait()
                question = partial(_recalled, self.past, name, reader)
                with suppress(VrooliError):
                    self.past = await reader.ask(question)
                    self._sought.discard(name)
                    self._tell()
            await asyncio.sleep(1.0)

    async def _read(self, reader: Reader) -> None:
        self.health = await reader.ask(lambda: _now(reader.watchdog))
        self._seek_beginnings()
        self._tell()

    def _seek_beginnings(self) -> None:
        """Forget when that began which is over, and have read when that began which is new."""
        wrong = wrong_ids(self.health.status)
        began = {name: at for name, at in self.past.began.items() if name in wrong}
        if len(began) != len(self.past.began):
            self.past = replace(self.past, began=began)
        if wrong - began.keys():
            self._sought.add("began")

    def _lost(self, error: Exception) -> None:
        what = error.what if isinstance(error, VrooliError) else str(error)
        since = self.health.since or time.time()
        self.health = replace(self.health, trouble=what, since=since)
        self._tell()

    def _tell(self) -> None:
        told, self._told = self._told, asyncio.Event()
        told.set()
        self.changed.emit()

    def _dismiss(self, reader: Reader, error: Exception) -> None:
        """The session of this reader is over, or the watchdog does not know our key."""
        try:
            _ = reader.person
        except AccessDenied:
            self._readers = [one for one in self._readers if one is not reader]
            if not self._readers:
                self._wanted.clear()
        else:
            self._lost(error)


def _now(watchdog: WatchdogClient) -> Health:
    """What is so now; blocks. Something else may have taken the watchdog's port."""
    try:
        status, heals = watchdog.status(), watchdog.heals(HEALS)
        incidents = watchdog.notifications(1)["incidents"]
        _ = status["services"]
    except (ProtocolError, LookupError, TypeError, AttributeError, ValueError) as error:
        raise ProtocolError(
            f"what answers at {watchdog.target} is no watchdog",
            next_step="`vrooli status` says which port it has; end what took it",
        ) from error
    return Health(status, tuple(heals), tuple(incidents), time.time())


def _recalled(past: Past, name: str, reader: Reader) -> Past:
    return refreshed(past, name, reader.watchdog)
