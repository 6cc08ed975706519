"""Tells which trees of runs have new events: readers of this process at once, others by a carrier,
which is NOTIFY where nothing else is said.

PostgreSQL commits transactions that notify one after the other, under one lock for the whole
cluster. So no transaction of the journal notifies: what it wrote is told afterwards, the trees of
many writes together. What gets lost on the way is found by those who look (`live.Live.look`).
"""

import asyncio
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from typing import Protocol

from vrooli.core.errors import VrooliError
from vrooli.core.ports.database import Database

CHANNEL = "vrooli_run_events"

PAUSE = 0.02
"""Seconds between two notices."""

CLOSING = 1.0
"""Seconds for the last one."""

MOST = 200
"""Trees of a notice: PostgreSQL takes 7,999 bytes, and an id of ours has 16."""

LARGEST = 7000
ANY = "*"
"""Instead of more trees than a notice holds: any may have news."""

Told = Callable[[Collection[str]], None]
"""Takes the roots of trees that have news."""


class Carrier(Protocol):
    """Takes notices to the other processes. What it loses is found by those who look."""

    async def carry(self, notice: str) -> None:
        """Tell it to all who listen now.

        Raises:
            VrooliError: it may have reached nobody.
        """
        ...


class ByNotify:
    """See the port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def carry(self, notice: str) -> None:
        """See the port."""
        async with self._database.connection() as connection:
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, notice)


def nobody(roots: Collection[str]) -> None:
    """For writers to whom nobody listens."""


class News:
    """For the writers of one process.

    Attributes:
        owner: a name that no other process ever has; it stands in each notice.
        carrier: who takes them to other processes.
    """

    def __init__(self, database: Database, owner: str, heard: Told = nobody) -> None:
        self._heard = heard
        self._due: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self.owner = owner
        self.carrier: Carrier = ByNotify(database)

    def tell(self, roots: Collection[str]) -> None:
        """These trees have new events, which are durable."""
        if not roots:
            return
        self._heard(roots)
        self._due.update(roots)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._notify(), name="news")

    async def close(self) -> None:
        """Wait until all is told that was to be, not for ever: who is not told looks."""
        if self._task is not None:
            await asyncio.wait([self._task], timeout=CLOSING)

    async def _notify(self) -> None:
        while self._due:
            said = written(self.owner, self._due)
            self._due.clear()
            with suppress(VrooliError):  # those who are not told look
                await self.carrier.carry(said)
            await asyncio.sleep(PAUSE)


def written(owner: str, roots: Collection[str]) -> str:
    """A notice."""
    listed = ",".join(roots)
    fits = len(roots) <= MOST and len(listed) <= LARGEST
    return f"{owner} {listed if fits else ANY}"


def understood(notice: str) -> tuple[str, Iterable[str] | None]:
    """Who wrote it, and the roots in it; None where any may be meant."""
    owner, _, listed = notice.rpartition(" ")
    return owner, None if listed == ANY else listed.split(",")
