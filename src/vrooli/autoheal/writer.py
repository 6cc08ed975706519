"""The one thread that writes the spool, so that the event loop never waits for a disk."""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vrooli.autoheal import spool
from vrooli.autoheal.backlog import LIMIT, Backlog, Item
from vrooli.autoheal.record import Kind, Record, to_row
from vrooli.core.errors import StorageError, VrooliError

GATHER_SECONDS = 0.5
"""Results wait this long for company: two fsyncs a second while nothing important happens."""

FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS = 0.1, 5.0
"""Backoff while the disk refuses: freed space is noticed soon, and no load is added."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SpoolHealth:
    """How the spool does.

    Attributes:
        backlog: rows that wait in memory.
        dropped: results given up since the start because the backlog was full.
        error: why the last attempt failed; empty when it worked.
        commit_age: seconds since the last commit; None before the first.
        last_seq: the highest committed number.
    """

    backlog: int
    dropped: int
    error: str
    commit_age: float | None
    last_seq: int


class Writer:
    """Owns the writing connection.

    The loop of its thread: 1. wait for something urgent, or for results to be 0.5 s old;
    2. open the spool if it is not open (a damaged one is set aside, and that is recorded);
    3. write one batch in one transaction; 4. answer those who wait; 5. on failure put the batch
    back, wait (0.1 s doubling to 5 s), go on with 2.
    """

    def __init__(
        self, path: Path, boot: str, wall: Callable[[], float], limit: int = LIMIT
    ) -> None:
        self._path, self._boot, self._wall = path, boot, wall
        self._changed = threading.Condition()
        self._backlog = Backlog(limit)
        self._oldest = 0.0  # monotonic time of the first item since the last batch
        self._closing = False
        self._abandon = False
        self._connection: sqlite3.Connection | None = None
        self._pause = 0.0
        self._notes: list[Record] = []  # what the writer itself has to tell
        self._reported = 0
        self._inode = 0
        self._flying = 0  # rows taken from the backlog and not committed yet
        self._suspect = False
        self._opened = threading.Event()
        self._error = ""
        self._committed_at: float | None = None
        self._last_seq = 0
        self._aside: Path | None = None
        self._before: spool.Remains | None = None
        self.generation = 0
        self.turns = 0  # of its loop, which turns every half a second while nothing happens
        self._thread = threading.Thread(target=self._run, name="spool-writer", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def push(self, item: Item) -> None:
        """Queue one item; never blocks on the disk.

        Raises:
            StorageError: the writer is closed.
        """
        with self._changed:
            if self._closing:
                raise StorageError(
                    "the history is closed",
                    where=str(self._path),
                    next_step="ask again: the next watchdog has another one",
                )
            if not len(self._backlog):
                self._oldest = time.monotonic()
            self._backlog.push(item)
            if self._backlog.urgent:
                self._changed.notify()

    def submit(self, work: Callable[[sqlite3.Connection], Any], alone: bool = False) -> Future[Any]:
        """Queue durable work; the future is answered after its COMMIT."""
        done: Future[Any] = Future()
        self.push(Item(work, durable=True, done=done, alone=alone))
        return done

    def health(self) -> SpoolHealth:
        """How it does now."""
        with self._changed:
            age = None if self._committed_at is None else time.monotonic() - self._committed_at
            return SpoolHealth(
                len(self._backlog) + self._flying,
                self._backlog.dropped,
                self._error,
                age,
                self._last_seq,
            )

    @property
    def last_seq(self) -> int:
        """The highest committed number; 0 before the spool is open."""
        return self._last_seq

    @property
    def before(self) -> spool.Remains | None:
        """Of the spool that this one replaced; None where there was none."""
        return self._before

    def suspect(self) -> None:
        """A reader met damage; the writer, which may still work on cached pages, shall look."""
        with self._changed:
            self._suspect = True
            self._changed.notify()

    def wait_open(self, timeout: float) -> bool:
        """Wait for the first attempt to open the spool; False when it took longer."""
        return self._opened.wait(timeout)

    def close(self, timeout: float) -> bool:
        """Write what waits, for at most `timeout` seconds, and end; False when rows were lost."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout)
        with self._changed:
            self._abandon = True
            left = self._backlog.clear()
            self._changed.notify()
        _fail(
            left,
            StorageError(
                "the history was closed before this was written",
                next_step="ask again: the next watchdog has another one",
            ),
        )
        return not left

    # -- the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        while self._wait():
            if self._connection is None and not self._open():
                continue
            with self._changed:
                batch = self._backlog.take()
                self._flying = len(batch)
                self._oldest = time.monotonic()
            if self._suspect:
                self._examine(batch)
            elif batch or self._notes:
                self._attempt(batch)
            with self._changed:
                self._flying = 0
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
            self._connection.close()

    def _wait(self) -> bool:
        """Sleep until there is something to do; False at the end."""
        with self._changed:
            self.turns += 1
            until = time.monotonic() + self._pause
            while (left := until - time.monotonic()) > 0 and not self._abandon:
                self._changed.wait(left)
            while not self._ready():
                self._changed.wait(GATHER_SECONDS)
                self.turns += 1
            return not (self._abandon or (self._closing and not len(self._backlog)))

    def _ready(self) -> bool:
        if self._closing or self._connection is None or self._notes or self._suspect:
            return True
        if self._backlog.urgent:
            return True
        return bool(len(self._backlog)) and time.monotonic() - self._oldest >= GATHER_SECONDS

    def _open(self) -> bool:
        try:
            # A new file begins above every number of the old one, also when the clock went back.
            opened = spool.open_spool(self._path, max(self._wall(), self._last_seq / 1000 + 1))
            self._inode = self._path.stat().st_ino
        except (sqlite3.Error, OSError, VrooliError) as error:
            self._failed(f"cannot open {self._path}: {error}")
            return False
        self._connection = opened.connection
        self._pause = 0.0
        if opened.set_aside is not None:
            self._note(f"the history was damaged and stands now in {opened.set_aside}")
        before = self._remains(opened.set_aside or self._aside)
        self._aside = None
        with self._changed:
            self._before = before
            self._last_seq = opened.last_seq
            self.generation += 1  # only now: who sees another file must not take its last number
            self._error = ""  # for that of the one before
            self._opened.set()
        return True

    def _remains(self, aside: Path | None) -> spool.Remains | None:
        if self._last_seq:  # we wrote it ourselves
            return spool.Remains(self._last_seq, aside)
        return None if aside is None else spool.remains(aside)

    def _attempt(self, batch: list[Item]) -> None:
        connection = self._connection
        if connection is None or self._moved():
            self._retreat(batch, "the file of the history was removed or replaced")
            return
        self._tell_drops()
        notes = [] if batch and batch[0].alone else list(self._notes)
        try:
            values = spool.transaction(connection, lambda c: self._apply(c, notes, batch))
        except sqlite3.Error as error:
            self._refused(batch, error)
        except Exception as error:  # noqa: BLE001 - loop edge: one odd item must not end the history
            self._isolate(batch, error)
        else:
            del self._notes[: len(notes)]
            self._committed(connection)
            for item, value in zip(batch, values, strict=True):
                _succeed(item, value)

    def _apply(
        self, connection: sqlite3.Connection, notes: list[Record], batch: list[Item]
    ) -> list[Any]:
        for note in notes:
            spool.insert(connection, to_row(note, self._boot))
        return [item.work(connection) for item in batch]

    def _committed(self, connection: sqlite3.Connection) -> None:
        number = spool.last_seq(connection)
        with self._changed:
            self._last_seq = number
            self._committed_at = time.monotonic()
            self._error = ""
        self._pause = 0.0

    def _examine(self, batch: list[Item]) -> None:
        self._suspect = False
        try:
            spool.verify(self._path)
        except sqlite3.Error as error:
            self._refused(batch, error)
        else:
            self._attempt(batch)

    def _refused(self, batch: list[Item], error: sqlite3.Error) -> None:
        """The disk said no: a damaged file is set aside, anything else is tried again."""
        if spool.damaged(error):
            self._retreat(batch, f"the history is damaged: {error}")
        elif not isinstance(error, sqlite3.OperationalError):
            self._isolate(batch, error)
        elif batch and batch[0].alone:
            # Its caller comes again with the next round; rows that wait go first.
            self._failed(f"cannot write {self._path}: {error}")
            _fail(
                batch,
                StorageError(
                    f"the history cannot be written: {error}",
                    retryable=True,
                    next_step="free space on its disk, or make it writable",
                ),
            )
        else:
            with self._changed:
                self._backlog.give_back(batch)
            self._failed(f"cannot write {self._path}: {error}")

    def _retreat(self, batch: list[Item], reason: str) -> None:
        """Leave this file and go on with a new one; the batch is not lost."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        with self._changed:
            self._backlog.give_back(batch)
        aside = ""
        if self._path.exists():
            try:
                self._aside = spool.move_aside(self._path, self._wall())
                aside = f"; it stands now in {self._aside}"
            except OSError as error:
                self._failed(f"{reason}, and cannot be moved: {error}")
                return
        self._note(reason + aside)

    def _isolate(self, batch: list[Item], error: Exception) -> None:
        """Something in the batch cannot be written at all: find it, refuse it, keep the rest."""
        if len(batch) != 1:
            for item in batch:
                self._attempt([item])
            return
        _log.error("the history refuses an entry: %s", error)
        _fail(
            batch,
            StorageError(
                f"the history cannot take this: {error}", next_step="see the log of the watchdog"
            ),
        )

    def _moved(self) -> bool:
        """Whether somebody deleted or replaced the file under us: what we wrote would be lost. A
        look that fails in another way says nothing: the disk may be away for a moment.
        """
        try:
            return self._path.stat().st_ino != self._inode
        except (FileNotFoundError, NotADirectoryError):
            return True
        except OSError:
            return False

    def _tell_drops(self) -> None:
        with self._changed:
            count, roomy = self._backlog.dropped - self._reported, self._backlog.roomy
        if count and roomy:
            self._reported += count
            self._note(f"{count} results were dropped while the disk took nothing", dropped=count)

    def _note(self, message: str, **data: Any) -> None:
        _log.warning("%s", message)
        facts = {"message": message, **data}
        self._notes.append(Record(Kind.EVENT, "spool", "warning", data=facts, at=self._wall()))

    def _failed(self, error: str) -> None:
        self._pause = min(LAST_RETRY_SECONDS, max(FIRST_RETRY_SECONDS, 2 * self._pause))
        with self._changed:
            news, self._error = error != self._error, error
            self._opened.set()
        if news:
            _log.error("%s", error)


def _succeed(item: Item, value: Any) -> None:
    if item.done is not None and not item.done.done():
        item.done.set_result(value)


def _fail(items: list[Item], error: StorageError) -> None:
    for item in items:
        if item.done is not None and not item.done.done():
            item.done.set_exception(error)
