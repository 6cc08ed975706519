"""What can be gone back to, on an axis of time: a lane a service. Pure, and how it is drawn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from vrooli.console.parts.backups_told import Point, Received, utc
from vrooli.console.parts.html import Tag, moment
from vrooli.console.parts.standing import Level
from vrooli.core.amounts import DAY

WIDTH, HEIGHT = 960, 30
"""Of a lane, units of its view box."""

PARTS = 120
"""Of the axis: what lies in the same is one mark."""

LANES = 20
"""Services that are drawn."""

SPANS = {"24h": DAY, "7d": 7 * DAY, "30d": 30 * DAY, "365d": 365 * DAY}
"""Lengths of the axis."""

_RANK: tuple[Level, ...] = ("ok", "unknown", "critical")
"""Of several points in a mark the best one counts: one can go back to that."""

_PATHS = {
    "ok": "M{x} 3v24",
    "unknown": "M{x} 9v12",
    "critical": "M{a} 10l10 10m0 -10l-10 10",
}
"""A long line, a short one, a cross: colour is not the only sign."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where something is: in which of the `PARTS`, how good it is, and in words."""

    part: int
    level: Level
    words: str

    @property
    def path(self) -> str:
        """Of SVG."""
        x = round((self.part + 0.5) * WIDTH / PARTS)
        return _PATHS.get(self.level, _PATHS["unknown"]).format(x=x, a=x - 5)


@dataclass(frozen=True, slots=True)
class Lane:
    """One service.

    Attributes:
        marks: the oldest first.
        bars: parts of the axis, from 0 to 1, of which any moment can be gone back to.
        words: the same in a sentence.
    """

    name: str
    marks: tuple[Mark, ...]
    words: str
    bars: tuple[tuple[float, float], ...] = ()

    @property
    def bar(self) -> str:
        """A path of SVG; empty without any."""
        return "".join(
            f"M{begin * WIDTH:.1f} 11h{max(2.0, (end - begin) * WIDTH):.1f}v8"
            f"h-{max(2.0, (end - begin) * WIDTH):.1f}z"
            for begin, end in self.bars
        )


@dataclass(frozen=True, slots=True)
class Line:
    """All lanes, from `begin` to `end`, Unix seconds."""

    begin: float
    end: float
    lanes: tuple[Lane, ...]


def span_of(points: Sequence[Point], now: float, wanted: str) -> float:
    """Seconds of the axis: what was chosen, else the shortest that has all points."""
    if wanted in SPANS:
        return SPANS[wanted]
    oldest = min((point.taken for point in points), default=now)
    return next((one for one in SPANS.values() if oldest >= now - one), SPANS["365d"])


def line_of(points: Sequence[Point], now: float, span: float, wal: Sequence[Received] = ()) -> Line:
    """What is drawn; to the minute, so that it is not drawn anew for nothing."""
    begin, end = now // 60 * 60 - span, (now // 60 + 1) * 60
    names = sorted({name for point in points for name in point.services})[:LANES]
    within = [point for point in points if begin <= point.taken < end]
    lanes = (_lane(name, within, begin, end - begin) for name in names)
    spans = {one.service: one.spans for one in wal}
    return Line(begin, end, tuple(_with_bars(one, spans, begin, end) for one in lanes))


def _with_bars(
    lane: Lane, spans: Mapping[str, Sequence[tuple[float, float]]], begin: float, end: float
) -> Lane:
    """To the part of the axis that has a mark, so that it is not drawn anew for nothing."""
    bars = tuple(
        (round((max(a, begin) - begin) / (end - begin), 3), round((b - begin) / (end - begin), 3))
        for a, b in spans.get(lane.name, ())
        if b > begin
    )
    words = (
        f"{lane.words}; {len(bars)} spans of which any moment can be had" if bars else lane.words
    )
    return replace(lane, bars=bars, words=words)


def _lane(name: str, points: Sequence[Point], begin: float, span: float) -> Lane:
    parts = dict[int, list[Point]]()
    mine = sorted((one for one in points if name in one.services), key=lambda one: one.taken)
    for one in mine:
        parts.setdefault(int((one.taken - begin) / span * PARTS), []).append(one)
    counted = ", ".join(
        f"{sum(one.state == state for one in mine)} {state}"
        for state in dict.fromkeys(one.state for one in mine)
    )
    words = f"{name}: {counted}" if mine else f"{name}: nothing in this time"
    return Lane(name, tuple(_mark(part, found) for part, found in parts.items()), words)


def _mark(part: int, found: Sequence[Point]) -> Mark:
    level = next(one for one in _RANK if any(point.level == one for point in found))
    newest = found[-1]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return Mark(part, level, f"{utc(newest.taken)}: {newest.state}{more}")


def show_line(line: Line) -> None:
    """Draw it."""
    with Tag("div", "", "recovery"):
        for lane in line.lanes:
            Tag("span", lane.name, "lane")
            box = {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "preserveAspectRatio": "none"}
            if lane.bars:  # a click on it chooses the moment
                box |= {"data-begin": str(line.begin), "data-end": str(line.end)}
            with Tag("svg", "", "", role="img", aria_label=lane.words, **box):
                Tag("path", "", "axis", d=f"M0 {HEIGHT / 2}h{WIDTH}")
                if lane.bar:
                    with Tag("path", "", "any", d=lane.bar):
                        Tag("title", "any moment, by the WAL")
                for mark in lane.marks:
                    with Tag("path", "", mark.level, d=mark.path):
                        Tag("title", mark.words)
        Tag("span", "", "lane")
        with Tag("div", "", "ticks soft"):
            moment(line.begin, since=True)
            moment((line.begin + line.end) / 2, since=True)
            Tag("span", "now")
    with Tag("p", "", "soft legend"):
        for level, words in (("ok", "verified"), ("unknown", "unverified"), ("critical", "failed")):
            with Tag("svg", "", "", viewBox="0 0 16 30", aria_hidden="true"):
                Tag("path", "", level, d=_PATHS[level].format(x=8, a=3))
            Tag("span", words)
        if any(lane.bars for lane in line.lanes):
            with Tag("svg", "", "", viewBox="0 0 16 30", aria_hidden="true"):
                Tag("path", "", "any", d="M0 11h16v8h-16z")
            Tag("span", "any moment, by the WAL")
