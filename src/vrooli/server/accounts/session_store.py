"""Table `sessions`: families of refresh tokens."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from vrooli.core.ports.database import Database
from vrooli.server.accounts.roles import Role
from vrooli.server.accounts.tokens import REFRESH_SECONDS

MOST = 20
"""Sessions of one user; the one that was used longest ago makes room."""

LONGEST = 90 * 86_400
"""Seconds after which a person logs in anew, however often the session was used."""

KEPT = 30 * 86_400
"""Seconds for which one that is over is kept."""

_BEGIN = """
WITH old AS (
    DELETE FROM sessions WHERE user_id = $2
        AND least(coalesce(ended_at, expires_at), expires_at) < now() - make_interval(secs => $6)
), spare AS (
    SELECT id FROM sessions WHERE user_id = $2 AND ended_at IS NULL AND expires_at > now()
    ORDER BY used_at DESC OFFSET $5
), over AS (
    UPDATE sessions s SET ended_at = now(), ended_why = 'too many' FROM spare WHERE s.id = spare.id
)
INSERT INTO sessions (id, user_id, address, expires_at, epoch)
VALUES ($1, $2, $3, now() + make_interval(secs => $4), $7)
"""

_LASTS = "s.ended_at IS NULL AND s.expires_at > now() AND NOT u.disabled AND s.epoch = u.epoch"

_HOLDERS = f"""
SELECT u.id, u.email, u.role, s.id FROM sessions s JOIN users u ON u.id = s.user_id
WHERE s.id = ANY($1::text[]) AND {_LASTS}
"""

# The row is locked by the update: of two that show the same token at once one comes too late.
_ROTATE = """
UPDATE sessions s SET
    generation = s.generation + CASE WHEN s.generation = $2 THEN 1 ELSE 0 END,
    ended_at = CASE WHEN s.generation = $2 THEN NULL ELSE now() END,
    ended_why = CASE WHEN s.generation = $2 THEN NULL ELSE 'reuse' END,
    used_at = now(),
    expires_at = least(now() + make_interval(secs => $3),
                       s.created_at + make_interval(secs => $4))
FROM users u
WHERE s.id = $1 AND u.id = s.user_id AND NOT u.disabled AND s.epoch = u.epoch
    AND s.ended_at IS NULL AND s.expires_at > now()
RETURNING s.generation, s.ended_at IS NOT NULL, u.id, u.email, u.role
"""

_END = """
UPDATE sessions SET ended_at = now(), ended_why = $2 WHERE id = $1 AND ended_at IS NULL
"""

_END_ALL = """
UPDATE sessions SET ended_at = now(), ended_why = $2
WHERE user_id = $1 AND ended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose session or key it is, as that user is now."""

    user: str
    email: str
    role: Role


class Why(StrEnum):
    """Why a session ended."""

    LOGOUT = "logout"
    EVERYWHERE = "logout everywhere"


@dataclass(frozen=True, slots=True)
class Turned:
    """What came of a refresh token that was of a living session.

    Attributes:
        holder: whose it is.
        generation: of the token that follows.
        reused: it had been used before: somebody has a copy, and the session is over.
    """

    holder: Holder
    generation: int
    reused: bool


class SessionStore:
    """Begins, turns and ends them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, id: str, user: str, epoch: int, address: str) -> None:
        """A new one of `user`, in generation 0.

        Args:
            id: unique for ever.
            user: id.
            epoch: of the user when its password was looked at: one that was changed since then
                has no session by the old one.
            address: from where.
        """
        values = (id, user, address, REFRESH_SECONDS, MOST - 1, KEPT, epoch)
        async with self._database.connection() as connection:
            await connection.execute(_BEGIN, *values)

    async def holder(self, id: str) -> Holder | None:
        """Whose it is, while it lasts and that user is not disabled."""
        return (await self.holders([id])).get(id)

    async def holders(self, ids: Collection[str]) -> dict[str, Holder]:
        """The same of several, by the ids of those that last."""
        async with self._database.connection() as connection:
            rows = await connection.fetch(_HOLDERS, list(ids))
        return {row[3]: holder_of(row) for row in rows}

    async def turn(self, id: str, generation: int) -> Turned | None:
        """Exchange the token of a generation; None when the session is over."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_ROTATE, id, generation, REFRESH_SECONDS, LONGEST)
        return None if row is None else Turned(holder_of(row[2:]), row[0], row[1])

    async def end(self, id: str, why: Why) -> bool:
        """End it; whether it had not ended."""
        async with self._database.connection() as connection:
            return _changed(await connection.execute(_END, id, why)) > 0

    async def end_all(self, user: str, why: Why) -> int:
        """End those of a user; how many."""
        async with self._database.connection() as connection:
            return _changed(await connection.execute(_END_ALL, user, why))


def holder_of(row: Any) -> Holder:
    """A row of id, address and role."""
    return Holder(row[0], row[1], Role(row[2]))


def _changed(tag: str) -> int:
    return int(tag.rsplit(" ", 1)[1])  # "UPDATE <rows>"
