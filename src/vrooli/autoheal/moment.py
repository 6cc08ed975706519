"""Points in time as people say them: `24h` and `7d` ago, a date, a time, or Unix seconds. Pure."""

import re
from datetime import datetime

from vrooli.autoheal.pieces import Span
from vrooli.core.errors import UsageError
from vrooli.stack.durations import parse_ago

EXPECTED = 'expected a time ago like "24h" or "7d", a date like 2026-11-20, or 2026-11-20T14:30'

_UNIX = re.compile(r"[0-9]{1,12}(\.[0-9]+)?\Z", re.ASCII)

_RECENT = 1e8
"""Unix seconds of 1973; a smaller number is an age whose unit was forgotten."""


def window(since: str, until: str, now: float) -> Span:
    """The span from `since` to `until`, which is now where it is empty or in the future.

    Raises:
        UsageError: one of them is no time, or they are in the wrong order.
    """
    began = moment("since", since, now)
    ended = min(now, moment("until", until, now)) if until else now
    if began >= ended:
        raise UsageError(
            f"since ({since}) must lie before until ({until or 'now'})",
            next_step="vrooli-autoheal history --since 24h",
        )
    return Span(began, ended)


def moment(name: str, text: str, now: float) -> float:
    """Unix seconds; a date or time without a zone is that of this machine.

    Raises:
        UsageError: it is none; `name` says of which option.
    """
    text = text.strip()
    if _UNIX.match(text) and float(text) < _RECENT:
        raise UsageError(
            f"{name}: `{text}` would be {float(text):g} seconds after the beginning of 1970",
            next_step=f'an age has a unit, like "{text}s", "{text}m" or "{text}d"',
        )
    try:
        return _parse(text, now)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{name}: `{text[:40]}` is no time: {EXPECTED}",
            next_step="write a time like one of those",
        ) from error


def _parse(text: str, now: float) -> float:
    if _UNIX.match(text):
        return float(text)
    if text[:4].isdigit() and "-" in text:
        return max(0.0, datetime.fromisoformat(text).timestamp())
    return max(0.0, now - parse_ago(text))
