"""Whether anything was healed because of a look that found nothing out. Reads a spool, whoever has
it open.
"""

import contextlib
import sqlite3
from pathlib import Path

from vrooli.autoheal.heal import BY_HAND

BY_LOOKS = ("unresponsive", "stopped")
"""Symptoms that looks tell; the others are told by endings."""

_BEGUN = """
SELECT min(seq), subject, json_extract(data, '$.symptom'), json_extract(data, '$.rule')
FROM records WHERE kind = 'heal' GROUP BY json_extract(data, '$.id') ORDER BY 1
"""

_FAILED = """
SELECT max(seq) FROM records
WHERE kind = 'transition' AND subject = ? AND status = 'failed' AND seq < ?
"""

_HEAL_BEFORE = """
SELECT status FROM records WHERE kind = 'heal' AND subject = ? AND seq < ? ORDER BY seq DESC LIMIT 1
"""

_LOOK = """
SELECT status FROM records
WHERE kind = 'result' AND subject IN ('scenario-' || ?1, 'resource-' || ?1) AND seq < ?2
ORDER BY seq DESC LIMIT 1
"""


def healed_on_unknown(spool: Path) -> list[str]:
    """Services that were healed although the look that made them fail was `unknown`, the oldest
    first; a person may do so. Empty as well when there is no spool, or it cannot be read.
    """
    try:
        uri = f"{spool.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(uri, uri=True)) as connection:
            return [*filter(None, (_guilty(connection, row) for row in connection.execute(_BEGUN)))]
    except sqlite3.Error:
        return []


def _guilty(connection: sqlite3.Connection, row: tuple[int, str, str, str]) -> str:
    begun, subject, symptom, rule = row
    if symptom not in BY_LOOKS or rule == BY_HAND:
        return ""
    (failed,) = connection.execute(_FAILED, (subject, begun)).fetchone()
    before = connection.execute(_HEAL_BEFORE, (subject, failed or begun)).fetchone()
    if before is not None and before[0] == "ineffective":
        return ""  # the heal before said that it still fails, not a look
    look = connection.execute(_LOOK, (subject, failed or begun)).fetchone()
    return subject if look is not None and look[0] == "unknown" else ""
