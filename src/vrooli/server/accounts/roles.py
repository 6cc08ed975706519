"""Who may do what. Pure: whoever asks is an `Caller`, and that says it all."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody may do; each may do what the ones before it may."""

    VIEWER = "viewer"
    """Reads what is its own, and what belongs to nobody."""

    OPERATOR = "operator"
    """Starts and cancels runs of its own, and stores routines."""

    ADMIN = "admin"
    """Everything, also with what belongs to others; and users."""

    def covers(self, needed: "Role") -> bool:
        """Whether it is as much as `needed`."""
        return _RANKS[self] >= _RANKS[needed]

    def at_most(self, limit: "Role") -> "Role":
        """The lesser of the two."""
        return self if limit.covers(self) else limit


_RANKS = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks.

    Attributes:
        name: the e-mail address of a user, or `operator` for whoever has the server's own token;
            what is made carries it. No address is that word.
        role: what it may do.
        user: id of the user; None for the operator.
        session: id of the session, when it is one.
        key: id of the API key, when it is one.
    """

    name: str
    role: Role
    user: str | None = None
    session: str | None = None
    key: str | None = None

    def may(self, needed: Role) -> bool:
        """Whether it may do what needs that role."""
        return self.role.covers(needed)

    @property
    def only(self) -> str:
        """Whose objects it sees; empty when it sees all."""
        return "" if self.may(Role.ADMIN) else self.name

    @property
    def sees_all(self) -> bool:
        """Whether everything is there for it, whoever it belongs to."""
        return not self.only

    def sees(self, owner: str) -> bool:
        """Whether what belongs to `owner` is there for it."""
        return self.sees_all or self.only == owner


OPERATOR = Caller("operator", Role.ADMIN)
"""Whoever has the token of the server."""
