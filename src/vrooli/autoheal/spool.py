"""The spool file: one SQLite database in WAL mode. Synchronous; callers bring their own threads.

`synchronous=FULL` on the writing connection: in WAL mode an fsync then follows every COMMIT
(sqlite.org/pragma.html#pragma_synchronous), so that what was acknowledged survives a power cut.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from vrooli.autoheal.record import Row
from vrooli.core.errors import StorageError

CHECKED_BYTES = 64 * 1024 * 1024
"""Files up to this size are checked whole when opened; damage in a larger one is found when met."""

INSERT = (
    "INSERT INTO records(boot, at, kind, subject, status, value, data) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
COLUMNS = "seq, boot, at, kind, subject, status, value, data"

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)

_FIRST = (
    "CREATE TABLE records(seq INTEGER PRIMARY KEY AUTOINCREMENT, boot TEXT NOT NULL,"
    " at REAL NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, status TEXT NOT NULL,"
    " value REAL, data TEXT NOT NULL)",
    # An index ends with the rowid, so this one also gives the newest of a subject without a sort.
    "CREATE INDEX records_subject ON records(kind, subject)",
    "CREATE INDEX records_age ON records(kind, at)",
    "CREATE TABLE minutes(subject TEXT NOT NULL, minute INTEGER NOT NULL, n INTEGER NOT NULL,"
    " ok INTEGER NOT NULL, warning INTEGER NOT NULL, critical INTEGER NOT NULL,"
    " unknown INTEGER NOT NULL, min REAL, max REAL, sum REAL,"
    " PRIMARY KEY(subject, minute)) WITHOUT ROWID",
    "CREATE INDEX minutes_age ON minutes(minute)",
    "CREATE TABLE state(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
)
_HOURS = (
    # How many values the sum is made of: a look that failed measured nothing.
    "ALTER TABLE minutes ADD COLUMN measured INTEGER",
    "CREATE TABLE hours(subject TEXT NOT NULL, hour INTEGER NOT NULL, n INTEGER NOT NULL,"
    " ok INTEGER NOT NULL, warning INTEGER NOT NULL, critical INTEGER NOT NULL,"
    " unknown INTEGER NOT NULL, min REAL, max REAL, sum REAL, measured INTEGER,"
    " PRIMARY KEY(subject, hour)) WITHOUT ROWID",
    "CREATE INDEX hours_age ON hours(hour)",
    # Row by row: to group them all at once takes 200 MiB where a month of many checks is kept.
    "INSERT INTO hours SELECT subject, minute / 60, n, ok, warning, critical, unknown,"
    " min, max, sum, NULL FROM minutes WHERE true"
    " ON CONFLICT(subject, hour) DO UPDATE SET n = n + excluded.n,"
    " ok = ok + excluded.ok, warning = warning + excluded.warning,"
    " critical = critical + excluded.critical, unknown = unknown + excluded.unknown,"
    " min = min(coalesce(min, excluded.min), coalesce(excluded.min, min)),"
    " max = max(coalesce(max, excluded.max), coalesce(excluded.max, max)),"
    " sum = CASE WHEN sum IS NULL THEN excluded.sum ELSE sum + coalesce(excluded.sum, 0) END",
    "CREATE TABLE stretches(id INTEGER PRIMARY KEY, subject TEXT NOT NULL, state TEXT NOT NULL,"
    " began REAL NOT NULL, ended REAL NOT NULL, every REAL NOT NULL, why TEXT NOT NULL)",
    "CREATE INDEX stretches_subject ON stretches(subject)",
    "CREATE INDEX stretches_age ON stretches(ended)",
)
_NOTICES = (
    # What people are told, before they are: see notify/store.py.
    "CREATE TABLE notices(seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL,"
    " id TEXT NOT NULL, live INTEGER NOT NULL, at REAL NOT NULL, data TEXT NOT NULL,"
    " UNIQUE(kind, id))",
    "CREATE INDEX notices_live ON notices(seq) WHERE live",
    "CREATE INDEX notices_kind ON notices(kind)",
    "CREATE INDEX notices_age ON notices(at) WHERE NOT live",
)
MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _HOURS, _NOTICES)
"""Statements that lead from `user_version` i to i + 1. Only ever append."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A spool ready for writing.

    Attributes:
        connection: the one writing connection.
        set_aside: where a damaged file was moved, None when there was no damage.
        last_seq: the highest number given so far.
    """

    connection: sqlite3.Connection
    set_aside: Path | None
    last_seq: int


def open_spool(path: Path, now: float) -> Opened:
    """Open (or make) the spool; a damaged one is moved aside first and never deleted.

    Args:
        path: the file. Its folder is never made: one that was moved away must not come back empty.
        now: Unix seconds, for the first number of a new file.

    Raises:
        StorageError: a newer program wrote it.
        sqlite3.Error: the disk does not let us.
        OSError: the same.
    """
    set_aside = None
    try:
        connection = _open(path, now)
    except sqlite3.DatabaseError as error:
        if not damaged(error):
            raise
        set_aside = move_aside(path, now)
        connection = _open(path, now)
    return Opened(connection, set_aside, last_seq(connection))


def damaged(error: sqlite3.Error) -> bool:
    """Whether `error` says that the file itself is broken, so that trying again cannot help."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and (code & 0xFF) in _DAMAGED


