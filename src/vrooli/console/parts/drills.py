"""Restores that were practised, against what is allowed. Pure, and how it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.console.parts.html import Tag, moment
from vrooli.console.parts.standing import Level
from vrooli.core.amounts import length

WIDTH, HEIGHT = 320.0, 72.0
"""Of a chart, units of its view box."""

SHOWN = 30
"""Drills in a chart; the newest."""

LISTED = 12
"""Drills in the table that is open."""

NEAR = 2.5
"""An objective is drawn when it is at most so many times the highest value."""


@dataclass(frozen=True, slots=True)
class Drill:
    """One of them.

    Attributes:
        rto, rpo: in words; empty when it failed.
        state, level: how it went.
    """

    at: float
    point: str
    service: str
    rto: str
    rpo: str
    state: str
    level: Level
    why: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One number of one service, drill by drill.

    Attributes:
        title: which.
        bars: paths of SVG: within the objective, and beyond it.
        limit: the objective; empty where it is far above.
        words: what it shows.
        level: of the newest.
    """

    title: str
    bars: tuple[str, str]
    limit: str
    words: str
    level: Level


def drills_of(said: Mapping[str, Any]) -> list[Drill]:
    """Of `GET /backups`, the newest first."""
    return [_drill(row) for row in said["drills"]]


def charts_of(said: Mapping[str, Any]) -> list[Chart]:
    """Two for each service of which restores were practised."""
    found = [row for row in said["drills"] if row["ok"]]
    names = sorted({str(row["service"]) for row in found})
    return [
        _chart([row for row in found if row["service"] == name], name, key)
        for name in names
        for key in ("rto", "rpo")
    ]


def _drill(row: Mapping[str, Any]) -> Drill:
    state: tuple[str, Level] = ("met", "ok") if row["met"] else ("missed", "warning")
    if not row["ok"]:
        state = ("failed", "critical")
    rto, rpo = (_of(row, key) if row["ok"] else "" for key in ("rto", "rpo"))
    return Drill(
        at=float(row["at"]),
        point=str(row["point"]),
        service=str(row["service"]),
        rto=rto,
        rpo=rpo,
        state=state[0],
        level=state[1],
        why=str(row["why"]),
    )


def _of(row: Mapping[str, Any], key: str) -> str:
    return f"{length(row[key])} of {length(row[f'{key}_objective'])}"


def _chart(newest_first: Sequence[Mapping[str, Any]], name: str, key: str) -> Chart:
    rows = list(reversed(newest_first[:SHOWN]))
    values = [float(row[key]) for row in rows]
    allowed, top = float(rows[-1][f"{key}_objective"]), max(values)
    scale = allowed if allowed <= NEAR * top else top
    height = HEIGHT / max(scale, top, 0.001)
    wide = WIDTH / max(len(rows), 10)
    paths = ["", ""]
    for place, (row, value) in enumerate(zip(rows, values, strict=True)):
        tall = max(2.0, value * height)
        bar = f"M{place * wide:.1f} {HEIGHT - tall:.1f}h{wide - 2:.1f}v{tall:.1f}h-{wide - 2:.1f}z"
        paths[value > float(row[f"{key}_objective"])] += bar
    near = allowed <= NEAR * top
    limit = f"M0 {HEIGHT - allowed * height:.1f}h{WIDTH:g}" if near else ""
    share = f"{length(allowed)} are the objective"
    drawn = "" if near else "; the objective is far above what is drawn"
    words = f"{length(values[-1])}, {share}{drawn}"
    title = f"{key.upper()} of {name}"
    level: Level = "ok" if values[-1] <= allowed else "warning"
    return Chart(title, (paths[0], paths[1]), limit, words, level)


def show_charts(charts: Sequence[Chart]) -> None:
    """As cards, two for each service."""
    with Tag("ul", "", "cards drilled"):
        for one in charts:
            with Tag("li", "", f"card {one.level}"):
                Tag("strong", one.title)
                Tag("p", one.words, "soft")
                box = {"viewBox": f"0 0 {WIDTH:g} {HEIGHT:g}", "preserveAspectRatio": "none"}
                with Tag("svg", "", "", role="img", aria_label=f"{one.title}: {one.words}", **box):
                    for path, classes in zip(one.bars, ("met", "missed"), strict=True):
                        if path:
                            Tag("path", "", classes, d=path)
                    if one.limit:
                        Tag("path", "", "limit", d=one.limit)


def show_drills(drills: Sequence[Drill]) -> None:
    """As a table, the newest first; those of long ago folded in."""
    _table(drills[:LISTED], "Drills")
    if older := drills[LISTED:]:
        with Tag("details"):
            Tag("summary", f"{len(older)} older ones")
            _table(older, "Older drills")


def _table(drills: Sequence[Drill], title: str) -> None:
    with (
        Tag("div", "", "scroll", role="region", tabindex="0", aria_label=title),
        Tag("table", "", "drills"),
    ):
        with Tag("thead"), Tag("tr"):
            for words in ("When", "Of", "RTO", "RPO", "Outcome"):
                Tag("th", words, scope="col")
        with Tag("tbody"):
            for one in drills:
                with Tag("tr"):
                    with Tag("td"):
                        moment(one.at, since=True)
                    Tag("td", one.service)
                    Tag("td", one.rto or "-")
                    Tag("td", one.rpo or "-")
                    with Tag("td"):
                        Tag("span", one.state, f"state {one.level}")
                        if one.why:
                            Tag("p", one.why, "soft")
