"""Table `api_keys`."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from vrooli.core.errors import Refused
from vrooli.core.ports.database import Database
from vrooli.server.accounts.roles import Role
from vrooli.server.accounts.session_store import Holder, holder_of
from vrooli.server.accounts.tokens import Random

MOST = 100
"""Keys of one user that are good; a list has ten times as many."""

KEPT = 90
"""Days for which one that is over is kept."""

_ADD = """
WITH old AS (
    DELETE FROM api_keys WHERE user_id = $2
        AND least(revoked_at, expires_at) < now() - make_interval(days => $8)
)
INSERT INTO api_keys (id, user_id, name, role, digest, expires_at)
SELECT $1, $2, $3, $4, $5, now() + make_interval(days => $6)
WHERE (SELECT count(*) FROM api_keys
       WHERE user_id = $2 AND revoked_at IS NULL AND expires_at > now()) < $7
"""

_SELECT = """
SELECT k.id, k.name, k.role, u.email, extract(epoch FROM k.created_at)::float8,
       extract(epoch FROM k.expires_at)::float8, extract(epoch FROM k.used_at)::float8,
       extract(epoch FROM k.revoked_at)::float8
FROM api_keys k JOIN users u ON u.id = k.user_id
"""

# When it was used is noted once a minute: not every request is to write.
_GOOD = "k.revoked_at IS NULL AND k.expires_at > now() AND NOT u.disabled"

_HELD = """
SELECT u.id, u.email, u.role, k.id, k.role FROM api_keys k JOIN users u ON u.id = k.user_id
"""

_HOLDER = f"""
WITH used AS (
    UPDATE api_keys SET used_at = now()
    WHERE digest = $1 AND revoked_at IS NULL AND expires_at > now()
        AND (used_at IS NULL OR used_at < now() - interval '1 minute')
)
{_HELD} WHERE k.digest = $1 AND {_GOOD}
"""

_HOLDERS = f"{_HELD} WHERE k.id = ANY($1::text[]) AND {_GOOD}"

_REVOKE = """
UPDATE api_keys k SET revoked_at = coalesce(k.revoked_at, now()) FROM users u
WHERE k.id = $1 AND u.id = k.user_id AND ($2 = '' OR u.email = $2)
"""


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key; never the key itself.

    Attributes:
        id: the part of it that may be shown.
        name: what it is for.
        role: what it may do, as far as its owner may.
        owner: address of the user.
        created_at: unix seconds.
        expires_at: likewise.
        used_at: when it was used last, to the minute; None before.
        revoked_at: when it was; None when it was not.
    """

    id: str
    name: str
    role: Role
    owner: str
    created_at: float
    expires_at: float
    used_at: float | None
    revoked_at: float | None

    def to_json(self) -> dict[str, Any]:
        """The shape on the wire."""
        return {
            "id": self.id,
            "name": self.name,
            "role": self.role.value,
            "owner": self.owner,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "used_at": self.used_at,
            "revoked_at": self.revoked_at,
        }


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key that is good, and its owner as that user is now."""

    id: str
    role: Role
    holder: Holder


class KeyStore:
    """Makes, lists and revokes them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, made: Random, user: str, name: str, role: Role, days: int) -> None:
        """Keep a new one of `user` for so many days.

        Raises:
            Refused: there are too many.
        """
        values = (made.id, user, name, role, made.digest, days, MOST, KEPT)
        async with self._database.connection() as connection:
            tag = await connection.execute(_ADD, *values)
        if tag.endswith(" 0"):
            raise Refused(f"there are {MOST} keys already", next_step="revoke some of them")

    async def holder(self, digest: bytes) -> HeldKey | None:
        """Whose key has that digest, while it is good; that it was used is noted."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_HOLDER, digest)
        return None if row is None else _held(row)

    async def holders(self, ids: Collection[str]) -> list[HeldKey]:
        """Those of these ids that are good; that they are used is not noted."""
        async with self._database.connection() as connection:
            return [_held(row) for row in await connection.fetch(_HOLDERS, list(ids))]

    async def all(self, owner: str) -> list[Key]:
        """Those of an owner, or with `""` everybody's, the newest first."""
        query = f"{_SELECT} WHERE $1 = '' OR u.email = $1 ORDER BY k.created_at DESC LIMIT $2"
        async with self._database.connection() as connection:
            rows = await connection.fetch(query, owner, MOST * 10)
        return [_key(row) for row in rows]

    async def get(self, id: str) -> Key | None:
        """One."""
        async with self._database.connection() as connection:
            row = await connection.fetchrow(f"{_SELECT} WHERE k.id = $1", id)
        return None if row is None else _key(row)

    async def revoke(self, id: str, owner: str) -> bool:
        """End one of an owner's, or with `""` of anybody's; whether there is one."""
        async with self._database.connection() as connection:
            tag: str = await connection.execute(_REVOKE, id, owner)
        return not tag.endswith(" 0")


def _held(row: Any) -> HeldKey:
    return HeldKey(row[3], Role(row[4]), holder_of(row))


def _key(row: Any) -> Key:
    return Key(row[0], row[1], Role(row[2]), row[3], row[4], row[5], row[6], row[7])
