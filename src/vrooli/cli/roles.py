"""Roles, as somebody writes them."""

from vrooli.core.errors import UsageError

ROLES = ("viewer", "operator", "admin")


def checked_role(said: str) -> str:
    """`said`, when it is one.

    Raises:
        UsageError: it is none.
    """
    if said not in ROLES:
        raise UsageError(f"`{said}` is no role", next_step=f"use {', '.join(ROLES)}")
    return said
