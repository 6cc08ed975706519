"""Table `requests`: which were made with a key, and what they were answered."""

from typing import Any

from vrooli.core.ports.database import Database
from vrooli.server.repeats.words import Answered, Asked, Before

KEPT = 86_400
"""Seconds for which a request is remembered."""

MOST = 1000
"""Requests of one caller that are remembered, the newest; all of the last `SURELY` beside them."""

SURELY = 600
"""Seconds for which each is remembered, however many come after it. How many come is bounded by the
rate that a caller may ask at.
"""

_TRIES = 3

# What is old goes with the new; a key that was used so long ago is as good as new.
_BEGIN = """
WITH old AS (
    DELETE FROM requests WHERE (caller, key) IN (
        SELECT caller, key FROM requests
        WHERE began_at < now() - make_interval(secs => $4) AND (caller, key) <> ($1, $2)
        LIMIT 100 FOR UPDATE SKIP LOCKED)
), spare AS (
    DELETE FROM requests WHERE (caller, key) IN (
        SELECT caller, key FROM requests
        WHERE caller = $1 AND key <> $2 AND began_at < now() - make_interval(secs => $6)
        ORDER BY began_at DESC OFFSET $5 LIMIT 100)
)
INSERT INTO requests AS r (caller, key, seal) VALUES ($1, $2, $3)
ON CONFLICT (caller, key) DO UPDATE
SET seal = excluded.seal, began_at = now(), status = NULL, secret = false, answer = NULL
WHERE r.began_at < now() - make_interval(secs => $4)
RETURNING 1
"""

_BEFORE = """
SELECT seal, extract(epoch FROM now() - began_at)::float8, status, secret, answer FROM requests
WHERE caller = $1 AND key = $2
"""

_END = """
UPDATE requests SET status = $4, secret = $5, answer = $6
WHERE caller = $1 AND key = $2 AND seal = $3
"""

_FORGET = "DELETE FROM requests WHERE caller = $1 AND key = $2 AND seal = $3 AND status IS NULL"


class RequestStore:
    """Remembers them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, one: Asked) -> Before | None:
        """None when it is the first with its key, and is now under way; else what is known."""
        values = (one.caller, one.key, one.seal, KEPT, MOST - 1, SURELY)
        for _ in range(_TRIES):
            async with self._database.connection() as connection:
                if await connection.fetchval(_BEGIN, *values):
                    return None
                row = await connection.fetchrow(_BEFORE, one.caller, one.key)
            if row is not None:  # else it has just been forgotten
                return _before(row)
        return Before(one.seal, 0.0, None)

    async def end(self, one: Asked, how: Answered) -> None:
        """It was answered."""
        values = (one.caller, one.key, one.seal, how.status, how.secret, how.text)
        async with self._database.connection() as connection:
            await connection.execute(_END, *values)

    async def forget(self, one: Asked) -> None:
        """It did nothing: sent again it is a new one."""
        async with self._database.connection() as connection:
            await connection.execute(_FORGET, one.caller, one.key, one.seal)


def _before(row: Any) -> Before:
    answered = None if row[2] is None else Answered(row[2], row[3], row[4])
    return Before(row[0], row[1], answered)
