"""The past of one check on a page: chart, words, heals. It follows what happens."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui

from vrooli.console.page import View
from vrooli.console.parts.addresses import heals_of
from vrooli.console.parts.chart import Chart
from vrooli.console.parts.heal_story import story
from vrooli.console.parts.heal_view import show_heal
from vrooli.console.parts.history import (
    RANGES,
    History,
    Mark,
    in_words,
    limits_in_words,
    range_of,
    read_history,
    read_marks,
)
from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.live import Live
from vrooli.core.errors import VrooliError

AGAIN = {"1h": 5.0, "24h": 60.0, "7d": 300.0, "30d": 300.0}
"""Seconds after which the past is read anew although nothing happened, by the range shown."""

SETTLE = 0.2
"""Seconds after something happened: more may come, and then it is written down."""

POINTS, ENTRIES, HEALS = 1000, 300, 50
"""Bounds of what is asked."""


@dataclass(frozen=True, slots=True)
class Told:
    """All that is known of the past of a check.

    Attributes:
        entries: of the timeline, newest first.
        heals: newest first.
    """

    history: History
    marks: Sequence[Mark]
    entries: Sequence[Mapping[str, Any]]
    heals: Sequence[Mapping[str, Any]]


class Past:
    """Reads and shows the past of one check.

    Args:
        check: its id.
        subjects: it and its service, as heals and transitions name them.
        thresholds: of the check, if it has any.
    """

    def __init__(
        self,
        view: View,
        check: str,
        subjects: Iterable[str],
        thresholds: Mapping[str, float] | None,
    ) -> None:
        self._view, self._check, self._subjects = view, check, tuple(subjects)
        self._thresholds, self._range = thresholds, range_of(view.query)
        self._told: Told | None = None
        self._opened: set[str] = set()
        self._lives: list[Live[Any]] = []
        self._chart: Chart | None = None

    async def read(self, newer_than: float = 0.0) -> Told:
        """What is known now."""
        key = (self._check, self._subjects, self._range)
        age = AGAIN[self._range] / 2
        self._told = await self._view.feed.answers.get(
            key, self._ask, seconds=age, newer_than=newer_than
        )
        return self._told

    async def _ask(self) -> Told:
        watchdog, since, ask = self._view.acting.watchdog, self._range, self._view.acting.ask
        # Heals are under the name of the service, transitions under both.
        subject = self._subjects[0]
        told, timeline, heals = await asyncio.gather(
            ask(lambda: watchdog.history(self._check, since=since, limit=POINTS)),
            ask(lambda: watchdog.timeline(subject=subject, since=since, limit=ENTRIES)),
            ask(lambda: watchdog.heals(HEALS, subject=subject)),
        )
        history = read_history(told)
        marks = read_marks(timeline["entries"], self._subjects)
        return Told(history, marks, timeline["entries"], heals)

    @property
    def told(self) -> Told:
        """What was read last."""
        assert self._told is not None, "read() comes first"
        return self._told

    def follow(self, live: Live[Any]) -> None:
        """Look at it whenever the past was read anew."""
        self._lives.append(live)

    def show(self, here: str) -> None:
        """Chart and words, and from now on whatever is new.

        Args:
            here: the address of the page, for the choice of the range.
        """
        with Tag("section", "", "panel"):
            Tag("h2", "Over time", "first")
            with Tag("nav", "", "row ranges", aria_label="How far back"):
                for key, name in RANGES.items():
                    chosen = {"aria_current": "true"} if key == self._range else {}
                    Tag("a", name, "button", href=f"{here}?since={key}", **chosen)
            self._chart = Chart(f"{self._check} over {RANGES[self._range]}")
            self._draw()
            words = Live(self._words, _sentences, "div", "words")
            self.follow(words)
        self._view.feed.happened.subscribe(self._hear)
        ui.timer(AGAIN[self._range], self.again, immediate=False)

    def show_heals(self) -> None:
        """The newest heals of it."""
        with Tag("section", ""):
            Tag("h2", "Heals")
            self.follow(Live(lambda: list(self.told.heals), self._heals, "div", "heals"))

    def _heals(self, heals: list[Mapping[str, Any]]) -> None:
        if not heals:
            Tag("p", "Nothing had to be healed yet.", "empty")
            return
        for one in heals[:10]:
            show_heal(story(one), self._opened)
        link("All heals of it", heals_of(self._subjects[0]))

    async def again(self, newer_than: float = 0.0) -> None:
        """Read it anew; what cannot be read now stays as it is, and the frame says why."""
        if self._view.feed.health.trouble:
            return
        try:
            await self.read(newer_than)
        except VrooliError:
            return
        self._draw()
        for live in self._lives:
            live.look()

    def _draw(self) -> None:
        if self._chart is not None:
            self._chart.show(self.told.history, self.told.marks, self._thresholds)

    def _words(self) -> list[str]:
        said = in_words(self.told.history, self.told.marks, self._range)
        limits = limits_in_words(self._thresholds, self.told.history.unit)
        return [*said, f"Limits: {limits}."] if limits else said

    async def _hear(self, event: dict[str, Any]) -> None:
        if event.get("subject") in self._subjects:
            at = time.time()
            await asyncio.sleep(SETTLE)
            await self.again(at)


def _sentences(said: list[str]) -> None:
    for one in said:
        Tag("p", one)
