"""Answers about the past: who is meant by a name, and what the spool knows of it. Nothing here
blocks the loop: spool and arithmetic are the reading thread's.
"""

import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vrooli.autoheal import queries, series, stretches
from vrooli.autoheal.board import Board
from vrooli.autoheal.ended import Wanted, ended
from vrooli.autoheal.history import History
from vrooli.autoheal.incident import Incident
from vrooli.autoheal.outlook import Outlook, nearer, outlook
from vrooli.autoheal.pieces import Span
from vrooli.autoheal.queries import Window
from vrooli.autoheal.recall import Recall, Subject
from vrooli.autoheal.sought import Sought, tell
from vrooli.autoheal.trend import Point, trend
from vrooli.core.errors import UnknownName, UsageError
from vrooli.core.nearest import did_you_mean
from vrooli.core.ports.clock import Clock


@dataclass(frozen=True)
class Page:
    """Which part of an answer: `limit` rows after the first `offset`."""

    limit: int
    offset: int = 0


class Archive:
    """The history of one watchdog, in answers.

    Every method raises UsageError for a name that neither the stack nor the history knows, and
    StorageError when the spool cannot be read.
    """

    def __init__(self, history: History, board: Board, clock: Clock) -> None:
        self._history, self._board, self._clock = history, board, clock

    async def incidents(self, name: str, window: Span, page: Page) -> dict[str, Any]:
        """What was wrong, the newest first; `next` is the offset of the next page."""
        chosen = await self._subjects(name)
        end, pulse = page.offset + page.limit, self._pulse()

        def read(connection: sqlite3.Connection) -> tuple[list[Incident], bool]:
            recall = Recall(connection, pulse)
            found = recall.troubles(chosen, window)
            return recall.with_heals(chosen, found[page.offset : end]), len(found) > end

        found, more = await self._history.read(read)
        rows = [incident.to_json() for incident in found]
        return {"incidents": rows, "next": end if more else None}

    async def rows(
        self, name: str, step: series.Step | None, span: Span, limit: int
    ) -> dict[str, Any]:
        """What one check said, the newest first, a row a `step`, or as many as one can read;
        `next` is the `until` of the next page.
        """
        chosen = await self._subjects(name)
        if len(chosen) != 1:
            names = ", ".join(subject.check for subject in chosen)
            raise UsageError(f"`{name}` is several checks", next_step=f"name one of {names}")
        window, pulse = Window(span.began, span.ended, limit + 1), self._pulse()
        return await self._history.read(
            lambda c: _rows(Recall(c, pulse), chosen[0], step, window, span)
        )

    async def uptime(
        self, name: str, windows: Sequence[Span], parts: int = 0
    ) -> list[dict[str, Any]]:
        """How much of each window each check was up, and of as many equal parts of it."""
        chosen = await self._subjects(name)
        pulse = self._pulse()
        found = await self._history.read(lambda c: Recall(c, pulse).shares(chosen, windows, parts))
        return [
            {
                "check": subject.check,
                "service": subject.service or None,
                "windows": [share.to_json() for share in found[subject.check]],
            }
            for subject in chosen
        ]

    async def trends(self, name: str, window: Span, recent: Span | None) -> list[dict[str, Any]]:
        """Where the values go that are measured, what runs into a limit soonest first. Where
        `recent` tells of a limit that is nearer, it is told instead of `window`.
        """
        chosen = await self._subjects(name)
        spans = (window,) if recent is None else (window, recent)
        found = await self._history.read(lambda c: [_trend(c, one, spans) for one in chosen])
        told = [row for row in found if name or row["trend"]["points"]]
        return sorted(told, key=_nearest)

    async def timeline(
        self, name: str, span: Span, page: Page, kind: str = "", text: str = ""
    ) -> dict[str, Any]:
        """What happened, the newest first, of that kind, with that text; `next` is the `before` of
        the next page. The offset of `page` is a number of a record: only those before it are told,
        0 are all.
        """
        sought = Sought(await self.names(name), kind, text)
        window = Window(span.began, span.ended, page.limit)
        return await self._history.read(lambda c: tell(c, sought, window, page.offset))

    async def ended_heals(self, name: str, span: Span, page: Page, outcome: str) -> dict[str, Any]:
        """Heals that ended in `span`, what ended last first. The offset of `page` is as that of
        `timeline`.
        """
        wanted = Wanted(await self.names(name), outcome, page.offset)
        window = Window(span.began, span.ended, page.limit)
        return await self._history.read(lambda c: ended(c, wanted, window))

    def known(self) -> list[Subject]:
        """What the stack has: services first, then the machine."""
        services = [
            Subject(t.service.check_id, t.name, t.service.group, "ms")
            for t in self._board.tracked.values()
        ]
        checks = [
            Subject(item.id, unit=item.check.unit, limits=item.limits)
            for item in self._board.checks.values()
            if not item.absent
        ]
        return services + checks

    def _pulse(self) -> str:
        """The watchdog's look at itself; empty for a stack without one."""
        return next(
            (t.service.check_id for t in self._board.tracked.values() if t.service.is_watchdog), ""
        )

    async def _subjects(self, name: str) -> list[Subject]:
        """The checks that `name` means: a check, a service, a group, or with "" all of the stack.
        Also one that the stack had once.
        """
        known = self.known()
        if not name:
            return known
        found = [s for s in known if name in (s.check, s.service, s.group)]
        if found:
            return found
        former = await self._history.read(stretches.subjects)
        if name in former:
            return [Subject(name)]
        raise _unknown(name, {s.check for s in known} | {s.service for s in known} | former)

    async def names(self, name: str) -> set[str]:
        """Every subject under which something about `name` is written down; empty for all."""
        if not name:
            return set()
        found = [s for s in self.known() if name in (s.check, s.service, s.group)]
        names = {s.check for s in found} | {s.service for s in found if s.service}
        if names:
            return names | {name}
        if await self._history.read(lambda c: queries.happened_to(c, name)):
            return {name}
        return {subject.check for subject in await self._subjects(name)}


