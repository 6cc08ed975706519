"""Whether anything was healed because of a look whose outcome was `unknown`: by what the history of
a stack says, look by look.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from vrooli.autoheal import spool

BY_LOOKS = ("unresponsive", "stopped", "breached")
"""Symptoms that a look tells; what ended was told by the kernel."""

Row = tuple[str, str, str, Mapping[str, Any]]
"""Kind, subject, status, data."""


def healed_on_unknown(path: Path) -> list[str]:
    """Heals in the spool at `path` whose deciding look was unknown; none when there is no spool
    that can be read (tests break it, too).
    """
    try:
        with closing(spool.open_reader(path)) as reader:
            found = reader.execute("SELECT kind, subject, status, data FROM records ORDER BY seq")
            rows = [(kind, name, status, json.loads(data)) for kind, name, status, data in found]
    except sqlite3.DatabaseError:
        return []
    return deciding_unknown(rows)


def deciding_unknown(rows: Iterable[Row]) -> list[str]:
    """The same from records in their order.

    The look that decides is the last one of the service's check before the service `failed` (a
    failure writes down a critical result itself), or the last one of a check of the machine. One
    that a heal left behind was decided by the heal, not by a look.
    """
    looks: dict[str, str] = {}
    decided: dict[str, str] = {}
    in_vain: set[str] = set()
    found = []
    for kind, subject, status, data in rows:
        if kind == "result":
            looks[subject] = status
        elif kind == "heal":
            (in_vain.add if status == "ineffective" else in_vain.discard)(subject)
        elif kind == "transition" and status == "failed":
            seen = (looks.get(f"{role}-{subject}") for role in ("resource", "scenario"))
            decided[subject] = "" if subject in in_vain else next(filter(None, seen), "")
        elif data.get("what") == "decision" and data["verdict"] == "heal":
            last = decided.get(subject, looks.get(subject, ""))
            if data["case"]["failure"]["symptom"] in BY_LOOKS and last == "unknown":
                found.append(f"{subject}: {data['case']['failure']['cause']}")
    return found
