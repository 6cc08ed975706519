"""How reliable everything was, and what runs full when."""

import asyncio
from typing import Any
from urllib.parse import quote

from nicegui import ui

from vrooli.console.page import Page, View
from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.live import Live
from vrooli.console.parts.outlook import (
    HEIGHT,
    WIDTH,
    Chart,
    Going,
    Served,
    Share,
    going,
    served,
)
from vrooli.console.parts.shared import Shared
from vrooli.core.errors import VrooliError

WINDOWS = ("24 hours", "7 days", "30 days")
EVERY = 60.0
"""Seconds after which it is asked anew: neither moves faster."""

_SHARED: Shared[list[dict[str, Any]]] = Shared()

Known = tuple[list[Served], list[Going]]


async def build(view: View) -> None:
    """The page."""
    known = await _ask(view)
    ahead = Live(lambda: [one for one in known[1] if one.foreseen], _ahead, "section")
    uptime = Live(lambda: known[0], _uptime, "section")
    others = Live(lambda: [one for one in known[1] if not one.foreseen], _others, "section")

    async def again() -> None:
        nonlocal known
        try:
            known = await _ask(view)
        except VrooliError:
            return  # the banner of the frame says so
        for part in (uptime, ahead, others):
            part.look()

    ui.timer(EVERY, again, immediate=False)


async def _ask(view: View) -> Known:
    """As all do who look, once in a while."""
    acting = view.acting
    turn = int(view.feed.health.at // EVERY)
    uptime, trends = await asyncio.gather(
        _SHARED.ask("uptime", turn, acting, acting.watchdog.uptime),
        _SHARED.ask("trends", turn, acting, acting.watchdog.trends),
    )
    return served(uptime), going(trends)


def _ahead(found: list[Going]) -> None:
    Tag("h2", "What reaches a limit")
    if not found:
        Tag("p", "Nothing runs into a limit as far as can be foreseen.", "empty")
        return
    with Tag("ul", "", "cards outlook"):
        for one in found:
            with Tag("li", "", "card warning"):
                link(one.check, _check(one))
                Tag("p", one.words, "outlook-words")
                if one.chart is not None:
                    _chart(one.chart)
                Tag("p", ", ".join(filter(None, (f"now {one.level}", one.per_day))), "soft")


def _chart(chart: Chart) -> None:
    box = {"viewBox": f"0 0 {WIDTH:g} {HEIGHT:g}", "role": "img", "aria_label": chart.words}
    with Tag("svg", "", "outlook-chart", **box):
        for path, classes in (
            (chart.limit, "limit"),
            (chart.line, "line"),
            (chart.ahead, "ahead"),
            (chart.history, "history"),
        ):
            if path:
                Tag("path", "", f"outlook-{classes}", d=path)
    more = f"; dashes: as it goes on; dots: {chart.limit_words}" if chart.ahead else ""
    Tag("p", f"{chart.words}{more}", "soft outlook-note")


def _uptime(found: list[Served]) -> None:
    Tag("h2", "Uptime")
    if not found:
        Tag("p", "No service was looked at yet.", "empty")
        return
    with Tag("div", "", "scroll", role="region", tabindex="0", aria_label="Uptime"), Tag("table"):
        with Tag("thead"), Tag("tr"):
            Tag("th", "Service", scope="col")
            for words in WINDOWS:
                Tag("th", words, scope="col")
        with Tag("tbody"):
            for one in found:
                with Tag("tr"):
                    with Tag("th", "", "", scope="row"):
                        link(one.name, f"/services/{quote(one.name, safe='')}")
                    for share in one.shares:
                        with Tag("td"):
                            _share(share)


def _share(share: Share) -> None:
    Tag("span", share.percent or "nothing known", f"state {share.tone}")
    if share.incidents:
        plural = "" if share.incidents == 1 else "s"
        said = f"{share.incidents} incident{plural}, the longest {share.longest}"
        Tag("div", said, "outlook-note")
    if share.known:
        Tag("div", share.known, "soft outlook-note")


def _others(found: list[Going]) -> None:
    Tag("h2", "Everything else that is measured")
    if not found:
        Tag("p", "Nothing was measured yet: the first values come within minutes.", "empty")
        return
    with Tag("div", "", "scroll", role="region", tabindex="0", aria_label="Trends"), Tag("table"):
        with Tag("thead"), Tag("tr"):
            for words in ("Check", "Where it goes"):
                Tag("th", words, scope="col")
            for words in ("Now", "Change"):
                Tag("th", words, "number", scope="col")
        with Tag("tbody"):
            for one in found:
                with Tag("tr"):
                    with Tag("th", "", "", scope="row"):
                        link(one.check, _check(one))
                    Tag("td", one.words)
                    Tag("td", one.level, "number")
                    Tag("td", one.per_day or "not known", "number")


def _check(one: Going) -> str:
    return f"/checks/{quote(one.check, safe='')}"


PAGE = Page("/trends", "Trends", "trending_up", build, order=60)
