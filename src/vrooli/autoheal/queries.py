"""The questions that the spool answers. Reading only."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vrooli.autoheal.record import Entry, to_entry
from vrooli.autoheal.spool import COLUMNS

MAX_ROWS = 10_000
"""Records of one answer."""

MAX_CHARACTERS = 2 * 1024 * 1024
"""Data of one answer of `after`: the server takes posts of 4 MiB."""

TABLES = {60: ("minutes", "minute"), 3600: ("hours", "hour")}
"""Tables of slots and their columns, by seconds of a slot."""

MAX_MINUTES = 31 * 24 * 60
"""Minutes of one answer: all that retention keeps of a subject."""

_ABOUT = (
    " AND (subject IN (SELECT value FROM json_each(?)) OR kind = 'event' AND EXISTS"
    # An operation names its services in its data.
    " (SELECT 1 FROM json_each(data, '$.names') AS said"
    " WHERE said.value IN (SELECT value FROM json_each(?))))"
)


@dataclass(frozen=True, slots=True)
class Window:
    """A span of wall time and how many rows of it.

    Attributes:
        since: Unix seconds, inclusive; None is the beginning.
        until: Unix seconds, exclusive; None is now.
        limit: rows.
    """

    since: float | None = None
    until: float | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True)
class Slot:
    """All results of one subject in one minute or hour.

    Attributes:
        subject: the check.
        start: Unix seconds of its beginning.
        n: results.
        ok: how many were ok; `warning`, `critical` and `unknown` likewise.
        min: smallest value, None when nothing was measured; `max` and `sum` likewise.
        measured: values in `sum`; None where an older version did not count them.
    """

    subject: str
    start: int
    n: int
    ok: int
    warning: int
    critical: int
    unknown: int
    min: float | None
    max: float | None
    sum: float | None
    measured: int | None = None

    @property
    def mean(self) -> float | None:
        """Of what was measured."""
        return None if self.sum is None else self.sum / (self.measured or self.n)


def records(
    connection: sqlite3.Connection, kind: str | None, subject: str | None, window: Window
) -> list[Entry]:
    """Records that fit, newest (by number, which no clock can turn back) first."""
    where, values = _where([("kind = ?", kind), ("subject = ?", subject), *_span("at", window)])
    values.append(max(0, min(window.limit, MAX_ROWS)))
    query = f"SELECT {COLUMNS} FROM records{where} ORDER BY seq DESC LIMIT ?"
    return [to_entry(row) for row in connection.execute(query, values)]


def after(connection: sqlite3.Connection, seq: int, limit: int) -> list[Entry]:
    """Records with a higher number, oldest first; fewer than `limit` when their data is large."""
    query = f"SELECT {COLUMNS} FROM records WHERE seq > ? ORDER BY seq LIMIT ?"
    found: list[Entry] = []
    size = 0
    for row in connection.execute(query, (seq, min(limit, MAX_ROWS))):
        size += len(row[-1]) + 100
        if found and size > MAX_CHARACTERS:
            break
        found.append(to_entry(row))
    return found


def slots(connection: sqlite3.Connection, seconds: int, subject: str, window: Window) -> list[Slot]:
    """Rolled-up minutes (60 `seconds`) or hours (3600), the newest of them, oldest first."""
    table, slot = TABLES[seconds]
    where, values = _where([("subject = ?", subject), *_span(f"{slot} * {seconds}", window)])
    query = (
        f"SELECT subject, {slot} * {seconds}, n, ok, warning, critical, unknown, min, max, sum,"
        f" measured FROM {table}{where} ORDER BY {slot} DESC LIMIT ?"
    )
    found = [Slot(*row) for row in connection.execute(query, [*values, window.limit])]
    return found[::-1]


def counts(
    connection: sqlite3.Connection, kind: str, since: float | None
) -> dict[str, dict[str, int]]:
    """Records of a kind by subject and status."""
    where, values = _where([("kind = ?", kind), ("at >= ?", since)])
    query = f"SELECT subject, status, count(*) FROM records{where} GROUP BY subject, status"
    found: dict[str, dict[str, int]] = {}
    for subject, status, number in connection.execute(query, values):
        found.setdefault(subject, {})[status] = number
    return found


def happenings(
    connection: sqlite3.Connection,
    names: Iterable[str],
    window: Window,
    before: int = 0,
    kind: str = "",
) -> list[Entry]:
    """All but results, newest first: about `names` with operations on them, about all when there
    are none; with numbers below `before`, if it is not 0; of one `kind`, if it is not empty.
    """
    conditions = [*_span("at", window), ("seq < ?", before or None), ("kind = ?", kind or None)]
    where, values = _where(conditions)
    where = f"{where or ' WHERE true'} AND kind IN ('transition', 'heal', 'event')"
    if chosen := sorted(names):
        where += _ABOUT
        values += [json.dumps(chosen)] * 2
    # Numbers are chosen first, from an index: whole rows would all be sorted to give a few of them.
    numbers = f"SELECT seq FROM records{where} ORDER BY seq DESC LIMIT ?"
    query = f"SELECT {COLUMNS} FROM records WHERE seq IN ({numbers}) ORDER BY seq DESC"
    limit = max(0, min(window.limit, MAX_ROWS))
    return [to_entry(row) for row in connection.execute(query, [*values, limit])]


def events(
    connection: sqlite3.Connection, subject: str, whats: Iterable[str], window: Window
) -> list[Entry]:
    """Events about `subject`, and those about anything that say one of `whats`, oldest first."""
    where, values = _where(_span("at", window))
    query = (
        f"SELECT {COLUMNS} FROM records{where or ' WHERE true'} AND kind = 'event'"
        " AND (subject = ? OR json_extract(data, '$.what') IN (SELECT value FROM json_each(?)))"
        " ORDER BY seq DESC LIMIT ?"
    )
    limit = max(0, min(window.limit, MAX_ROWS))
    rows = connection.execute(query, [*values, subject, json.dumps([*whats]), limit])
    return [to_entry(row) for row in reversed(rows.fetchall())]


def happened_to(connection: sqlite3.Connection, subject: str) -> bool:
    """Whether anything but results is written down about `subject`."""
    query = "SELECT 1 FROM records WHERE kind IN ('transition', 'heal', 'event') AND subject = ?"
    return connection.execute(f"{query} LIMIT 1", (subject,)).fetchone() is not None


def all_state(connection: sqlite3.Connection, prefix: str) -> dict[str, Any]:
    """Keys that begin with `prefix`, with their values."""
    query = "SELECT key, value FROM state WHERE substr(key, 1, ?) = ? ORDER BY key"
    rows = connection.execute(query, (len(prefix), prefix))
    return {key: json.loads(value) for key, value in rows}


def _span(column: str, window: Window) -> list[tuple[str, Any]]:
    return [(f"{column} >= ?", window.since), (f"{column} < ?", window.until)]


def _where(terms: list[tuple[str, Any]]) -> tuple[str, list[Any]]:
    used = [(term, value) for term, value in terms if value is not None]
    text = " AND ".join(term for term, _ in used)
    return (f" WHERE {text}" if text else ""), [value for _, value in used]
