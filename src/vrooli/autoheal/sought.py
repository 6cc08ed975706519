"""What somebody wants to know of everything that happened, and the rows of it."""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from vrooli.autoheal import queries
from vrooli.autoheal.queries import Window
from vrooli.autoheal.timeline import happening

KINDS = ("transition", "heal", "event")
"""All but results."""

MOST_READ = 10_000
"""Records that are read for one answer: a search that finds little goes on with the next page."""

AT_ONCE = 1000
"""Records that are read together."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which of it.

    Attributes:
        names: subjects; none are all.
        kind: one of `KINDS`; empty for all.
        text: what subject or words must contain, in any case; empty for everything.
    """

    names: Collection[str] = ()
    kind: str = ""
    text: str = ""

    def fits(self, row: dict[str, Any]) -> bool:
        """Whether a row is meant by the text."""
        wanted = self.text.casefold()
        return wanted in str(row["subject"]).casefold() or wanted in str(row["words"]).casefold()


def tell(
    connection: sqlite3.Connection, sought: Sought, window: Window, before: int
) -> dict[str, Any]:
    """`{entries[], next}`, the newest first; `next` is the `before` of the next page, None at the
    end. A page may have less than it could, even nothing, and still have a next one.

    Args:
        connection: to the spool.
        sought: what is meant.
        window: from when to when, and how many rows.
        before: only records with a lower number; 0 for all.
    """
    found: list[dict[str, Any]] = []
    read = 0
    while True:
        part = AT_ONCE if sought.text else window.limit + 1
        asked = Window(window.since, window.until, part)
        entries = queries.happenings(connection, sought.names, asked, before, sought.kind)
        for entry in entries:
            row = happening(entry)
            if sought.fits(row):
                if len(found) == window.limit:
                    return {"entries": found, "next": before}
                found.append(row)
            before = entry.seq
        read += part
        if len(entries) < part:
            return {"entries": found, "next": None}
        if read >= MOST_READ:
            return {"entries": found, "next": before}
