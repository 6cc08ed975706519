"""The shapes of answers about people: sessions, users, invitations and API keys. Times are unix
seconds.
"""

from pydantic import BaseModel

from vrooli.server.accounts.roles import Role
from vrooli.server.shapes import OwnerBudgetShape


class PairShape(BaseModel):
    """The tokens of a session."""

    access_token: str
    expires_in: int
    refresh_token: str
    email: str
    role: Role


class NothingShape(BaseModel):
    """It was done, and nothing is to be said of it."""


class MeShape(BaseModel):
    """Who asks."""

    name: str
    role: Role
    key: str | None


class EndedShape(BaseModel):
    """How many sessions ended."""

    ended: int


class UserShape(BaseModel):
    """Somebody with an account."""

    email: str
    role: Role
    disabled: bool
    created_at: float


class UserWithBudget(UserShape):
    """With how its runs stand in this month; null when nothing limits them all together."""

    budget: OwnerBudgetShape | None


class UserList(BaseModel):
    """By address."""

    users: list[UserWithBudget]


class InvitationShape(BaseModel):
    """Somebody was invited."""

    id: str
    email: str
    role: Role
    invited_by: str
    created_at: float
    expires_at: float
    accepted_at: float | None
    revoked_at: float | None


class InvitationMade(InvitationShape):
    """With what accepts it, this once."""

    token: str


class InvitationList(BaseModel):
    """The newest first."""

    invitations: list[InvitationShape]


class KeyShape(BaseModel):
    """An API key, without its secret."""

    id: str
    name: str
    role: Role
    owner: str
    created_at: float
    expires_at: float
    used_at: float | None
    revoked_at: float | None


class KeyMade(KeyShape):
    """With its secret, this once."""

    token: str


class KeyList(BaseModel):
    """The newest first."""

    keys: list[KeyShape]
