"""All checks, those that are not well first, by what they are about."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nicegui import ui

from vrooli.console.page import Page, View
from vrooli.console.parts.addresses import address
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.live import Live
from vrooli.console.parts.numbers import measured
from vrooli.core.errors import VrooliError

AGAIN = 5.0
"""Seconds after which they are read anew; all pages together ask once."""

_ORDER = ("critical", "warning", "unknown", "ok", "off")


@dataclass(frozen=True, slots=True)
class Row:
    """One check.

    Attributes:
        state: ok, warning, critical, unknown; off where it has no meaning here.
        at: unix seconds of the last look; None before the first.
    """

    id: str
    title: str
    category: str
    state: str
    message: str
    value: str
    at: float | None


def rows_of(checks: Sequence[Mapping[str, Any]]) -> list[Row]:
    """The worst first, otherwise as the watchdog orders them. Pure."""
    return sorted(map(_row, checks), key=lambda row: _ORDER.index(row.state))


def _row(check: Mapping[str, Any]) -> Row:
    result = check.get("result") or {}
    state = str(result.get("status") or "unknown")
    if result and not result.get("applicable", True):
        state = "off"
    message = str(result.get("message") or "not looked at yet").partition("\n")[0]
    value = measured(result.get("value"), str(check.get("unit") or ""))
    return Row(
        str(check["id"]),
        str(check["title"]),
        str(check["category"]),
        state if state in _ORDER else "unknown",
        message,
        value,
        check.get("looked_at"),
    )


def in_words(rows: Sequence[Row]) -> str:
    """How many are how."""
    counts = {state: sum(row.state == state for row in rows) for state in _ORDER}
    off = counts.pop("off")
    said = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return f"{said}; {off} without meaning on this machine" if off else said


async def build(view: View) -> None:
    """The page."""
    rows = rows_of(await _ask(view, 0.0))
    shown = Live(lambda: list(rows), _show)

    async def again(newer_than: float = 0.0) -> None:
        try:
            rows[:] = rows_of(await _ask(view, newer_than))
        except VrooliError:  # the frame says why nothing is new
            return
        shown.look()

    async def hear(event: dict[str, Any]) -> None:
        if event.get("kind") == "transition":
            at = time.time()
            await asyncio.sleep(0.2)
            await again(at)

    view.feed.happened.subscribe(hear)
    ui.timer(AGAIN, again, immediate=False)


async def _ask(view: View, newer_than: float) -> list[dict[str, Any]]:
    watchdog = view.acting.watchdog

    async def ask() -> list[dict[str, Any]]:
        return await view.acting.ask(watchdog.checks)

    return await view.feed.answers.get("checks", ask, seconds=AGAIN / 2, newer_than=newer_than)


def _show(rows: list[Row]) -> None:
    if not rows:
        Tag("p", "Nothing is looked at yet.", "empty")
        return
    Tag("p", in_words(rows), "soft", aria_live="polite")
    _table([row for row in rows if row.state != "off"])
    off = [row for row in rows if row.state == "off"]
    if off:
        with Tag("details", ""):
            Tag("summary", f"{len(off)} without meaning on this machine")
            _table(off)


def _table(rows: list[Row]) -> None:
    with Tag("div", "", "scroll"), Tag("table", "", "checks"):
        with Tag("thead", ""), Tag("tr", ""):
            for head in ("State", "Check", "About", "Last look", "Value", "When"):
                Tag("th", head, "number" if head == "Value" else "", scope="col")
        with Tag("tbody", ""):
            for row in rows:
                _table_row(row)


def _table_row(row: Row) -> None:
    with Tag("tr", ""):
        with Tag("td", ""):
            Tag("span", row.state, f"state {row.state}")
        with Tag("td", ""):
            link(row.title, address("checks", row.id))
            Tag("span", f" {row.id}", "soft")
        Tag("td", row.category)
        Tag("td", row.message)
        Tag("td", row.value, "number")
        with Tag("td", ""):
            if row.at:
                moment(row.at, since=True)


PAGE = Page("/checks", "Checks", "fact_check", build, order=20)
