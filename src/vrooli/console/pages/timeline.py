"""Everything that happened, the newest first: filtered, searched, and as a file."""

from typing import Any

from nicegui import ui

from vrooli.console.page import Page, View
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.shared import Shared
from vrooli.console.parts.story import (
    KINDS,
    MAX_TEXT,
    SPANS,
    USUAL,
    Filters,
    Happened,
    filters,
    newer,
    rows,
)
from vrooli.console.parts.story_export import export
from vrooli.core.errors import VrooliError

ROWS = 100
"""Of a page."""

MOST = 500
"""Rows that a page keeps while new ones come."""

_SHARED: Shared[dict[str, Any]] = Shared()


async def build(view: View) -> None:
    """The page."""
    asked = filters(view.query)
    _form(asked)
    answer = await _ask(view, asked)
    story = Story(view, asked, rows(answer["entries"]))
    story.build(answer["next"])
    if not asked.before:
        view.feed.changed.subscribe(story.look)


class Story:
    """The rows; new ones come on top."""

    def __init__(self, view: View, asked: Filters, found: list[Happened]) -> None:
        self._view, self._asked, self._found = view, asked, found
        self._top = max((row.seq for row in found), default=0)
        self._list: ui.element
        self._empty: ui.element

    def build(self, more: int | None) -> None:
        """Make the elements; `more` is where the next page begins."""
        self._empty = Tag("p", _nothing(self._asked), "empty")
        self._empty.set_visibility(not self._found)
        Tag("button", "", "story-new", type="button", data_story_new="", hidden="")
        Tag("p", "", "story-said", role="status", data_story_said="")
        with Tag("ol", "", "story", data_story="") as self._list:
            for row in self._found:
                _row(row, self._asked)
        with Tag("nav", "", "row story-pages", aria_label="Pages of the timeline"):
            if self._asked.before:
                link("Newest", self._asked.link(before=0), "button")
            if more is not None:
                words = "Older" if self._found else "Search further back"
                link(words, self._asked.link(before=more), "button")

    async def look(self) -> None:
        """Add what is new."""
        try:
            answer = await _ask(self._view, self._asked)
        except VrooliError:
            return  # the banner of the frame says so
        found = newer(rows(answer["entries"]), self._top)
        if not found or self._list.is_deleted:
            return
        self._top = found[0].seq
        self._empty.set_visibility(False)
        with self._list:
            for place, row in enumerate(found):
                _row(row, self._asked).move(target_index=place)
        kept = self._list.default_slot.children
        for extra in kept[MOST:]:
            extra.delete()


async def _ask(view: View, asked: Filters) -> dict[str, Any]:
    """As all do who look at the same, together."""
    acting = view.acting
    question = {**asked.question(), "limit": ROWS}
    return await _SHARED.ask(
        asked, view.feed.health.at, acting, lambda: acting.watchdog.timeline(**question)
    )


def _form(asked: Filters) -> None:
    with Tag("form", "", "story-form", method="get", action="/timeline", role="search"):
        _choice("kind", "What", KINDS, asked.kind)
        _choice("span", "When", SPANS, asked.span)
        _field("subject", "Service or check", asked.subject)
        _field("text", "Words", asked.text)
        with Tag("div", "", "row story-do"):
            Tag("button", "Show", "main", type="submit")
            link("Save as CSV", asked.link("/timeline.csv", before=0), "button")
            if asked != Filters():
                link("Everything", "/timeline")


def _choice(name: str, words: str, among: dict[str, str], chosen: str) -> None:
    with Tag("div"):
        Tag("label", words, for_=f"story-{name}")
        with Tag("select", "", "", name_=name, id=f"story-{name}"):
            for value, said in among.items():
                here = {"selected": ""} if value == chosen else {}
                Tag("option", said, "", value=value, **here)


def _field(name: str, words: str, value: str) -> None:
    with Tag("div"):
        Tag("label", words, for_=f"story-{name}")
        facts = {"name_": name, "value": value, "maxlength": MAX_TEXT, "autocomplete": "off"}
        Tag("input", "", "", id=f"story-{name}", type="search", **facts)


def _row(row: Happened, asked: Filters) -> Tag:
    with Tag("li", "", f"story-row {row.tone}", data_seq=row.seq) as line:
        with Tag("span", "", "story-at"):
            moment(row.at)
        Tag("span", row.kind, "story-kind")
        title = f"only {row.subject}"
        Tag(
            "a",
            row.subject,
            "story-subject",
            href=asked.link(subject=row.subject, before=0),
            title=title,
        )
        with Tag("span", "", "story-words"):
            if row.status:
                Tag("span", row.status, f"state {row.tone}")
            Tag("span", row.words)
    return line


def _nothing(asked: Filters) -> str:
    more = "" if asked == Filters(span=asked.span) else " of that kind"
    wider = "" if asked.span != USUAL else " Choose a longer time to look further back."
    return f"Nothing{more} happened in {SPANS[asked.span]}.{wider}"


PAGE = Page("/timeline", "Timeline", "history", build, order=50, files={"/timeline.csv": export})
