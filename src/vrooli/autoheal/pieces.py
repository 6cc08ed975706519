"""How a check was over a span of time, without a hole: pieces that touch each other. Pure.

From stretches come pieces by these rules:

1. a stretch holds until the next one begins, unless nobody looked for longer than its patience:
   then from its last look on nothing is known
2. `starting` is no state of its own: what served before is down until it serves again, and what
   did not is as it was (an operator who starts something takes nothing down)
3. time in which no watchdog ran is unknown, however seldom a check looks
4. what does not serve while an operator works on it is `off`, not down
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from vrooli.autoheal.stretch import State, Stretch

Known = Literal["ok", "warning", "critical", "unknown", "off"]

SERVED: frozenset[str] = frozenset({"ok", "warning", "critical"})


@dataclass(frozen=True, slots=True)
class Span:
    """From `began` (inclusive) to `ended` (exclusive), Unix seconds."""

    began: float
    ended: float

    @property
    def seconds(self) -> float:
        """How long."""
        return self.ended - self.began


@dataclass(frozen=True, slots=True)
class Piece:
    """A span in which a check was in one state; `why` is the message that began it."""

    state: Known
    began: float
    ended: float
    why: str = ""

    @property
    def seconds(self) -> float:
        """How long."""
        return self.ended - self.began


def pieces(stretches: Iterable[Stretch], window: Span) -> list[Piece]:
    """Rules 1 and 2: the whole of `window`, in order, neighbours of different states.

    Stretches may overlap, because a clock was set back; then the earlier one wins.
    """
    ordered = sorted(stretches, key=lambda stretch: (stretch.began, stretch.ended))
    found: list[Piece] = []
    before: Known = "unknown"
    cursor = window.began
    for index, stretch in enumerate(ordered):
        following = ordered[index + 1].began if index + 1 < len(ordered) else window.ended
        start = min(max(cursor, stretch.began), window.ended)
        end = min(_holds_until(stretch, following), window.ended)
        if end <= start:
            continue
        if start > cursor:
            found.append(Piece("unknown", cursor, start))
            before = "unknown"
        before = _meaning(stretch.state, before)
        found.append(Piece(before, start, end, stretch.why))
        cursor = end
    if cursor < window.ended:
        found.append(Piece("unknown", cursor, window.ended))
    return merged(found)


def dark(found: Sequence[Piece], watchdog: Sequence[Piece]) -> list[Piece]:
    """Rule 3. `watchdog` are the pieces of a check that every watchdog makes all the time."""
    gaps = [Span(p.began, p.ended) for p in watchdog if p.state == "unknown"]
    return overlay(found, gaps, lambda _: "unknown")


def excused(found: Sequence[Piece], spans: Iterable[Span]) -> list[Piece]:
    """Rule 4. `spans` are operations and maintenance: not serving there is no downtime."""
    return overlay(found, spans, lambda state: "off" if state in ("critical", "unknown") else state)


def overlay(
    found: Sequence[Piece], spans: Iterable[Span], change: Callable[[Known], Known]
) -> list[Piece]:
    """The same time, with each state inside of `spans` changed by `change`."""
    result: list[Piece] = []
    rest = deque(_apart(spans))
    if not rest:
        return list(found)
    for piece in found:
        cursor = piece.began
        while rest and rest[0].began < piece.ended:
            start, end = max(cursor, rest[0].began), min(piece.ended, rest[0].ended)
            if start > cursor:
                result.append(replace(piece, began=cursor, ended=start))
            if end > start:
                result.append(replace(piece, state=change(piece.state), began=start, ended=end))
                cursor = end
            if rest[0].ended > piece.ended:
                break  # it goes on in the next piece
            rest.popleft()
        if cursor == piece.began:
            result.append(piece)
        elif cursor < piece.ended:
            result.append(replace(piece, began=cursor))
    return merged(result)


def _apart(spans: Iterable[Span]) -> list[Span]:
    """In order, and where they overlap or touch, one."""
    result: list[Span] = []
    for span in sorted(spans, key=lambda span: span.began):
        if result and span.began <= result[-1].ended:
            result[-1] = replace(result[-1], ended=max(span.ended, result[-1].ended))
        elif span.ended > span.began:
            result.append(span)
    return result


def clipped(found: Iterable[Piece], window: Span) -> list[Piece]:
    """The part of it that lies in `window`."""
    return [
        piece
        if window.began <= piece.began and piece.ended <= window.ended
        else _cut(piece, window)
        for piece in found
        if piece.began < window.ended and piece.ended > window.began
    ]


def _cut(piece: Piece, window: Span) -> Piece:
    began, ended = max(piece.began, window.began), min(piece.ended, window.ended)
    return replace(piece, began=began, ended=ended)


def merged(found: Iterable[Piece]) -> list[Piece]:
    """Neighbours of one state as one piece; the first one's message stays."""
    result: list[Piece] = []
    for piece in found:
        if result and result[-1].state == piece.state:
            result[-1] = replace(result[-1], ended=piece.ended)
        else:
            result.append(piece)
    return result


def _holds_until(stretch: Stretch, following: float) -> float:
    if following - stretch.ended <= stretch.patience:
        return max(following, stretch.ended)
    return stretch.ended


def _meaning(state: State, before: Known) -> Known:
    if state != "starting":
        return state
    return "critical" if before in SERVED else before
