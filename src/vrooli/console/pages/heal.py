"""One heal, at an address of its own."""

from typing import Any

from vrooli.console.page import Page, View
from vrooli.console.parts.absent import show_absent
from vrooli.console.parts.addresses import heals_of
from vrooli.console.parts.heal_story import story
from vrooli.console.parts.heal_view import show_phases, state_of
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.live import Live

AROUND = 300
"""Seconds around the time in its id: clocks are set."""

MOST = 1000


async def build(view: View) -> None:
    """The page."""
    wanted = view.path["id"][:300]
    found = await _find(view, wanted)
    if found is None:
        what = f"There is no heal {wanted}: it may be older than what is kept."
        show_absent(what, [("All heals", "/heals")])
        return
    heal: dict[str, Any] = found
    live = Live(lambda: dict(heal), _show)

    def hear(event: dict[str, Any]) -> None:
        if event.get("kind") == "heal" and event.get("id") == wanted:
            heal.clear()
            heal.update(event)
            live.look()

    view.feed.happened.subscribe(hear)


async def _find(view: View, wanted: str) -> dict[str, Any] | None:
    """It is looked for around the time in its id, which is in milliseconds."""
    stamp = wanted.partition("-")[0]
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 16):
        return None
    at, watchdog = int(stamp) // 1000, view.acting.watchdog
    since, until = at - AROUND, at + 10 * AROUND
    heals = await view.acting.ask(lambda: watchdog.heals(MOST, since=max(0, since), until=until))
    return next((one for one in heals if one["id"] == wanted), None)


def _show(heal: dict[str, Any]) -> None:
    one = story(heal)
    Tag("h1", f"Heal of {one.subject}")
    with Tag("p", "", "row"):
        state_of(one.outcome)
        moment(one.at)
    Tag("p", one.line)
    with Tag("section", "", "panel"):
        show_phases(one.phases)
    with Tag("p", "", "row"):
        link("All heals of it", heals_of(one.subject))
        link("All heals", "/heals")


PAGE = Page("/heals/{id}", "Heal", "healing", build, own_heading=True)