def move_aside(path: Path, now: float) -> Path:
    """Rename a damaged spool with its WAL, so that a person can still look into it."""
    aside = _free(path.with_name(f"{path.name}.corrupt-{int(now)}"))
    for suffix in ("-wal", ""):
        with suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{aside}{suffix}")
    # The shared memory is only an index of the WAL; left behind it would mislead the new file.
    with suppress(FileNotFoundError):
        os.unlink(f"{path}-shm")
    return aside


def open_reader(path: Path) -> sqlite3.Connection:
    """A read-only connection; it sees what is committed and never blocks the writer.

    Raises:
        sqlite3.Error: there is no spool yet, or it cannot be read.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro"
    connection = sqlite3.connect(uri, uri=True, timeout=5.0, isolation_level=None)
    # The system keeps these pages anyway; a copy of a month of many services would stay for ever.
    connection.execute("PRAGMA cache_size = -256")
    return connection


def verify(path: Path) -> None:
    """Check the whole file with fresh eyes.

    Raises:
        sqlite3.DatabaseError: it is damaged (see `damaged`).
    """
    with closing(open_reader(path)) as connection:
        _verify(connection)


def transaction(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], Any]) -> Any:
    """Run `work` in one transaction: all of it is durable when this returns, or none.

    Raises:
        sqlite3.Error: the disk did not take it.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        result = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            with suppress(sqlite3.Error):  # a full disk may have rolled back by itself
                connection.execute("ROLLBACK")
        raise
    return result


def insert(connection: sqlite3.Connection, row: Row) -> int:
    """Append one row within the caller's transaction; gives its number."""
    return int(connection.execute(INSERT, row).lastrowid or 0)


def put(connection: sqlite3.Connection, key: str, value: str | None) -> None:
    """Set (or with None forget) one key within the caller's transaction."""
    if value is None:
        connection.execute("DELETE FROM state WHERE key = ?", (key,))
        return
    connection.execute("INSERT OR REPLACE INTO state(key, value) VALUES (?, ?)", (key, value))


def get(connection: sqlite3.Connection, key: str) -> str | None:
    """The value of one key as it was stored, or None."""
    row = connection.execute("SELECT value FROM state WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of a spool that another one replaced.

    Attributes:
        last_seq: the highest number that was given in it, as far as anybody knows.
        file: where it stands now; None when it was removed.
    """

    last_seq: int
    file: Path | None

    def state(self, key: str) -> str | None:
        """See `get`; None also when it cannot be read any more."""
        if self.file is None:
            return None
        with suppress(sqlite3.Error), closing(open_reader(self.file)) as connection:
            return get(connection, key)
        return None


def remains(file: Path) -> Remains:
    """Of a file that was set aside. Its number is 0 when it cannot be read any more."""
    with suppress(sqlite3.Error), closing(open_reader(file)) as connection:
        return Remains(last_seq(connection), file)
    return Remains(0, file)


def last_seq(connection: sqlite3.Connection) -> int:
    """The highest number given so far."""
    query = "SELECT seq FROM sqlite_sequence WHERE name = 'records'"
    row = connection.execute(query).fetchone()
    return 0 if row is None else int(row[0])


def _open(path: Path, now: float) -> sqlite3.Connection:
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    try:
        _configure(connection)
        if path.stat().st_size <= CHECKED_BYTES:
            _verify(connection)
        _migrate(connection, path, now)
    except BaseException:
        connection.close()
        raise
    return connection


def _configure(connection: sqlite3.Connection) -> None:
    pragmas: Iterable[str] = (
        "auto_vacuum = INCREMENTAL",  # only takes effect before the first table is made
        "journal_mode = WAL",
        "synchronous = FULL",
        "wal_autocheckpoint = 1000",
        "journal_size_limit = 8388608",  # the WAL shrinks again after a burst
        "cache_size = -2048",  # 2 MiB: the watchdog stays small
        "temp_store = MEMORY",
    )
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


def _verify(connection: sqlite3.Connection) -> None:
    verdict = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict is None or verdict[0] != "ok":
        error = sqlite3.DatabaseError(f"the spool is damaged: {verdict}")
        error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise error


def _migrate(connection: sqlite3.Connection, path: Path, now: float) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(MIGRATIONS):
        raise StorageError(
            f"the history was written by a newer version (schema {version})",
            where=str(path),
            next_step="install that version again, or move the file away",
        )
    for number, statements in enumerate(MIGRATIONS[version:], start=version + 1):
        transaction(connection, partial(_step, number, statements, now))


def _step(number: int, sql: tuple[str, ...], now: float, connection: sqlite3.Connection) -> None:
    for statement in sql:
        connection.execute(statement)
    if number == 1:
        # A lost spool must never give a number twice, or the server would drop new rows as known.
        start = int(now * 1000)
        connection.execute("INSERT INTO sqlite_sequence(name, seq) VALUES ('records', ?)", (start,))
    connection.execute(f"PRAGMA user_version = {number}")


def _free(path: Path) -> Path:
    candidate, number = path, 1
    while candidate.exists():
        candidate, number = path.with_name(f"{path.name}.{number}"), number + 1
    return candidate
