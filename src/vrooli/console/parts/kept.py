"""How long things are kept, and how much of them there is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

DAY, HOUR = 86_400.0, 3600.0
_SIZES = (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of what is kept.

    Attributes:
        what: it is.
        long: for how long, in words.
        oldest: unix seconds of the first that is there; None where there is none, or nobody says.
    """

    what: str
    long: str
    oldest: float | None = None


@dataclass(frozen=True, slots=True)
class Size:
    """How large something is: in words, and about how many rows that are."""

    what: str
    bytes: str
    rows: str


def kept_of(about: Mapping[str, Any]) -> list[Kept]:
    """Of `GET /about` of watchdog or server."""
    return [
        Kept(str(one["what"]), age(one["seconds"]), one.get("oldest"))
        for one in about.get("kept") or ()
    ]


def sizes_of_watchdog(about: Mapping[str, Any]) -> list[Size]:
    """Of `GET /about` of the watchdog."""
    return [
        Size(what, sized(about[key]), "")
        for key, what in (("history_bytes", "history"), ("log_bytes", "logs of services"))
        if key in about
    ]


def sizes_of_server(about: Mapping[str, Any]) -> list[Size]:
    """Of `GET /about` of the server."""
    return [
        Size(
            str(one["what"]),
            sized(one["bytes"]),
            "" if one["rows"] is None else f"about {int(one['rows']):,} rows",
        )
        for one in about.get("sizes") or ()
    ]


def age(seconds: float | None) -> str:
    """How long something stays: `30 days`, `24 hours`, `for ever`."""
    if seconds is None:
        return "for ever"
    if seconds > DAY:
        return f"{seconds / DAY:g} days"
    return f"{seconds / HOUR:g} hours"


def sized(number: float) -> str:
    """Bytes, in the largest unit of which there is one: `3.2 MiB`."""
    for unit, size in _SIZES:
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number:.0f} B"
