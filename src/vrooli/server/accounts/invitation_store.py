"""Table `invitations`."""

from dataclasses import dataclass
from typing import Any

from vrooli.core.ports.database import Database
from vrooli.server.accounts.roles import OPERATOR, Role
from vrooli.server.accounts.tokens import Random
from vrooli.server.accounts.user_store import User, insert

MOST = 1000
"""Invitations of a list; what is over goes after a while."""

KEPT = 90
"""Days for which one that is over is kept."""

_COLUMNS = """
id, email, role, invited_by, extract(epoch FROM created_at)::float8,
extract(epoch FROM expires_at)::float8, extract(epoch FROM accepted_at)::float8,
extract(epoch FROM revoked_at)::float8
"""

_ADD = f"""
WITH old AS (
    DELETE FROM invitations WHERE expires_at < now() - make_interval(days => $7)
)
INSERT INTO invitations (id, email, role, digest, invited_by, expires_at)
VALUES ($1, $2, $3, $4, $5, now() + make_interval(days => $6)) RETURNING {_COLUMNS}
"""

_OPEN = "accepted_at IS NULL AND revoked_at IS NULL AND expires_at > now()"

_GOOD = f"""
{_OPEN} AND (invited_by = '{OPERATOR.name}' OR EXISTS (
    SELECT FROM users u WHERE u.email = invited_by AND u.role = 'admin' AND NOT u.disabled))
"""


@dataclass(frozen=True, slots=True)
class Invitation:
    """Leave to become a user.

    Attributes:
        id: names it.
        email: of whom.
        role: with which.
        invited_by: who gave it.
        created_at: unix seconds.
        expires_at: likewise.
        accepted_at: when there came to be a user; None before.
        revoked_at: when it was taken back.
    """

    id: str
    email: str
    role: Role
    invited_by: str
    created_at: float
    expires_at: float
    accepted_at: float | None
    revoked_at: float | None

    def to_json(self) -> dict[str, Any]:
        """The shape on the wire."""
        return {
            "id": self.id,
            "email": self.email,
            "role": self.role.value,
            "invited_by": self.invited_by,
            "created_at": self.created_at,
            "expires_at": self.expires_at,
            "accepted_at": self.accepted_at,
            "revoked_at": self.revoked_at,
        }


class InvitationStore:
    """Gives them, and takes them back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, made: Random, email: str, role: Role, by: str, days: int) -> Invitation:
        """Keep a new one for so many days."""
        values = (made.id, email, role, made.digest, by, days, KEPT)
        async with self._database.connection() as connection:
            return _invitation(await connection.fetchrow(_ADD, *values))

    async def find(self, digest: bytes) -> Invitation | None:
        """The one of that token, while it can be accepted."""
        query = f"SELECT {_COLUMNS} FROM invitations WHERE digest = $1 AND {_GOOD}"
        async with self._database.connection() as connection:
            row = await connection.fetchrow(query, digest)
        return None if row is None else _invitation(row)

    async def accept(self, digest: bytes, id: str, password: str) -> User | None:
        """Make the user; None when the invitation is none, or is used or over.

        Raises:
            Refused: there is a user of that address; the invitation stays as it is.
        """
        query = f"UPDATE invitations SET accepted_at = now() WHERE digest = $1 AND {_GOOD}"
        async with self._database.connection() as connection, connection.transaction():
            row = await connection.fetchrow(f"{query} RETURNING email, role", digest)
            if row is None:
                return None
            return await insert(connection, id, row[0], password, Role(row[1]))

    async def all(self) -> list[Invitation]:
        """The newest first."""
        query = f"SELECT {_COLUMNS} FROM invitations ORDER BY created_at DESC LIMIT {MOST}"
        async with self._database.connection() as connection:
            return [_invitation(row) for row in await connection.fetch(query)]

    async def revoke(self, id: str) -> Invitation | None:
        """Take one back that nobody has accepted; None when there is none such."""
        query = f"UPDATE invitations SET revoked_at = now() WHERE id = $1 AND {_OPEN}"
        async with self._database.connection() as connection:
            row = await connection.fetchrow(f"{query} RETURNING {_COLUMNS}", id)
        return None if row is None else _invitation(row)


def _invitation(row: Any) -> Invitation:
    return Invitation(row[0], row[1], Role(row[2]), row[3], row[4], row[5], row[6], row[7])
