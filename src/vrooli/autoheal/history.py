"""The history of this host: append, commit, state, and the questions that charts and heals ask.

`append` never waits and never fails; what it queued is on disk after about 0.5 s. `commit` and
`put_state` return when their row is durable. Reads go over a read-only connection on a thread of
their own and see what is committed.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from vrooli.autoheal import queries, spool
from vrooli.autoheal.backlog import LIMIT, Item
from vrooli.autoheal.queries import Slot, Window
from vrooli.autoheal.record import Entry, Kind, Record, to_row
from vrooli.autoheal.writer import SpoolHealth, Writer
from vrooli.core.errors import StorageError
from vrooli.core.ports.clock import Clock

COMMIT_SECONDS = 10.0
"""How long a caller waits for durability before it is told that the disk does not take it."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """Bounds of the history.

    Attributes:
        limit: rows that may wait in memory.
        commit_seconds: deadline of `commit` and `put_state`.
    """

    limit: int = LIMIT
    commit_seconds: float = COMMIT_SECONDS


class History:
    """The spool of one watchdog."""

    def __init__(
        self, path: Path, boot: str, clock: Clock, settings: Settings | None = None
    ) -> None:
        self._path, self._boot, self._clock = path, boot, clock
        self._settings = settings or Settings()
        self._writer = Writer(path, boot, clock.wall, self._settings.limit)
        self._readers = ThreadPoolExecutor(1, "spool-reader")
        self._reader: sqlite3.Connection | None = None
        self._generation = -1

    async def start(self, timeout: float = 5.0) -> None:  # noqa: ASYNC109 - bounds a thread
        """Start the writer; returns after the first attempt to open, also when the disk refuses.

        Then rows wait in memory and `health()` says why.
        """
        self._writer.start()
        await asyncio.to_thread(self._writer.wait_open, timeout)

    async def close(self, timeout: float = 5.0) -> bool:  # noqa: ASYNC109 - bounds a thread
        """Write what waits, at most `timeout` seconds; False when rows were lost."""
        written = await asyncio.to_thread(self._writer.close, timeout)
        await asyncio.get_running_loop().run_in_executor(self._readers, self._close_reader)
        self._readers.shutdown(wait=False)
        return written

    @property
    def boot(self) -> str:
        """The boot id that new records carry."""
        return self._boot

    @property
    def last_seq(self) -> int:
        """The highest committed number, without asking the disk."""
        return self._writer.last_seq

    @property
    def before(self) -> spool.Remains | None:
        """Of the spool that this one replaced while we ran or began; None where there was none."""
        return self._writer.before

    @property
    def generation(self) -> int:
        """How often a spool was opened; another number means another file, perhaps an empty one."""
        return self._writer.generation

    @property
    def turns(self) -> int:
        """Grows while the thread that writes gets on, also when the disk refuses."""
        return self._writer.turns

    def health(self) -> SpoolHealth:
        """How the spool does, without asking the disk."""
        return self._writer.health()

    # -- writing -------------------------------------------------------------------------------

    def append(self, record: Record) -> None:
        """Queue a record and go on; only results may be dropped, and that is counted."""
        row = to_row(self._dated(record), self._boot)
        durable = record.kind != Kind.RESULT
        self._writer.push(Item(lambda c: spool.insert(c, row), durable))

    async def commit(self, record: Record) -> int:
        """Write a record; its number, once it is durable.

        Raises:
            StorageError: the disk did not take it in time. It stays queued and is tried again.
        """
        row = to_row(self._dated(record), self._boot)
        return int(await self._durable(self._writer.submit(lambda c: spool.insert(c, row))))

    async def put_state(self, key: str, value: Any) -> None:
        """Set a key (None forgets it), durably. `value` is anything that JSON holds.

        Raises:
            StorageError: as `commit`.
            TypeError: JSON does not hold the value.
        """
        await self.put_states({key: value})

    async def put_states(self, values: dict[str, Any]) -> None:
        """Set several keys in one transaction: all or none.

        Raises:
            StorageError: as `commit`.
            TypeError: JSON does not hold a value.
        """
        texts = {key: None if value is None else json.dumps(value) for key, value in values.items()}
        await self._durable(self._writer.submit(lambda c: _put_all(c, texts)))

    async def commit_with_state(self, record: Record, values: dict[str, Any]) -> int:
        """Write a record and keys in one transaction: a heal's end and that none is in flight.

        Raises:
            StorageError: as `commit`.
            TypeError: JSON does not hold a value.
        """
        row = to_row(self._dated(record), self._boot)
        texts = {key: None if value is None else json.dumps(value) for key, value in values.items()}

        def work(connection: sqlite3.Connection) -> int:
            _put_all(connection, texts)
            return spool.insert(connection, row)

        return int(await self._durable(self._writer.submit(work)))

    async def change(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work` in a transaction with what else waits, in the order of the calls.

        Raises:
            StorageError: as `commit`; it stays queued.
        """
        result: T = await self._durable(self._writer.submit(work))
        return result

    async def run(self, job: Callable[[sqlite3.Connection], T]) -> T:
        """Run `job` on the writer's thread in a transaction of its own (rollup, retention).

        Raises:
            StorageError: the disk did not take it in time, or refused.
        """
        result: T = await self._durable(self._writer.submit(job, alone=True))
        return result

    # -- reading -------------------------------------------------------------------------------

    async def read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Ask `query` of a read-only connection, on the readers' thread.

        Raises:
            StorageError: the spool cannot be read.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._query, query)

    async def get_state(self, key: str) -> Any:
        """The value of a key, or None.

        Raises:
            StorageError: the spool cannot be read.
        """
        text = await self.read(lambda c: spool.get(c, key))
        return None if text is None else json.loads(text)

    async def all_state(self, prefix: str = "") -> dict[str, Any]:
        """Every key that begins with `prefix`.

        Raises:
            StorageError: the spool cannot be read.
        """
        return await self.read(lambda c: queries.all_state(c, prefix))

    async def records(
        self,
        kind: str | None = None,
        subject: str | None = None,
        since: float | None = None,
        until: float | None = None,
        limit: int = 100,
    ) -> list[Entry]:
        """Records that fit, newest first; `since` <= at < `until`, Unix seconds.

        Raises:
            StorageError: the spool cannot be read.
        """
        window = Window(since, until, limit)
        return await self.read(lambda c: queries.records(c, kind, subject, window))

    async def after(self, seq: int, limit: int) -> list[Entry]:
        """Records with a higher number than `seq`, oldest first, as `queries.after`.

        Raises:
            StorageError: the spool cannot be read.
        """
        return await self.read(lambda c: queries.after(c, seq, limit))

    async def latest(self, kind: str, subject: str) -> Entry | None:
        """The newest record of a kind about a subject.

        Raises:
            StorageError: the spool cannot be read.
        """
        found = await self.records(kind, subject, limit=1)
        return found[0] if found else None

    async def minutes(
        self, subject: str, since: float | None = None, until: float | None = None
    ) -> Sequence[Slot]:
        """The rolled-up minutes of a subject, oldest first, at most 30 days.

        Raises:
            StorageError: the spool cannot be read.
        """
        window = Window(since, until, queries.MAX_MINUTES)
        return await self.read(lambda c: queries.slots(c, 60, subject, window))

    async def counts(self, kind: str, since: float | None = None) -> dict[str, dict[str, int]]:
        """How many records of a kind there are, by subject and status.

        Raises:
            StorageError: the spool cannot be read.
        """
        return await self.read(lambda c: queries.counts(c, kind, since))

    # -- inside --------------------------------------------------------------------------------

    def _dated(self, record: Record) -> Record:
        return record if record.at else replace(record, at=self._clock.wall())

    async def _durable(self, done: "Future[Any]") -> Any:
        waiting = asyncio.wrap_future(done)
        ready, _ = await asyncio.wait({waiting}, timeout=self._settings.commit_seconds)
        if ready:
            return waiting.result()
        # The row stays queued; nobody is left to hear of a later failure.
        waiting.add_done_callback(lambda late: late.cancelled() or late.exception())
        reason = self.health().error or "the disk is slow"
        raise StorageError(
            f"not written yet: {reason}",
            where=str(self._path),
            next_step="free space on this disk; the record is kept in memory and tried again",
            retryable=True,
        )

    def _query(self, query: Callable[[sqlite3.Connection], T]) -> T:
        try:
            if self._reader is None or self._generation != self._writer.generation:
                self._close_reader()
                self._generation = self._writer.generation
                self._reader = spool.open_reader(self._path)
            return query(self._reader)
        except sqlite3.Error as error:
            self._close_reader()
            if spool.damaged(error):
                self._writer.suspect()
            raise StorageError(
                f"the history cannot be read: {error}",
                where=str(self._path),
                retryable=True,
                next_step="free space on its disk; a damaged one is replaced by itself",
            ) from error

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()
            self._reader = None


def _put_all(connection: sqlite3.Connection, texts: dict[str, str | None]) -> None:
    for key, text in texts.items():
        spool.put(connection, key, text)
