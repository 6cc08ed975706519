"""When an operator worked on a service: what did not serve then was not down. Pure."""

from collections.abc import Iterable
from dataclasses import replace

from vrooli.autoheal.pieces import Piece, Span, excused
from vrooli.autoheal.record import Entry

OPERATOR = "operator"
"""Subject of the events that tell of operations."""

DONE = "done"
"""What the event at the end of an operation says; the one at its beginning names the action."""

SETTLE = 10.0
"""Seconds that the first good look after an operation may take: until then nobody has looked."""


def operations(events: Iterable[Entry]) -> dict[str, list[Span]]:
    """By service, when it was worked on. One that was cut off by the watchdog's end excuses
    nothing: nobody knows when it ended.

    Args:
        events: those of `OPERATOR`, the oldest first.
    """
    found: dict[str, list[Span]] = {}
    began: float | None = None
    for event in events:
        if event.data.get("what") != DONE:
            began = event.at
        elif began is not None:
            for name in event.data.get("names", ()):
                found.setdefault(name, []).append(Span(began, event.at))
            began = None
    return found


def without_operations(pieces: list[Piece], spans: Iterable[Span]) -> list[Piece]:
    """`pieces` with what did not serve in `spans`, or until the first good look after, as `off`."""
    return excused(pieces, [_settled(pieces, span) for span in spans])


def _settled(pieces: Iterable[Piece], span: Span) -> Span:
    for piece in pieces:
        if piece.began <= span.ended < piece.ended <= span.ended + SETTLE:
            return replace(span, ended=piece.ended)
    return span
