"""Posts the history to a server, in order, at least once: to that of the stack, and to the fleet's.

A server knows (host, boot, seq), so that a record counts once however often it comes. The
cursor moves only after the server has said 2xx. A server that is away, slow, or does not know us
(401, 404, 5xx ...) is waited for: 1 s doubling to 60 s, with jitter. Content that it refuses (400,
413, 422) is halved down to the one record at fault, which is set aside: recorded as an event and
skipped. Ten of them in a row, and it is the server that is wrong: then we wait as well.

What retention deleted before it was posted shows as a gap in the numbers: it is counted, and told.
A damaged spool is replaced by a new one with other numbers: there everything begins anew, and what
was not posted of the old one is counted and told as well.
"""

import asyncio
import json
import math
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, Protocol

from vrooli.autoheal import spool
from vrooli.autoheal.history import History
from vrooli.autoheal.record import Entry, Kind, Record, to_row
from vrooli.autoheal.retention import SHIPPED
from vrooli.client.wire import Response, message_of
from vrooli.core.errors import VrooliError
from vrooli.core.ports.clock import Clock

PATH = "/api/v1/history"
BATCH = 500
"""Records of one post."""

IDLE_SECONDS = 1.0
"""Between looks for new records; a look compares two numbers in memory."""

FIRST_WAIT_SECONDS, LAST_WAIT_SECONDS = 1.0, 60.0

REFUSES_CONTENT = frozenset({400, 413, 422})
"""Statuses that speak of what was sent. 401, 403, 404, 405, 408, 429 and so on speak of who asks,
where, or when: skipping records because of them would empty the history into nothing."""

PATIENCE = 10
"""Refused records in a row before the server, not the record, is taken to be wrong."""


class Server(Protocol):
    """What the shipper needs of `client.server.ServerClient`."""

    async def post(self, path: str, body: object) -> Response:
        """Post `body` as JSON; every status is an answer; VrooliError when there is none."""
        ...


