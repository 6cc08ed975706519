"""Stretches in the spool: written by the roll-up, read with what it has not come to yet.

Synchronous; callers bring their own threads. What a look does to a stretch is decided in
`stretch.py`, for the roll-up and for readers alike.
"""

import json
import sqlite3
from collections.abc import Iterable

from vrooli.autoheal import spool
from vrooli.autoheal.pieces import Span
from vrooli.autoheal.stretch import Stretch, begin, said_by

MOST = 50_000
"""Stretches of one check in one answer; a check that flaps faster loses the oldest."""

FRESH = 20_000
"""Results that a reader takes up by itself: more wait only while the disk refuses the roll-up."""

_COLUMNS = "id, state, began, ended, every, why"
_RESULTS = (
    "SELECT subject, at, status, data FROM records"
    # The unary plus keeps SQLite on the range of numbers, see rollup.py.
    " WHERE seq > ? AND seq <= ? AND +kind = 'result'"
)

Kept = tuple[int, Stretch]
"""A stretch with its number in the spool; 0 for one that is not written yet."""

Fresh = dict[str, list[Kept]]
"""By check: the stretch that went on, and those that began."""


def fold(connection: sqlite3.Connection, cursor: int, until: int) -> None:
    """Take up the results numbered after `cursor` up to `until`, in the caller's transaction."""
    rows = connection.execute(f"{_RESULTS} ORDER BY seq", (cursor, until))
    for subject, kept in _grown(connection, rows).items():
        for number, stretch in kept:
            _write(connection, subject, number, stretch)


def fresh(connection: sqlite3.Connection, cursor: int) -> Fresh:
    """What `fold` would write about the results after `cursor`."""
    query = f"{_RESULTS} ORDER BY seq LIMIT {FRESH}"
    return _grown(connection, connection.execute(query, (cursor, spool.last_seq(connection))))


def of(connection: sqlite3.Connection, subject: str, window: Span, new: Fresh) -> list[Stretch]:
    """The stretches of a check in `window`, and before it those back to the last good one, so that
    an incident keeps its beginning.
    """
    first = connection.execute(
        "SELECT id FROM stretches WHERE subject = ? AND began <= ? AND state IN ('ok', 'off')"
        " ORDER BY id DESC LIMIT 1",
        (subject, window.began),
    ).fetchone()
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM stretches WHERE subject = ? AND id >= ? AND began < ?"
        " ORDER BY id DESC LIMIT ?",
        (subject, first[0] if first else 0, window.ended, MOST),
    )
    known = {int(row[0]): Stretch(*row[1:]) for row in reversed(rows.fetchall())}
    mine = new.get(subject, [])
    known |= {number: longer for number, longer in mine if number in known}
    return [*known.values(), *(stretch for number, stretch in mine if number == 0)]


def subjects(connection: sqlite3.Connection) -> set[str]:
    """Every check that the stretches know."""
    return {row[0] for row in connection.execute("SELECT DISTINCT subject FROM stretches")}


def _grown(connection: sqlite3.Connection, rows: Iterable[tuple[str, float, str, str]]) -> Fresh:
    """What became of the stretches: those that went on, with their number, and new ones."""
    found: Fresh = {}
    for subject, at, status, data in rows:
        look = said_by(at, status, json.loads(data))
        mine = found.setdefault(subject, []) or _latest(connection, subject)
        number, last = mine[-1] if mine else (0, None)
        longer = last.with_look(look) if last is not None else None
        if longer is None:
            found[subject].append((0, begin(look)))
        elif found[subject]:
            found[subject][-1] = (number, longer)
        else:
            found[subject].append((number, longer))
    return found


def _latest(connection: sqlite3.Connection, subject: str) -> list[Kept]:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM stretches WHERE subject = ? ORDER BY id DESC LIMIT 1", (subject,)
    ).fetchone()
    return [] if row is None else [(int(row[0]), Stretch(*row[1:]))]


def _write(connection: sqlite3.Connection, subject: str, number: int, stretch: Stretch) -> None:
    if number:
        connection.execute(
            "UPDATE stretches SET ended = ?, every = ? WHERE id = ?",
            (stretch.ended, stretch.every, number),
        )
        return
    connection.execute(
        "INSERT INTO stretches(subject, state, began, ended, every, why) VALUES (?, ?, ?, ?, ?, ?)",
        (subject, stretch.state, stretch.began, stretch.ended, stretch.every, stretch.why),
    )
