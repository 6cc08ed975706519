"""Heals that have ended, page by page, however many there are: each wrote down its end once, with
all that it was.
"""

import json
import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from vrooli.autoheal.queries import Window

_ENDED = """
SELECT seq, data FROM records INDEXED BY records_subject
WHERE kind = 'heal' AND status <> 'in flight' AND (:outcome = '' OR status = :outcome)
  AND (:before = 0 OR seq < :before) AND at >= :since AND at < :until
  AND (:all OR subject IN (SELECT value FROM json_each(:names)))
ORDER BY seq DESC LIMIT :limit
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which of them.

    Attributes:
        names: subjects; none are all.
        outcome: of `heal.Outcome`; empty for all.
        before: only those that were written down before the record of this number; 0 for all.
    """

    names: Collection[str] = ()
    outcome: str = ""
    before: int = 0


def ended(connection: sqlite3.Connection, wanted: Wanted, window: Window) -> dict[str, Any]:
    """`{heals[], next}`, what ended last first; `next` is the `before` of the next page, None at
    the end.
    """
    said = {
        "outcome": wanted.outcome,
        "before": wanted.before,
        "since": window.since or 0.0,
        "until": window.until or 1e18,
        "all": not wanted.names,
        "names": json.dumps(sorted(wanted.names)),
        "limit": window.limit + 1,
    }
    rows = connection.execute(_ENDED, said).fetchall()
    shown = rows[: window.limit]
    return {
        "heals": [json.loads(data) for _, data in shown],
        "next": shown[-1][0] if len(rows) > window.limit else None,
    }
