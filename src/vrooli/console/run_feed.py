"""What happens in a run, heard once for all open pages of one person that show it: over one
WebSocket, and read anew only when something happened. While nobody looks, nobody asks.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from nicegui import Event

from vrooli.client.api import Bearer
from vrooli.client.live import LiveClient
from vrooli.client.run_names import Started, run_names
from vrooli.console.acting import Acting
from vrooli.console.parts.asked import Trouble, trouble_of
from vrooli.console.parts.events_seen import Happened, happened
from vrooli.console.parts.run_journal import Journal, Steps
from vrooli.console.parts.run_seen import ENDED, Below, below_of
from vrooli.console.parts.spoken import Spoken, with_piece, without
from vrooli.core.errors import UsageError, VrooliError

EVENTS = 200
"""Events that are kept, the newest."""

TOGETHER = 0.15
"""Seconds in which what happens is read together."""

PAUSE = 0.7
"""Seconds between two tries at a server that does not answer."""

SOON, SELDOM = 2.0, 30.0
"""Seconds after which a run is read without an event, at first and at most: what changes by time
alone, like why it does not move. One that has ended is not.
"""

BELOW, APPROVALS = 100, 20
"""Runs and open approvals that are shown of a run."""


@dataclass(frozen=True, slots=True)
class RunSeen:
    """A run as it was read last.

    Attributes:
        run, why: of `GET /runs/{run}` and its `why`.
        steps: of its journal.
        below: runs that it started.
        approvals: open ones of it.
        files: that its steps wrote.
        swarm: how the swarm stands that it is; None before it has begun, and for any other run.
    """

    run: Mapping[str, Any]
    why: Mapping[str, Any]
    steps: Steps
    below: tuple[Below, ...]
    approvals: tuple[Mapping[str, Any], ...] = ()
    files: tuple[Mapping[str, Any], ...] = ()
    swarm: Mapping[str, Any] | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more happens in it by itself."""
        return self.run["status"] in ENDED


