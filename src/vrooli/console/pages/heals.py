"""Everything that was healed, newest first; a new one appears by itself."""

from collections.abc import Mapping, Sequence
from typing import Any

from vrooli.console.page import Page, View
from vrooli.console.parts.heal_story import IN_FLIGHT, OUTCOMES, SPANS, Wanted, story, with_news
from vrooli.console.parts.heal_view import show_heal
from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.live import Live

MOST = 200
"""Heals that a page keeps while new ones come; of those that go on, the newest so many."""

Heals = list[Mapping[str, Any]]


async def build(view: View) -> None:
    """The page."""
    wanted = Wanted.of(view.query)
    _filters(view, wanted)
    heals, more = await _heals(view, wanted)
    names = {str(one["subject"]) for one in heals} if wanted.subject else set()
    opened: set[str] = set()
    live = Live(lambda: list(heals), lambda seen: _list(seen, wanted, opened), "div", "heals")
    _pages(wanted, more)

    def hear(event: dict[str, Any]) -> None:
        ours = not wanted.subject or event.get("subject") in {wanted.subject, *names}
        if event.get("kind") == "heal" and ours:
            told = with_news(heals, event) if wanted.means(event) else _without(heals, event)
            heals[:] = told[:MOST]
            live.look()

    if not wanted.before:
        view.feed.happened.subscribe(hear)


async def _heals(view: View, wanted: Wanted) -> tuple[Heals, int | None]:
    """Those of the page, and where the next one begins; what goes on stands before what ended."""
    watchdog, subject = view.acting.watchdog, wanted.subject or None

    async def ask() -> tuple[Heals, int | None]:
        going: Heals = []
        if not wanted.before and wanted.outcome in ("", IN_FLIGHT):
            found = await view.acting.ask(lambda: watchdog.heals(MOST, subject=subject))
            going = [one for one in found if one["outcome"] is None]
        if wanted.outcome == IN_FLIGHT:
            return going, None
        ended = await view.acting.ask(lambda: watchdog.ended_heals(**wanted.question()))
        return [*going, *ended["heals"]], ended["next"]

    answer = await view.feed.answers.get(("heals", wanted), ask, seconds=1.0)
    return list(answer[0]), answer[1]


def _without(heals: Sequence[Mapping[str, Any]], event: Mapping[str, Any]) -> Heals:
    """It has come to something that is not shown here."""
    return [one for one in heals if one["id"] != event.get("id")]


def _filters(view: View, wanted: Wanted) -> None:
    names = sorted({one["name"] for one in view.feed.health.services} | {wanted.subject} - {""})
    with Tag("form", "", "row filters", method="get", action="/heals"):
        _choice("subject", "Service or check", {"": "all", **{one: one for one in names}}, wanted)
        _choice("outcome", "Outcome", {"": "all", **{one: one for one in OUTCOMES}}, wanted)
        _choice("since", "When", SPANS, wanted)
        Tag("button", "Show", "main", type="submit")
        if wanted.is_filtered:
            link("All heals", "/heals")


def _choice(key: str, label: str, values: Mapping[str, str], wanted: Wanted) -> None:
    with Tag("div", ""):
        Tag("label", label, for_=key)
        with Tag("select", "", id=key, name_=key):
            for value, text in values.items():
                chosen = {"selected": ""} if value == getattr(wanted, key) else {}
                Tag("option", text, value=value, **chosen)


def _list(heals: Sequence[Mapping[str, Any]], wanted: Wanted, opened: set[str]) -> None:
    if not heals:
        if wanted.before:
            nothing = "There are no older heals that fit."
        elif wanted.is_filtered:
            nothing = "No heal fits this choice."
        else:
            nothing = "Nothing had to be healed yet."
        Tag("p", nothing, "empty")
        return
    counted = f"{len(heals)} heals" if len(heals) != 1 else "1 heal"
    where = "older ones" if wanted.before else "the newest first"
    Tag("p", f"{counted}, {where}", "soft", aria_live="polite")
    for one in heals:
        show_heal(story(one), opened)


def _pages(wanted: Wanted, more: int | None) -> None:
    with Tag("nav", "", "row paging", aria_label="Pages of heals"):
        if wanted.before:
            link("Newest", wanted.link(""), "button")
        if more is not None:
            link("Older", wanted.link(str(more)), "button")


PAGE = Page("/heals", "Heals", "healing", build, order=40)
