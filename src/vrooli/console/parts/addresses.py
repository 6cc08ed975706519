"""Addresses of pages, with names that may hold anything."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode


def address(*parts: str) -> str:
    """`/services/web` of `("services", "web")`."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def narrowed(path: str, said: Mapping[str, str]) -> str:
    """`path` with what is said of its query; what is empty is left out."""
    query = urlencode({key: value for key, value in said.items() if value})
    return f"{path}?{query}" if query else path


def heals_of(subject: str) -> str:
    """The heals of a service or check."""
    return f"/heals?subject={quote(subject, safe='')}"


def compare_of(one: str, other: str = "") -> str:
    """Where two swarms stand side by side; without the other one, where it is chosen."""
    return narrowed("/swarms/compare", {"one": one, "other": other})