def _rows(
    recall: Recall, subject: Subject, step: series.Step | None, window: Window, span: Span
) -> dict[str, Any]:
    connection, limit = recall.connection, window.limit - 1  # one more tells whether there is more
    known = series.known_part(connection, subject.check, span)
    step = step or series.step_for(known.seconds)
    found = series.rows(connection, subject.check, step, window)
    [share] = recall.shares([subject], [span])[subject.check]
    return {
        "check": subject.check,
        "unit": subject.unit,
        "step": step,
        "summary": share.to_json(),
        "rows": found[:limit],
        "next": found[limit - 1]["at"] if len(found) > limit else None,
    }


def _trend(
    connection: sqlite3.Connection, subject: Subject, spans: Sequence[Span]
) -> dict[str, Any]:
    found = [(_outlook(connection, subject, span), span) for span in spans]
    (told, points), span = found[0]
    for (other, its_points), its_span in found[1:]:
        if nearer(told, other) is other:
            told, points, span = other, its_points, its_span
    return {
        "check": subject.check,
        "unit": subject.unit,
        "since": span.began,
        "until": span.ended,
        **told.to_json(span.ended),
        "points": [[round(at), float(f"{value:.6g}")] for at, value in points],
    }


def _outlook(
    connection: sqlite3.Connection, subject: Subject, span: Span
) -> tuple[Outlook, list[Point]]:
    points = series.trend_points(connection, subject.check, span)
    return outlook(trend(points), subject.unit, subject.limits, span.ended), points


def _nearest(row: dict[str, Any]) -> tuple[float, str]:
    ahead = [found["seconds"] for found in row["forecasts"] if found["seconds"] > 0]
    reached = bool(row["forecasts"]) and not ahead
    return (0.0 if reached else min(ahead, default=math.inf), row["check"])


def _unknown(name: str, known: set[str]) -> UnknownName:
    return UnknownName(
        f"nothing is known of `{name}`{did_you_mean(name, known - {''})}",
        name,
        next_step="`vrooli-autoheal checks` lists what is looked at",
    )
