"""What goes, and when: raw results after 24 h, minutes after 30 days, the rest after a year: hours,
stretches, transitions, heals and events.

Three guards stand before a deletion:

- the wall clock may jump. Rows carry wall time, so after a jump forwards everything looks older
  than it is. `advance` compares the wall clock with the monotonic one; by as much as the wall clock
  ran ahead, the cutoffs stand back for the next 24 h (a reboot and a suspended machine look the
  same and are treated the same: rows then stay longer, never shorter). A jump backwards needs no
  guard;
- results are kept until they are rolled up, and records until every server has them that is to.
  An outage of more than 7 days or 1,000,000 results is the exception: then the oldest results go,
  counted;
- 2,000,000 results are the end whatever a clock says, and 500,000 stretches: the file stays bounded
  (about 500 MiB). So are 10,000 events of one job: one of every second would write 63 million in a
  year.

Deletions run in small transactions, so that a heal never waits behind a purge.
"""

import json
import sqlite3
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

from vrooli.autoheal import rollup, spool
from vrooli.autoheal.history import History
from vrooli.autoheal.queries import TABLES
from vrooli.autoheal.record import Kind, Record
from vrooli.core.ports.clock import Clock

DAY = 86_400.0
STATE = "retention"
"""State key of the `Baseline`."""

SHIPPED = "shipped"
"""State key of the highest number that the server has acknowledged."""

