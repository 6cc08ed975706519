"""Results become minutes and hours: n, how many of each status, and min, max, sum of what was
measured. And they become stretches, which know how long it was so.

The cursor is a sequence number and moves in the same transaction as all of them, so that neither a
kill -9 in the middle nor a jumping clock counts a result twice or not at all. A minute that comes
by twice, because the clock was set back, simply holds more results.
"""

import sqlite3

from vrooli.autoheal import spool, stretches
from vrooli.autoheal.history import History
from vrooli.autoheal.queries import TABLES

CURSOR = "rolled_up"
"""State key: the highest number that the minutes hold."""

STEP = 5000
"""Numbers of one transaction: some 40 ms on the writer's thread."""

# The unary plus keeps SQLite on the range of numbers; by the index of kinds it reads all results.
_FOLD = """
INSERT INTO {table}(subject, {slot}, n, ok, warning, critical, unknown, min, max, sum, measured)
SELECT subject, CAST(at / {seconds} AS INTEGER), count(*), sum(status = 'ok'),
       sum(status = 'warning'), sum(status = 'critical'), sum(status = 'unknown'),
       min(value), max(value), sum(value), count(value)
FROM records WHERE seq > ? AND seq <= ? AND +kind = 'result'
GROUP BY 1, 2
ON CONFLICT(subject, {slot}) DO UPDATE SET
  n = n + excluded.n, ok = ok + excluded.ok, warning = warning + excluded.warning,
  critical = critical + excluded.critical, unknown = unknown + excluded.unknown,
  min = min(coalesce(min, excluded.min), coalesce(excluded.min, min)),
  max = max(coalesce(max, excluded.max), coalesce(excluded.max, max)),
  sum = CASE WHEN sum IS NULL THEN excluded.sum ELSE sum + coalesce(excluded.sum, 0) END,
  measured = measured + excluded.measured
"""


def fold(connection: sqlite3.Connection, step: int = STEP) -> bool:
    """Roll up the next numbers within the caller's transaction; whether there may be more."""
    cursor = cursor_of(connection)
    # Numbers begin at the clock of the day, so a step begins at the next number that exists.
    query = "SELECT seq FROM records WHERE seq > ? ORDER BY seq LIMIT 1 OFFSET ?"
    row = connection.execute(query, (cursor, step - 1)).fetchone()
    until = int(row[0]) if row else spool.last_seq(connection)
    if until > cursor:
        for seconds, (table, slot) in TABLES.items():
            statement = _FOLD.format(table=table, slot=slot, seconds=seconds)
            connection.execute(statement, (cursor, until))
        stretches.fold(connection, cursor, until)
        spool.put(connection, CURSOR, str(until))
    return row is not None


def cursor_of(connection: sqlite3.Connection) -> int:
    """The highest number that the minutes hold; 0 before the first."""
    return int(spool.get(connection, CURSOR) or 0)


async def roll_up(history: History) -> int:
    """Roll up all there is; how many transactions it took.

    Raises:
        StorageError: the disk refused; what was done stays done, the rest comes next time.
    """
    rounds = 1
    while await history.run(fold):
        rounds += 1
    return rounds
