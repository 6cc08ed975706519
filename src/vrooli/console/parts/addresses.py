"""Addresses of pages, with names that may hold anything."""

from urllib.parse import quote


def address(*parts: str) -> str:
    """`/services/web` of `("services", "web")`."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def heals_of(subject: str) -> str:
    """The heals of a service or check."""
    return f"/heals?subject={quote(subject, safe='')}"
