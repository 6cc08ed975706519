"""How it was, read from the spool. Synchronous; runs on the history's reading thread.

Every answer goes the same way: stretches from the spool, pieces of time from them, and from these
uptime and incidents.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vrooli.autoheal import queries, rollup, stretches
from vrooli.autoheal.heal import newest
from vrooli.autoheal.incident import BEFORE, Incident, incidents, with_heals
from vrooli.autoheal.pieces import Piece, Span, clipped, dark, pieces
from vrooli.autoheal.planned import (
    BEGAN,
    ENDED,
    EVERYTHING,
    OPERATOR,
    Spans,
    without_work,
    worked_on,
)
from vrooli.autoheal.queries import MAX_ROWS, Window
from vrooli.autoheal.stretch import Stretch
from vrooli.autoheal.uptime import Uptime, percents, uptime
from vrooli.stack.model import Thresholds

PLANNED_BEFORE = 30 * 86_400.0
"""Seconds before a window in which what was planned for it may have begun: the longest maintenance.
"""

AFTER = 86_400.0
"""Seconds after an incident in which the end of a heal is looked for: it is written down when its
stability is over."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A check, and what is known of it now.

    Attributes:
        check: its id.
        service: whose health it is; empty for a check of the machine.
        group: the service's group.
        unit: of its value.
        limits: its thresholds.
    """

    check: str
    service: str = ""
    group: str = ""
    unit: str = ""
    limits: Thresholds | None = None

    @property
    def healed_as(self) -> str:
        """The subject of its heals."""
        return self.service or self.check


@dataclass(frozen=True, slots=True)
class Share:
    """One check in one window; `parts` are the percents of equal parts of it, when asked for."""

    window: Span
    uptime: Uptime
    incidents: int
    longest: float
    parts: Sequence[float | None] = ()

    def to_json(self) -> dict[str, Any]:
        """The shape of the API."""
        return {
            "since": self.window.began,
            "until": self.window.ended,
            **self.uptime.to_json(),
            "incidents": self.incidents,
            "longest_incident_seconds": round(self.longest, 3),
            **({"parts": list(self.parts)} if self.parts else {}),
        }


@dataclass(frozen=True, slots=True)
class Recall:
    """Reads one connection.

    Attributes:
        pulse: the check that every watchdog makes all the time, of itself: where it has a gap, no
            watchdog ran.
    """

    connection: sqlite3.Connection
    pulse: str

    def lives(
        self, subjects: Iterable[Subject], window: Span
    ) -> Iterator[tuple[Subject, list[Piece]]]:
        """The pieces of each check until the end of `window`; they begin before it where something
        was wrong already. One check after the other: a month of hundreds would take megabytes that
        the process never gives back.
        """
        new = stretches.fresh(self.connection, rollup.cursor_of(self.connection))
        around = self._around(window, new)
        for subject in subjects:
            said = stretches.of(self.connection, subject.check, window, new)
            own = Span(min([window.began, *(one.began for one in said)]), window.ended)
            if own.began < around.span.began:
                around = self._around(own, new)
            work = [
                *around.planned.get(subject.healed_as, ()),
                *around.planned.get(EVERYTHING, ()),
            ]
            yield subject, without_work(dark(pieces(said, own), around.watched), work)

    def shares(
        self, subjects: Sequence[Subject], windows: Sequence[Span], parts: int = 0
    ) -> dict[str, list[Share]]:
        """Uptime of each check in each window, and in as many equal parts of it."""
        whole = Span(min(w.began for w in windows), max(w.ended for w in windows))
        lived = self.lives(subjects, whole)
        return {one.check: _shares(one.check, found, windows, parts) for one, found in lived}

    def troubles(self, subjects: Sequence[Subject], window: Span) -> list[Incident]:
        """Incidents of these checks in `window`, the newest first, whole also where they began
        before it.
        """
        found = [
            incident
            for subject, lived in self.lives(subjects, window)
            for incident in _inside(incidents(subject.check, lived), window)
        ]
        return sorted(found, key=lambda incident: incident.began, reverse=True)

    def with_heals(self, subjects: Sequence[Subject], found: Sequence[Incident]) -> list[Incident]:
        """`found`, each with its heals, in the same order."""
        told: dict[int, Incident] = {}
        for subject in subjects:
            mine = [index for index, one in enumerate(found) if one.check == subject.check]
            if not mine:
                continue
            first = min(found[index].began for index in mine) - BEFORE
            last = max(found[index].seen for index in mine) + AFTER
            span = Window(first, last, MAX_ROWS)
            heals = newest(queries.records(self.connection, "heal", subject.healed_as, span))
            told |= zip(mine, with_heals([found[index] for index in mine], heals), strict=True)
        return [told[index] for index in range(len(found))]

    def _around(self, span: Span, new: stretches.Fresh) -> "_Around":
        said = stretches.of(self.connection, self.pulse, span, new)
        pulse = [_alive(one) for one in said]
        return _Around(span, pieces(pulse, span) if pulse else [], self._planned(span))

    def _planned(self, window: Span) -> Spans:
        span = Window(window.began - PLANNED_BEFORE, window.ended, MAX_ROWS)
        events = queries.events(self.connection, OPERATOR, (BEGAN, ENDED), span)
        return worked_on(events, window.ended)


@dataclass(frozen=True, slots=True)
class _Around:
    """What `span` was like for all checks: whether a watchdog ran, and what was worked on."""

    span: Span
    watched: Sequence[Piece]
    planned: Spans


def _shares(check: str, found: Sequence[Piece], windows: Sequence[Span], parts: int) -> list[Share]:
    wrong = incidents(check, found)
    shares = []
    for window in windows:
        mine = _inside(wrong, window)
        longest = max((incident.seconds for incident in mine), default=0.0)
        inside = clipped(found, window)
        each = percents(inside, window, parts) if parts else ()
        shares.append(Share(window, uptime(inside), len(mine), longest, each))
    return shares


def _inside(found: Iterable[Incident], window: Span) -> list[Incident]:
    """Those that touch the window."""
    return [
        one
        for one in found
        if one.began < window.ended
        and (one.seen if one.ended is None else one.ended) > window.began
    ]


def _alive(stretch: Stretch) -> Stretch:
    """Whatever it says of itself, it was there to say it."""
    return replace(stretch, state="ok")