@dataclass
class RunFeed:
    """One run, as one person may see it.

    Attributes:
        answer: what was read last; None before that.
        trouble: why nothing newer can be had; None when it can.
        events: the newest, in their order.
        spoken: what models say just now, by path.
        started: of runs below it that were made lately: by which one, at which path.
        changed: emitted when any of that is another.
    """

    acting: Acting
    run: str
    answer: RunSeen | None = None
    trouble: Trouble | None = None
    events: deque[Happened] = field(default_factory=lambda: deque(maxlen=EVENTS))
    spoken: dict[str, Spoken] = field(default_factory=dict)
    started: dict[str, Started] = field(default_factory=dict)
    changed: Event[[]] = field(default_factory=Event)

    def __post_init__(self) -> None:
        self._seq = -1
        self._stirred, self._told = asyncio.Event(), asyncio.Event()
        self._idle = SOON
        self._journal = Journal(lambda cursor: self.acting.work.steps_page(self.run, cursor))

    def look(self) -> None:
        """Read anew soon: somebody has just changed something."""
        self._stirred.set()

    async def known(self, within: float = 2.0) -> None:
        """Wait until something is known, or why not: what a page begins with."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                await self._told.wait()

    async def follow(self) -> None:
        """Until cancelled, or the server says that there is no such run."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_reading())
                group.create_task(self._keep_hearing())
        except* UsageError:
            pass  # whoever read or heard it noted it in `trouble`, which the page shows

    async def _keep_hearing(self) -> None:
        while True:
            try:
                await self._hear()
            except UsageError:
                self.look()  # whoever may not hear of it any more is told that by reading
                return
            except VrooliError as error:
                self._failed(error)
            await asyncio.sleep(PAUSE)

    async def _hear(self) -> None:
        """The newest events, then all that follow. They go on after the end of the run as well:
        somebody may retry it.
        """
        acting = self.acting
        token = await acting.ask(acting.bearer.token)  # it may have to be exchanged first
        if self._seq < 0:
            newest = await acting.ask(lambda: acting.work.latest_events(self.run, EVENTS))
            self._seq = 0
            for event in newest:
                self._take(event)
            self.changed.emit()
        client = LiveClient(acting.ways.server(), Bearer(lambda: token))
        async with client.connect() as socket:
            await socket.subscribe(self.run, self._seq, texts=True)
            self.look()
            async for _, event in socket:
                self._take(event)
                if "seq" in event:
                    self.look()
                self.changed.emit()

    def _take(self, event: Mapping[str, Any]) -> None:
        own, path = event["run"] == self.run, str(event.get("path", ""))
        if "seq" not in event:
            if own:
                self.spoken = with_piece(self.spoken, event)
            return
        self._seq = int(event["seq"])
        self.events.append(happened(event, self.run))
        self._note_start(event)
        what, _, word = str(event["kind"]).partition(".")
        if own and what in ("step", "note") and word != "begun":
            self.spoken = without(self.spoken, path)
        if own and what == "run" and word in ENDED:
            self.spoken = {}
        if event.get("why") == "retried" or what == "effect":
            self._journal.forget()

    def _note_start(self, event: Mapping[str, Any]) -> None:
        if event["kind"] == "run.created" and event.get("parent") and event.get("path"):
            self.started[str(event["run"])] = str(event["parent"]), str(event["path"])
            while len(self.started) > EVENTS:
                del self.started[next(iter(self.started))]

    async def _keep_reading(self) -> None:
        while True:
            self._stirred.clear()
            try:
                await self._read()
            except UsageError as error:
                self._failed(error)
                raise
            except VrooliError as error:
                self._failed(error)
                await asyncio.sleep(PAUSE)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(self._patience()):
                    await self._stirred.wait()
                    self._idle = SOON
            await asyncio.sleep(TOGETHER)

    def _patience(self) -> float | None:
        """Seconds until it is read without an event; longer each time."""
        if self.answer is None or self.answer.ended:
            return None
        seconds, self._idle = self._idle, min(2 * self._idle, SELDOM)
        return seconds

    async def _read(self) -> None:
        self.answer = await self.acting.ask(self.now)
        self.trouble = None
        self._tell()

    def now(self) -> RunSeen:
        """All of it; blocks. What else is heard like a run reads more here."""
        work, run = self.acting.work, self.run
        found = work.run(run)
        over = found["status"] in ENDED
        asked = {"run": run, "status": "pending", "limit": APPROVALS}
        return RunSeen(
            found,
            work.why(run),
            self._journal.read(),
            tuple(below_of(one) for one in work.runs(parent=run, limit=BELOW)["runs"]),
            () if over else tuple(work.approvals(**asked)["approvals"]),
            tuple(work.files(run)),
        )

    def names(self) -> dict[str, str]:
        """What the runs below it are called, as far as it is known which step started them."""
        below = self.answer.below if self.answer else ()
        return run_names(
            self.run, {**self.started, **{one.run: (self.run, one.path) for one in below}}
        )

    def _failed(self, error: VrooliError) -> None:
        self.trouble = trouble_of(error, self.trouble)
        self._tell()

    def _tell(self) -> None:
        self._told.set()
        self.changed.emit()


class RunFeeds:
    """All that are looked at.

    Args:
        make: begins to know one.
    """

    def __init__(self, make: Callable[[Acting, str], RunFeed] = RunFeed) -> None:
        self._make = make
        self._open: dict[tuple[str, str], tuple[RunFeed, asyncio.Task[None], set[object]]] = {}

    def join(self, acting: Acting, run: str) -> tuple[RunFeed, Callable[[], None]]:
        """One page more; and what to call when it is closed."""
        key, page = (acting.session, run), object()
        known = self._open.get(key)
        if known is None or known[1].done():
            feed = self._make(acting, run)
            known = self._open[key] = feed, asyncio.create_task(feed.follow()), set()
        feed, task, pages = known
        pages.add(page)

        def leave() -> None:
            pages.discard(page)
            if not pages:
                task.cancel()
                if self._open.get(key) is known:
                    del self._open[key]

        return feed, leave
