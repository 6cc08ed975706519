"""Port `vrooli.flow.journal.Journal`, in one SQLite file: for work that needs no server.

Any number of processes may have it open. `synchronous=FULL` in WAL mode: an fsync follows every
COMMIT (sqlite.org/pragma.html#pragma_synchronous).
"""

import asyncio
import logging
import os
import sqlite3
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from vrooli.core.errors import Refused, StorageError
from vrooli.flow.entries import Entry, Told
from vrooli.flow.journal import Written
from vrooli.flow.stored import Stored, stored

_PRAGMAS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")
_TABLES = (
    "CREATE TABLE IF NOT EXISTS runs(id TEXT PRIMARY KEY, fence INTEGER NOT NULL,"
    " ended INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS steps(n INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES runs,"
    " path TEXT NOT NULL, attempt INTEGER NOT NULL, type TEXT NOT NULL, status TEXT NOT NULL,"
    " arguments TEXT, output TEXT, failure TEXT, at REAL NOT NULL, UNIQUE(run, path, attempt))",
    "CREATE TABLE IF NOT EXISTS retries(run TEXT NOT NULL REFERENCES runs, path TEXT NOT NULL,"
    " attempt INTEGER NOT NULL, at REAL NOT NULL, n REAL NOT NULL,"
    " PRIMARY KEY(run, path, attempt)) WITHOUT ROWID",
)
_CLAIM = (
    "INSERT INTO runs(id, fence) VALUES (?, 1)"
    " ON CONFLICT(id) DO UPDATE SET fence = fence + 1 WHERE NOT ended RETURNING fence"
)
_END = "INSERT INTO runs(id, fence, ended) VALUES (?, 1, 1) ON CONFLICT(id) DO UPDATE SET ended = 1"
_REOPEN = "UPDATE runs SET ended = 0, fence = fence + 1 WHERE id = ?"
_GIVE_UP = (  # after what is there, and before what comes
    "INSERT OR IGNORE INTO retries(run, path, attempt, at, n)"
    " VALUES (?, ?, ?, ?, (SELECT coalesce(max(n), 0) + 0.5 FROM steps))"
)
_OURS = "SELECT 1 FROM runs WHERE id = ? AND fence = ? AND NOT ended"
_WRITE = (
    "INSERT INTO steps(run, path, attempt, type, status, arguments, output, failure, at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT(run, path, attempt) DO UPDATE SET status = excluded.status,"
    " output = excluded.output, failure = excluded.failure, at = excluded.at"
    " WHERE status = 'begun' AND excluded.status <> 'begun'"
)
_READ = (
    "SELECT path, attempt, type, status, arguments, output, failure, at, n"
    " FROM steps WHERE run = ?1 UNION ALL"
    " SELECT path, attempt, '', 'again', NULL, NULL, NULL, at, n"
    " FROM retries WHERE run = ?1 ORDER BY n"
)

T = TypeVar("T")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    run: str
    fence: int
    row: Stored
    answer: "Future[Written]"


