"""What the spool keeps, for how long, and how far back it really reaches."""

import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

from vrooli.autoheal.retention import Limits


@dataclass(frozen=True, slots=True)
class Stored:
    """One kind of what is written down.

    Attributes:
        what: it is, for people.
        seconds: after which it goes.
        oldest: unix seconds of the first that is there; None where there is none.
    """

    what: str
    seconds: float
    oldest: float | None

    def to_json(self) -> dict[str, Any]:
        """The shape on the wire."""
        return asdict(self)


def stored(connection: sqlite3.Connection, limits: Limits) -> list[Stored]:
    """What there is, by kind: each answered from the first entry of an index, however much that
    is.
    """
    record = "SELECT min(at) FROM records WHERE kind = '{}'"
    asked = (
        ("single looks", limits.results, record.format("result")),
        ("looks, a minute together", limits.minutes, "SELECT min(minute) * 60.0 FROM minutes"),
        ("looks, an hour together", limits.others, "SELECT min(hour) * 3600.0 FROM hours"),
        ("states of checks", limits.others, "SELECT min(ended) FROM stretches"),
        ("changes of state", limits.others, record.format("transition")),
        ("heals", limits.others, record.format("heal")),
        ("events", limits.others, record.format("event")),
    )
    return [
        Stored(what, seconds, connection.execute(query).fetchone()[0])
        for what, seconds, query in asked
    ]


def size(connection: sqlite3.Connection) -> int:
    """Bytes of the file that is read, without what is yet to be written into it."""
    pages, each = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "page_size")
    )
    return pages * each
