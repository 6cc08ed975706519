"""When an operator worked on a service: what did not serve then was not down. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from vrooli.autoheal.pieces import Piece, Span, excused
from vrooli.autoheal.record import Entry

OPERATOR = "operator"
"""Subject of the events that tell of operations."""

DONE = "done"
"""What the event at the end of an operation says; the one at its beginning names the action."""

BEGAN, ENDED = "maintenance began", "maintenance ended"
"""What the events of a maintenance window say."""

EVERYTHING = ""
"""The name under which the windows are that cover all."""

SETTLE = 30.0
"""Seconds that the first good look after an operation may take: until then nobody has looked."""

Spans = dict[str, list[Span]]
"""By name."""


def worked_on(events: Iterable[Entry], now: float) -> Spans:
    """By service or check, when it was worked on: operations and maintenance.

    An operation that was cut off by the watchdog's end excuses nothing: nobody knows when it ended.
    A maintenance window ends when it was to end at the latest.

    Args:
        events: the oldest first.
        now: Unix seconds; a window that has not ended yet is excused until then.
    """
    found: Spans = {}
    began: float | None = None
    windows: dict[str, Entry] = {}
    for event in events:
        what = event.data.get("what")
        if event.subject == OPERATOR and what != DONE:
            began = event.at
        elif event.subject == OPERATOR and began is not None:
            _add(found, event.data.get("names", ()), Span(began, event.at))
            began = None
        elif what == BEGAN:
            windows[str(event.data.get("window"))] = event
        elif what == ENDED and (first := windows.pop(str(event.data.get("window")), None)):
            _add(found, first.data.get("names") or [EVERYTHING], _window(first, event.at))
    for first in windows.values():
        _add(found, first.data.get("names") or [EVERYTHING], _window(first, now))
    return found


def without_work(pieces: list[Piece], spans: Iterable[Span]) -> list[Piece]:
    """`pieces` with what did not serve in `spans`, or until the first good look after, as `off`."""
    return excused(pieces, [_settled(pieces, span) for span in spans])


def _add(found: Spans, names: Iterable[str], span: Span) -> None:
    for name in names:
        found.setdefault(name, []).append(span)


def _window(first: Entry, ended: float) -> Span:
    """It may have begun before anybody told of it."""
    began = min(first.at, float(first.data.get("since", first.at)))
    return Span(began, max(began, min(ended, float(first.data.get("until", ended)))))


def _settled(pieces: Iterable[Piece], span: Span) -> Span:
    for piece in pieces:
        if piece.began <= span.ended < piece.ended <= span.ended + SETTLE:
            return replace(span, ended=piece.ended)
    return span