_JUMP_SECONDS = 60.0  # more than slewing (500 ppm) or a busy machine can make of one interval


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much is kept.

    Attributes:
        results: seconds raw results stay.
        minutes: seconds minutes stay.
        others: seconds hours, stretches, transitions, heals and events stay.
        unshipped: seconds that results wait for the server at most.
        unshipped_rows: results that wait for the server at most.
        rows: results altogether.
        stretches: stretches altogether.
        job_events: events of one job.
        batch: rows of one transaction.
    """

    results: float = DAY
    minutes: float = 30 * DAY
    others: float = 365 * DAY
    unshipped: float = 7 * DAY
    unshipped_rows: int = 1_000_000
    rows: int = 2_000_000
    stretches: int = 500_000
    job_events: int = 10_000
    batch: int = 2000


@dataclass(frozen=True, slots=True)
class Baseline:
    """Both clocks as last seen, and by how much the wall clock is not trusted.

    Attributes:
        boot: monotonic time means something only within one boot.
        wall: Unix seconds.
        mono: monotonic seconds.
        slack: seconds by which the wall clock ran ahead.
        left: seconds for which `slack` still counts.
    """

    boot: str
    wall: float
    mono: float
    slack: float = 0.0
    left: float = 0.0


@dataclass(frozen=True, slots=True)
class Purged:
    """What one run deleted; `unshipped` of the results had not reached the server."""

    results: int = 0
    minutes: int = 0
    others: int = 0
    unshipped: int = 0


def advance(before: Baseline | None, boot: str, wall: float, mono: float) -> Baseline:
    """The next baseline: a wall clock that ran ahead adds slack, one set back takes it off."""
    if before is None:
        return Baseline(boot, wall, mono)
    lived = max(0.0, mono - before.mono) if boot == before.boot else 0.0
    jump = wall - before.wall - lived
    left = max(0.0, before.left - lived)
    slack = before.slack if left else 0.0
    if jump > _JUMP_SECONDS:
        slack, left = slack + jump, DAY
    elif jump < -_JUMP_SECONDS:
        slack = max(0.0, slack + jump)
    return Baseline(boot, wall, mono, slack, left)


class Retention:
    """Deletes what is old.

    Args:
        history: the spool.
        clock: both clocks.
        shipping: whether there is a server that is to have every record.
        limits: how long and how much is kept.
        others: state keys of what others have who are to have every record as well.
    """

    def __init__(
        self,
        history: History,
        clock: Clock,
        *,
        shipping: bool,
        limits: Limits | None = None,
        others: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        self._history, self._clock, self._shipping = history, clock, shipping
        self._limits, self._to_others = limits or Limits(), others

    async def run(self) -> Purged:
        """Roll up, then delete what may go.

        Raises:
            StorageError: the disk refused; what was done stays done, the rest comes next time.
        """
        await rollup.roll_up(self._history)
        now = await self._trusted_now()
        limits, run = self._limits, self._repeat
        minutes = await run(partial(_slots, 60, now - limits.minutes, limits.batch))
        await run(partial(_slots, 3600, now - limits.others, limits.batch))
        await run(partial(_stretches, now - limits.others, limits))
        others = await run(partial(self._others, now - limits.others))
        others += await run(self._job_surplus)
        results = await run(partial(self._results, now - limits.results))
        unshipped = await run(partial(self._overdue, now - limits.unshipped))
        unshipped += await run(partial(self._surplus, limits.unshipped_rows, True))
        beyond = await run(partial(self._surplus, limits.rows, False))
        if unshipped or beyond:
            self._tell(unshipped, beyond)
        return Purged(results + unshipped + beyond, minutes, others, unshipped)

    async def _trusted_now(self) -> float:
        """Now, less what the wall clock ran ahead."""
        stored = await self._history.get_state(STATE)
        before = Baseline(**stored) if stored else None
        clock = self._clock
        after = advance(before, self._history.boot, clock.wall(), clock.monotonic())
        await self._history.put_state(STATE, asdict(after))
        return after.wall - after.slack

    async def _repeat(self, delete: Callable[[sqlite3.Connection], int]) -> int:
        total = 0
        while (gone := await self._history.run(delete)) > 0:
            total += gone
            if gone < self._limits.batch:
                break
        if total:
            # Outside a transaction of rows: gives the freed pages back to the disk.
            await self._history.run(_vacuum)
        return total

    def _tell(self, unshipped: int, beyond: int) -> None:
        data = {
            "message": "old results were deleted before their time to keep the disk bounded",
            "unshipped": unshipped,
            "beyond_limit": beyond,
        }
        self._history.append(Record(Kind.EVENT, "spool", "warning", data=data))

    # -- on the writer's thread ----------------------------------------------------------------

    def _results(self, before: float, connection: sqlite3.Connection) -> int:
        where = "kind = 'result' AND at < ? AND seq <= ? ORDER BY at"
        return self._delete(connection, where, (before, self._safe(connection)))

    def _others(self, before: float, connection: sqlite3.Connection) -> int:
        kinds = ", ".join(f"'{kind}'" for kind in Kind if kind is not Kind.RESULT)
        where = f"kind IN ({kinds}) AND at < ? AND seq <= ?"
        return self._delete(connection, where, (before, self._safe(connection)))

    def _overdue(self, before: float, connection: sqlite3.Connection) -> int:
        """Results that waited too long for the server; never what is not rolled up."""
        where = "kind = 'result' AND at < ? AND seq <= ? ORDER BY at"
        return self._delete(connection, where, (before, rollup.cursor_of(connection)))

    def _surplus(self, limit: int, unshipped: bool, connection: sqlite3.Connection) -> int:
        """The oldest results beyond `limit`, counting all or only the unshipped ones."""
        floor = (self._shipped(connection) or 0) if unshipped else 0
        count = "SELECT count(*) FROM records WHERE kind = 'result' AND seq > ?"
        surplus = int(connection.execute(count, (floor,)).fetchone()[0]) - limit
        if surplus <= 0:
            return 0
        where = "+kind = 'result' AND seq > ? AND seq <= ? ORDER BY seq"  # see rollup.py
        values = (floor, rollup.cursor_of(connection))
        return self._delete(connection, where, values, min(surplus, self._limits.batch))

    def _job_surplus(self, connection: sqlite3.Connection) -> int:
        """The oldest events of a job that has more than its share."""
        count = (
            "SELECT subject, count(*) - ? FROM records"
            " WHERE kind = 'event' AND subject LIKE 'job-%' GROUP BY subject HAVING count(*) > ?"
        )
        limit = self._limits.job_events
        gone = 0
        for subject, surplus in connection.execute(count, (limit, limit)).fetchall():
            where = "kind = 'event' AND subject = ? AND seq <= ? ORDER BY seq"
            rows = min(surplus, self._limits.batch - gone)
            gone += self._delete(connection, where, (subject, self._safe(connection)), rows)
        return gone

    def _safe(self, connection: sqlite3.Connection) -> int:
        """The highest number that the minutes have, and everybody who is to have it."""
        rolled, shipped = rollup.cursor_of(connection), self._shipped(connection)
        return rolled if shipped is None else min(rolled, shipped)

    def _shipped(self, connection: sqlite3.Connection) -> int | None:
        """The highest number that all servers have, 0 before the first; None when there is none."""
        keys = (*((SHIPPED,) if self._shipping else ()), *self._to_others())
        found = [int(json.loads(spool.get(connection, key) or "0")) for key in keys]
        return min(found, default=None)

    def _delete(
        self,
        connection: sqlite3.Connection,
        where: str,
        values: tuple[Any, ...],
        limit: int | None = None,
    ) -> int:
        query = f"DELETE FROM records WHERE seq IN (SELECT seq FROM records WHERE {where} LIMIT ?)"
        rows = self._limits.batch if limit is None else limit
        return connection.execute(query, (*values, rows)).rowcount


def _slots(seconds: int, before: float, batch: int, connection: sqlite3.Connection) -> int:
    table, slot = TABLES[seconds]
    query = (
        f"DELETE FROM {table} WHERE (subject, {slot}) IN"
        f" (SELECT subject, {slot} FROM {table} WHERE {slot} < ? LIMIT ?)"
    )
    return connection.execute(query, (int(before // seconds), batch)).rowcount


def _stretches(before: float, limits: Limits, connection: sqlite3.Connection) -> int:
    """Old ones, and those beyond the limit; numbers are given in order."""
    query = (
        "DELETE FROM stretches WHERE id IN (SELECT id FROM stretches WHERE ended < ? OR id <="
        " (SELECT max(id) FROM stretches) - ? LIMIT ?)"
    )
    return connection.execute(query, (before, limits.stretches, limits.batch)).rowcount


def _vacuum(connection: sqlite3.Connection) -> None:
    """Give free pages back to the disk, at most 8 MiB a run."""
    free = int(connection.execute("PRAGMA freelist_count").fetchone()[0])
    for _ in range(min(free, 2000)):
        # One page a statement: the module stops at its first row, and each page makes a row.
        connection.execute("PRAGMA incremental_vacuum(1)")