class SqliteJournals:
    """Of all runs in one file. Its one thread waits for the disk; what comes meanwhile goes with
    the next transaction.
    """

    def __init__(self, path: Path) -> None:
        """Take this file, which is made when it is first needed; its folder is not."""
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._waiting: deque[_Waiting] = deque()  # one for both threads, and never replaced

    async def claim(self, run: str) -> "SqliteJournal":
        """Its journal, for its only owner from now on.

        Raises:
            Refused: it has ended.
            StorageError: the disk does not let us.
        """
        row = await self._on_thread(lambda file: file.execute(_CLAIM, (run,)).fetchone())
        if row is None:
            raise Refused("the run has ended", where=run, next_step="start another run")
        return SqliteJournal(self, run, row[0])

    async def end(self, run: str) -> None:
        """Nothing is written any more; `StorageError` as above."""
        await self._on_thread(lambda file: file.execute(_END, (run,)))

    async def again(self, run: str, given_up: Mapping[str, int]) -> None:
        """Let it go on after its end; by path the attempt up to which nothing counts any more.
        `StorageError` as above.
        """
        rows = [(run, path, attempt, time.time()) for path, attempt in given_up.items()]

        def do(file: sqlite3.Connection) -> None:
            file.execute(_REOPEN, (run,))
            file.executemany(_GIVE_UP, rows)

        await self._on_thread(do)

    async def read(self, run: str) -> list[Told]:
        """See the port."""
        rows = await self._on_thread(lambda file: file.execute(_READ, (run,)).fetchall())
        return [Stored(*row[:8]).entry() for row in rows]

    async def write(self, run: str, fence: int, entry: Entry) -> Written:
        """See the port. Goes on in the background when its caller is cancelled."""
        one = _Waiting(run, fence, stored(entry), Future())
        self._waiting.append(one)
        self._thread.submit(self._flush)
        return await asyncio.wrap_future(one.answer)

    async def close(self) -> None:
        """Write what waits, and let go of the file."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._let_go)
        self._thread.shutdown()

    # -- the thread --------------------------------------------------------------------------------

    async def _on_thread(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def do() -> T:
            with self._transaction() as file:
                return work(file)

        return await asyncio.get_running_loop().run_in_executor(self._thread, do)

    def _flush(self) -> None:
        batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
        for one in batch:
            one.answer.set_running_or_notify_cancel()  # from here on nobody cancels it
        error = self._tried(batch)
        if error is None:
            return
        # A row that cannot be stored must not sink those beside it.
        for one in batch if not error.retryable and len(batch) > 1 else ():
            its_own = self._tried([one])
            if its_own is not None:
                _fail([one], its_own)
        _fail(batch, error)

    def _tried(self, batch: Sequence[_Waiting]) -> StorageError | None:
        """Why nothing of it was written; None when all was, and is answered."""
        try:
            self._answer(batch)
        except StorageError as error:
            return error
        except Exception:  # noqa: BLE001 -- those who wait must hear of it: nobody else tells them
            _log.exception("the journal cannot be written")
            return StorageError(
                "the journal cannot be written: see the log",
                next_step="free space on its disk, or make it writable",
            )
        return None

    def _answer(self, batch: Sequence[_Waiting]) -> None:
        with self._transaction() as file:
            found = [_write(file, one) for one in batch]
        for one, written in zip(batch, found, strict=True):
            if not one.answer.done():
                one.answer.set_result(written)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """All of it is durable afterwards, or none."""
        try:
            file = self._open()
            file.execute("BEGIN IMMEDIATE")
            try:
                yield file
                file.execute("COMMIT")
            except BaseException:
                if file.in_transaction:
                    file.execute("ROLLBACK")
                raise
        except (sqlite3.Error, OSError, OverflowError) as error:
            again = isinstance(error, sqlite3.OperationalError | OSError)
            said = f"the journal cannot be used: {error}"
            raise StorageError(
                said,
                where=str(self._path),
                retryable=again,
                next_step="free space on its disk, or make it writable",
            ) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
            file = sqlite3.connect(self._path, timeout=5.0, isolation_level=None)
            try:
                for pragma in _PRAGMAS:
                    file.execute(f"PRAGMA {pragma}")
                for table in _TABLES:
                    file.execute(table)
            except BaseException:
                file.close()
                raise
            self._connection = file
        return self._connection

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class SqliteJournal:
    """Of one run."""

    def __init__(self, journals: SqliteJournals, run: str, fence: int) -> None:
        self._journals, self._run, self._fence = journals, run, fence

    async def read(self) -> list[Told]:
        """See the port."""
        return await self._journals.read(self._run)

    async def write(self, entry: Entry) -> Written:
        """See the port."""
        return await self._journals.write(self._run, self._fence, entry)


def _write(file: sqlite3.Connection, one: _Waiting) -> Written:
    if file.execute(_OURS, (one.run, one.fence)).fetchone() is None:
        return Written.FENCED
    changed = file.execute(_WRITE, (one.run, *one.row.columns)).rowcount
    return Written.DONE if changed else Written.DUPLICATE


def _fail(batch: Sequence[_Waiting], error: StorageError) -> None:
    for one in batch:
        if not one.answer.done():
            one.answer.set_exception(error)
