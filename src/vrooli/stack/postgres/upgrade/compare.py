"""Whether a copy holds what the original held. Pure."""

from collections.abc import Iterator
from typing import Any

from vrooli.stack.postgres.upgrade.facts import Facts

SHOWN = 10
"""Differences that are told; the rest is a number."""


def differences(old: Facts, new: Facts) -> list[str]:
    """What differs, a line each; empty when nothing does."""
    return [*_between("", old, new)]


def told(lines: list[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(lines) - SHOWN
    shown = "".join(f"\n  | {line}" for line in lines[:SHOWN])
    return shown + (f"\n  | and {more} more" if more > 0 else "")


def summary(facts: Facts) -> str:
    """How much was compared, in words."""
    return ", ".join(f"{number} {what}" for what, number in numbers(facts).items())


def numbers(facts: Facts) -> dict[str, int]:
    """How much there is of everything."""
    tables = [table for inside in facts["in"].values() for table in inside["tables"].values()]
    return {
        "databases": len(facts["in"]),
        "tables": len(tables) - len(facts["in"]),  # large objects are one of each database
        "rows": sum(int(table[0]) for table in tables),
        "sequences": sum(len(inside["sequences"]) for inside in facts["in"].values()),
        "roles": len(facts["roles"]),
    }


def _between(where: str, old: Any, new: Any) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted({*old, *new}):
            yield from _between(f"{where}/{name}" if where else name, old.get(name), new.get(name))
    elif old != new:
        yield _line(where, old, new)


def _line(where: str, old: Any, new: Any) -> str:
    if old is None or new is None:
        return f"{where}: {'only in the copy' if old is None else 'missing in the copy'}"
    if "/tables/" in where and old[0] == new[0]:
        return f"{where}: {old[0]} rows in both, with another content"
    if "/tables/" in where:
        return f"{where}: {old[0]} rows, in the copy {new[0]}"
    if where.startswith("roles/"):  # a digest of its password is among the values
        return f"{where}: another password, or other rights"
    return f"{where}: {old}, in the copy {new}"
