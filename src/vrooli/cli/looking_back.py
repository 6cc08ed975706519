"""What the commands about the past share: the span asked for, pages, and how to print them."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from vrooli.cli import render
from vrooli.core.errors import UsageError

PAGE = 1000
"""Rows that the watchdog gives in one answer."""

FOR_PEOPLE, FOR_SCRIPTS = 25, 1000
"""Rows that are shown when nobody says how many; `Limit` in options.py tells of them."""

Fetch = Callable[[int, Any], tuple[list[dict[str, Any]], Any]]
"""(rows wanted, where the page begins) -> (rows, where the next one begins, None at the end)."""


def span(since: str | None, until: str | None, default: str = "") -> dict[str, float]:
    """The query for a span of time as it was said; UsageError for what is no time.

    Times are read here and not by the watchdog, which may live in another time zone.
    """
    if not since and not until and not default:
        return {}
    from vrooli.autoheal.moment import window

    found = window(since or default, until or "", time.time())
    return {"since": found.began, **({"until": found.ended} if until else {})}


def one_format(json: bool, csv: bool) -> None:
    """Standard output holds one of them."""
    if json and csv:
        raise UsageError("--json and --csv exclude each other", next_step="leave one of them out")


def how_many(said: int | None, *, data: bool) -> int:
    """Rows as said, else what one can read, or for `data` what a script expects."""
    return said or (FOR_SCRIPTS if data else FOR_PEOPLE)


def collect(fetch: Fetch, limit: int) -> tuple[list[dict[str, Any]], Any]:
    """Pages until there are `limit` rows; and where the next one would begin."""
    rows: list[dict[str, Any]] = []
    begin: Any = None
    while True:
        found, begin = fetch(min(PAGE, limit - len(rows)), begin)
        rows += found
        if begin is None or len(rows) >= limit:
            return rows, begin


def say_more(shown: int, more: Any, hint: str) -> None:
    """On standard error, that there is more."""
    if more is not None:
        render.note(f"these are {shown}; {hint}")


def csv_rows(rows: Sequence[dict[str, Any]], titles: Sequence[str]) -> list[list[Any]]:
    """The fields named by `titles`; times (`at`, `began`, `ended`, ...) as ISO 8601."""
    return [[_cell(title, row.get(title)) for title in titles] for row in rows]


def _cell(title: str, value: Any) -> Any:
    if title in ("at", "began", "ended", "seen", "since", "until", "detected_at", "finished_at"):
        return render.iso(value)
    return value
