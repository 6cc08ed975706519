"""Users and keys, out of what the server says. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.core.amounts import dollars
from vrooli.core.errors import UsageError

ROLES = ("viewer", "operator", "admin")
MOST_DAYS = 3650


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account.

    Attributes:
        budget: what is spent of what may be spent in this month; empty without one.
    """

    email: str
    role: str
    disabled: bool
    created: float
    budget: str


def user_of(said: Mapping[str, Any]) -> User:
    """One row of `GET /users`."""
    return User(
        str(said["email"]),
        str(said["role"]),
        bool(said["disabled"]),
        float(said["created_at"]),
        _budget(said.get("budget")),
    )


def _budget(said: Mapping[str, Any] | None) -> str:
    if not said:
        return ""
    lines = [
        f"{_amount(kind, line['spent'])} of {_amount(kind, line['limit'])}"
        for kind, line in said.items()
        if kind in ("cost", "tokens") and line.get("limit") is not None
    ]
    return ", ".join(lines)


def _amount(kind: str, value: float) -> str:
    return dollars(value) if kind == "cost" else f"{value:,.0f} tokens"


@dataclass(frozen=True, slots=True)
class Grant:
    """A key or an invitation: something that opens for somebody until some day.

    Attributes:
        until: unix seconds.
        state: good, over, revoked or accepted.
    """

    id: str
    name: str
    owner: str
    role: str
    until: float
    state: str


def grants_of(said: Sequence[Mapping[str, Any]], now: float) -> list[Grant]:
    """Rows of `GET /keys` or `GET /invitations`; those that are good first."""
    found = [_grant(one, now) for one in said]
    return sorted(found, key=lambda one: one.state != "good")


def _grant(one: Mapping[str, Any], now: float) -> Grant:
    state = "good"
    if one.get("revoked_at"):
        state = "revoked"
    elif one.get("accepted_at"):
        state = "accepted"
    elif float(one["expires_at"] or 0) <= now:
        state = "over"
    name, owner = one.get("name") or one.get("email"), one.get("owner") or one.get("invited_by")
    return Grant(
        str(one["id"]),
        str(name),
        str(owner or one.get("email") or ""),
        str(one["role"]),
        float(one["expires_at"] or 0),
        state,
    )


def days_of(text: str) -> int:
    """Of a form; UsageError for what is no number of days."""
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text[:6]) <= MOST_DAYS:
        raise UsageError(f"{text[:20]!r} is no number of days", next_step=f"write 1 to {MOST_DAYS}")
    return int(text)


def limits_of(cost: str, tokens: str) -> dict[str, float]:
    """What somebody may spend in a month; nothing for empty fields.

    Raises:
        UsageError: for what is no amount.
    """
    found: dict[str, float] = {}
    for name, text in (("cost", cost), ("tokens", tokens)):
        if not text.strip():
            continue
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value < 1e15:
            raise UsageError(f"{text[:20]!r} is no amount", where=name, next_step="write a number")
        found[name] = value
    return found
