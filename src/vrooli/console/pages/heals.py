"""Everything that was healed, newest first; a new one appears by itself."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from vrooli.console.page import Page, View
from vrooli.console.parts.heal_story import ON_A_PAGE, OUTCOMES, Wanted, page_of, story, with_news
from vrooli.console.parts.heal_view import show_heal
from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.live import Live

MOST = 1000
"""Heals that are looked through; the watchdog gives no more at once."""


async def build(view: View) -> None:
    """The page."""
    wanted = Wanted.of(view.query)
    heals: list[Mapping[str, Any]] = list(await _heals(view, wanted))
    opened: set[str] = set()
    _filters(view, wanted)
    live = Live(lambda: list(heals), lambda seen: _list(seen, wanted, opened), "div", "heals")

    def hear(event: dict[str, Any]) -> None:
        if event.get("kind") == "heal" and wanted.subject in ("", event.get("subject")):
            heals[:] = with_news(heals, event)[:MOST]
            live.look()

    view.feed.happened.subscribe(hear)


async def _heals(view: View, wanted: Wanted) -> list[dict[str, Any]]:
    watchdog, subject = view.acting.watchdog, wanted.subject or None

    async def ask() -> list[dict[str, Any]]:
        return await view.acting.ask(lambda: watchdog.heals(MOST, subject=subject))

    return await view.feed.answers.get(("heals", subject), ask, seconds=1.0)


def _filters(view: View, wanted: Wanted) -> None:
    names = sorted({one["name"] for one in view.feed.health.services} | {wanted.subject} - {""})
    with Tag("form", "", "row filters", method="get", action="/heals"):
        _choice("subject", "Service or check", "all", names, wanted.subject)
        _choice("outcome", "Outcome", "all", OUTCOMES, wanted.outcome)
        Tag("button", "Show", type="submit")


def _choice(key: str, label: str, everything: str, values: Sequence[str], chosen: str) -> None:
    with Tag("div", ""):
        Tag("label", label, for_=key)
        with Tag("select", "", id=key, name_=key):
            for value, text in (("", everything), *((one, one) for one in values)):
                Tag("option", text, value=value, **({"selected": ""} if value == chosen else {}))


def _list(heals: Sequence[Mapping[str, Any]], wanted: Wanted, opened: set[str]) -> None:
    shown, count = page_of([story(one) for one in heals], wanted)
    if not shown:
        filtered = wanted.subject or wanted.outcome or wanted.page > 1
        nothing = "No heal fits this choice." if filtered else "Nothing had to be healed yet."
        Tag("p", nothing, "empty")
        return
    said = f"{count} heals" if count != 1 else "1 heal"
    if len(heals) >= MOST:
        said = f"The newest {MOST} heals were looked through: {said}"
    Tag("p", f"{said}, newest first", "soft", aria_live="polite")
    for one in shown:
        show_heal(one, opened)
    _pages(count, wanted)


def _pages(count: int, wanted: Wanted) -> None:
    last = (count + ON_A_PAGE - 1) // ON_A_PAGE
    if last < 2:
        return
    with Tag("nav", "", "row paging", aria_label="Pages of heals"):
        if wanted.page > 1:
            link("Newer", _address(wanted, wanted.page - 1), "button")
        Tag("span", f"page {wanted.page} of {last}", "soft")
        if wanted.page < last:
            link("Older", _address(wanted, wanted.page + 1), "button")


def _address(wanted: Wanted, page: int) -> str:
    said = {"subject": wanted.subject, "outcome": wanted.outcome, "page": str(page)}
    return f"/heals?{urlencode({key: value for key, value in said.items() if value})}"


PAGE = Page("/heals", "Heals", "healing", build, order=40)