class Recipient(Protocol):
    """Who is to have the history.

    Attributes:
        name: whose doing it is when a record is set aside.
        key: state key of the highest number that it has.
        every: seconds between two posts of less than a whole batch, be it of nothing; 0 posts what
            is new at once.
    """

    @property
    def name(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def every(self) -> float: ...

    def wanted(self) -> bool:
        """Whether it is still to have it."""
        ...

    async def post(self, records: list[dict[str, Any]], shipping: "Shipping") -> Response:
        """Post them; every status is an answer; VrooliError when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class OwnServer:
    """The server of this stack, as a recipient.

    Attributes:
        server: that one.
        host: the stable id of this machine.
    """

    server: Server
    host: str
    name: str = "shipper"
    key: str = SHIPPED
    every: float = 0.0

    def wanted(self) -> bool:
        """As long as we run."""
        return True

    async def post(self, records: list[dict[str, Any]], shipping: "Shipping") -> Response:
        """See `Recipient`."""
        return await self.server.post(PATH, {"host": self.host, "records": records})


class Step(Enum):
    """What one round came to."""

    IDLE = "idle"
    MORE = "more"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Shipping:
    """How it goes.

    Attributes:
        cursor: the highest number that the server has.
        behind: numbers that it does not have yet (an upper bound: deleted ones count).
        error: why the last post failed; empty when it worked.
        set_aside: records skipped since the start.
        lost: records that were deleted, or went with a damaged spool, before they could be posted.
    """

    cursor: int
    behind: int
    error: str
    set_aside: int
    lost: int = 0


class Shipper:
    """Ships until cancelled.

    Args:
        history: where from.
        to: where to; None when there is nobody, then `run` returns at once.
        clock: time.
        jitter: a number in [0, 1).
    """

    def __init__(
        self,
        history: History,
        to: Recipient | None,
        clock: Clock,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._history, self._to = history, to
        self._clock, self._jitter = clock, jitter
        self._cursor: int | None = None
        self._left: int | None = None  # the cursor in the spool before, until its loss is counted
        self._generation = -1  # of the spool in which the cursor is a place
        self._limit = BATCH
        self._failures = 0
        self._refused = 0  # in a row
        self._set_aside = 0
        self._lost = 0
        self._error = ""
        self._posted = -math.inf

    def status(self) -> Shipping:
        """How it goes, without asking anybody."""
        cursor = (self._cursor or 0) if self._same() else 0
        behind = max(0, self._history.last_seq - cursor) if cursor else 0
        return Shipping(cursor, behind, self._error, self._set_aside, self._lost)

    async def run(self) -> None:
        """The loop: 1. read after the cursor; 2. post; 3. store the cursor; 4. wait if need be."""
        to = self._to
        while to is not None and to.wanted():
            try:
                outcome = await self.step(to)
            except VrooliError as error:
                outcome = self._failed(str(error))
            if outcome is Step.IDLE:
                await self._clock.sleep(IDLE_SECONDS)
            elif outcome is Step.WAIT:
                await self._clock.sleep(self._pause())

    async def step(self, to: Recipient) -> Step:
        """One batch.

        Raises:
            VrooliError: the spool or the server could not be reached.
        """
        cursor = await self._place(to)
        behind, due = self._history.last_seq - cursor, self._due(to)
        if behind < (1 if due else BATCH) and not (due and to.every):
            return Step.IDLE
        batch = await self._history.after(cursor, self._limit)
        if not batch and not (due and to.every):  # what was there was deleted
            return Step.IDLE
        answer = await to.post([entry.to_json() for entry in batch], self.status())
        if 200 <= answer.status < 300:
            return await self._accepted(to, batch, cursor)
        if answer.status in REFUSES_CONTENT and batch:
            return await self._content_refused(to, batch, answer)
        return self._failed(_reason(answer))

    async def _place(self, to: Recipient) -> int:
        """The cursor, found anew in another spool."""
        if self._cursor is None or not self._same():
            self._left, self._cursor = self._cursor or self._left, None
            self._generation = self._history.generation
            start = await self._start(to)
            await self._mourn(to, self._left)
            self._cursor, self._left = start, None
        return self._cursor

    def _same(self) -> bool:
        return self._generation == self._history.generation

    async def _start(self, to: Recipient) -> int:
        """The stored cursor, or just before the first record there is."""
        lost = int(await self._history.get_state(_lost_key(to)) or 0)
        self._lost = max(self._lost, lost)  # in another spool they are lost as well
        if stored := await self._history.get_state(to.key):
            return int(stored)
        last = self._history.last_seq  # asked first: what comes meanwhile is above it
        first = await self._history.after(0, 1)
        return first[0].seq - 1 if first else last

    async def _mourn(self, to: Recipient, cursor: int | None) -> None:
        """Count what went unposted with the spool that this one replaced, once.

        Args:
            to: who did not get it.
            cursor: what it got of that one; None when only that one may tell.
        """
        before = self._history.before
        if before is None or await self._history.get_state(_mourned_key(to)):
            return
        lost = 0
        if cursor is None:
            cursor, lost = await asyncio.to_thread(_told_by, before, to)
        gone = max(0, before.last_seq - cursor) if cursor is not None else 0
        keep = {_lost_key(to): self._lost + lost + gone, _mourned_key(to): 1}
        if not await self._history.change(partial(self._keep, keep)):
            return
        self._lost += lost
        if gone:
            self._tell_lost(to, gone, "went with a damaged history")
        elif not before.last_seq:
            what = "a damaged history cannot be read: nobody knows how much of it went unposted"
            self._history.append(Record(Kind.EVENT, to.name, "warning", data={"message": what}))

    def _due(self, to: Recipient) -> bool:
        return self._clock.monotonic() - self._posted >= to.every

    async def _accepted(self, to: Recipient, batch: list[Entry], before: int) -> Step:
        if batch:
            gap = batch[-1].seq - before - len(batch)  # numbers are given without one
            lost = {_lost_key(to): self._lost + gap} if gap else {}
            keep = partial(self._keep, {to.key: batch[-1].seq, **lost})
            if not await self._history.change(keep):
                return Step.MORE
            self._cursor = batch[-1].seq
            if gap:
                self._tell_lost(to, gap, "were deleted")
        self._limit = min(BATCH, self._limit * 2)
        self._failures = self._refused = 0
        self._error = ""
        self._posted = self._clock.monotonic()
        return Step.MORE

    def _keep(self, numbers: dict[str, int], connection: sqlite3.Connection) -> bool:
        """False when they are places in a spool that was replaced meanwhile."""
        if not self._same():
            return False
        for key, number in numbers.items():
            spool.put(connection, key, json.dumps(number))
        return True

    def _tell_lost(self, to: Recipient, gap: int, how: str) -> None:
        self._lost += gap
        what = f"{gap} records {how} before they could be posted"
        data = {"message": what, "lost": gap}
        self._history.append(Record(Kind.EVENT, to.name, "warning", data=data))

    async def _content_refused(self, to: Recipient, batch: list[Entry], answer: Response) -> Step:
        if len(batch) > 1:
            self._limit = len(batch) // 2
            return Step.MORE
        if self._refused >= PATIENCE:
            return self._failed(f"refuses every record: {_reason(answer)}")
        if to.every:  # what comes with the records may be at fault: then none of them is
            bare = await to.post([], self.status())
            if bare.status in REFUSES_CONTENT:
                return self._failed(_reason(bare))
        entry = batch[0]
        if not await self._history.run(partial(self._skip, to, entry, _reason(answer))):
            return Step.MORE
        self._cursor = entry.seq
        self._refused += 1
        self._set_aside += 1
        self._limit = BATCH
        return Step.MORE

    def _skip(
        self, to: Recipient, entry: Entry, reason: str, connection: sqlite3.Connection
    ) -> bool:
        """Event and cursor in one transaction, so that a record is set aside once. Whether both are
        kept.
        """
        if not self._keep({to.key: entry.seq}, connection):
            return False
        facts = {"message": "the server refuses a record; it stays here only", "reason": reason}
        event = Record(
            Kind.EVENT,
            to.name,
            "warning",
            data={**facts, "seq": entry.seq, "kind": entry.kind, "subject": entry.subject},
            at=self._clock.wall(),
        )
        spool.insert(connection, to_row(event, self._history.boot))
        return True

    def _failed(self, error: str) -> Step:
        self._error = error
        self._failures += 1
        return Step.WAIT

    def _pause(self) -> float:
        """Seconds to wait: half to all of the bound, so that not all hosts come at once."""
        doublings = min(self._failures - 1, 10)  # bounded, because 2.0 ** 1024 overflows
        bound = min(LAST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2.0**doublings)
        return bound * (0.5 + self._jitter() / 2)


def _lost_key(to: Recipient) -> str:
    return f"{to.key}:lost"


def _mourned_key(to: Recipient) -> str:
    return f"{to.key}:mourned"


def _told_by(before: spool.Remains, to: Recipient) -> tuple[int | None, int]:
    """The cursor that stands there, and how much was lost by then."""
    cursor = before.state(to.key)
    return int(cursor) if cursor else None, int(before.state(_lost_key(to)) or 0)


def _reason(answer: Response) -> str:
    return f"the server answered {answer.status} {message_of(answer.lenient())}".strip()
