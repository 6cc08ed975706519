"""Table `users`."""

from dataclasses import dataclass, field
from typing import Any

import asyncpg

from vrooli.core.errors import Refused, UnknownName
from vrooli.core.ports.database import Database
from vrooli.server.accounts.roles import Role

MOST = 1000
"""Users of a list; a team has dozens."""

COLUMNS = "id, email, role, disabled, extract(epoch FROM created_at)::float8, password, epoch"

INSERT = f"""
INSERT INTO users (id, email, password, role) VALUES ($1, $2, $3, $4) RETURNING {COLUMNS}
"""

# Whoever may no longer do what it did has no session left that began before, and what it handed
# out in this role is void. Nor is anybody asked in the place of another who may not decide.
_CHANGE = f"""
WITH changed AS (
    UPDATE users SET role = coalesce($2, role), disabled = coalesce($3, disabled),
        password = coalesce($4, password), epoch = epoch + 1
    WHERE lower(email) = lower($1) RETURNING *
), over AS (
    UPDATE sessions s SET ended_at = now(), ended_why = 'changed'
    FROM changed WHERE s.user_id = changed.id AND s.ended_at IS NULL
), void AS (
    UPDATE invitations i SET revoked_at = now()
    FROM changed WHERE i.invited_by = changed.email AND i.accepted_at IS NULL
        AND i.revoked_at IS NULL AND (changed.disabled OR changed.role <> 'admin')
), unasked AS (
    DELETE FROM approval_absences a USING changed
    WHERE changed.email IN (a.person, a."to") AND (changed.disabled OR changed.role = 'viewer')
)
SELECT {COLUMNS} FROM changed
"""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account.

    Attributes:
        id: for ever.
        email: its name, in small letters.
        role: what it may do.
        disabled: it cannot log in, and its keys open nothing.
        created_at: unix seconds.
        password: the hash.
        epoch: how often it was changed; a session of an earlier one is over.
    """

    id: str
    email: str
    role: Role
    disabled: bool
    created_at: float
    password: str = field(repr=False)
    epoch: int

    def to_json(self) -> dict[str, Any]:
        """The shape on the wire."""
        return {
            "email": self.email,
            "role": self.role.value,
            "disabled": self.disabled,
            "created_at": self.created_at,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What becomes of a user; None leaves it as it is.

    Attributes:
        role: another role.
        disabled: whether it is.
        password: another hash.
    """

    role: Role | None = None
    disabled: bool | None = None
    password: str | None = field(default=None, repr=False)


class UserStore:
    """Reads and writes users; they are named by their address in any letters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, id: str, email: str, password: str, role: Role) -> User:
        """A new one.

        Raises:
            Refused: there is one of that address.
        """
        async with self._database.connection() as connection:
            return await insert(connection, id, email, password, role)

    async def find(self, email: str) -> User | None:
        """The one of that address."""
        return await self._one("lower(email) = lower($1)", email)

    async def by_id(self, id: str) -> User | None:
        """The one of that id."""
        return await self._one("id = $1", id)

    async def all(self) -> list[User]:
        """By address."""
        query = f"SELECT {COLUMNS} FROM users ORDER BY email LIMIT {MOST}"
        async with self._database.connection() as connection:
            return [user_of(row) for row in await connection.fetch(query)]

    async def change(self, email: str, change: Change) -> User:
        """Change it; all its sessions end.

        Raises:
            UnknownName: there is none of that address.
        """
        values = (change.role, change.disabled, change.password)
        async with self._database.connection() as connection:
            row = await connection.fetchrow(_CHANGE, email, *values)
        if row is None:
            raise unknown_user(email)
        return user_of(row)

    async def rehash(self, user: User, password: str) -> None:
        """Keep the same password as another hash."""
        query = "UPDATE users SET password = $3 WHERE id = $1 AND password = $2"
        async with self._database.connection() as connection:
            await connection.execute(query, user.id, user.password, password)

    async def _one(self, where: str, value: str) -> User | None:
        async with self._database.connection() as connection:
            row = await connection.fetchrow(f"SELECT {COLUMNS} FROM users WHERE {where}", value)
        return None if row is None else user_of(row)


async def insert(connection: Any, id: str, email: str, password: str, role: Role) -> User:
    """A new user, over a connection that may be in the middle of something.

    Raises:
        Refused: there is one of that address.
    """
    try:
        return user_of(await connection.fetchrow(INSERT, id, email, password, role))
    except asyncpg.UniqueViolationError as error:
        raise Refused(
            "there is a user of that address already", where=email, next_step="`vrooli user list`"
        ) from error


def user_of(row: Any) -> User:
    """A row of `COLUMNS`."""
    return User(row[0], row[1], Role(row[2]), row[3], row[4], row[5], row[6])


def unknown_user(email: str) -> UnknownName:
    """There is none of that address."""
    what = "there is no user of that address"
    return UnknownName(what, email, next_step="`vrooli user list` shows all")
