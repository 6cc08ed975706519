"""One line about backups, for the overview."""

from nicegui import ui

from vrooli.console.page import View
from vrooli.console.parts.backups_told import backups_of, in_line
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.live import Live
from vrooli.console.parts.standing import Level
from vrooli.core.errors import VrooliError

EVERY = 30.0
"""Seconds after which it is asked anew."""

_Line = tuple[Level, str, float] | None


async def show_backups(view: View) -> None:
    """It, and from now on as it changes; nothing where there are none, or nobody knows."""
    now = [await _asked(view)]
    line = Live(lambda: now[0], _line, "div")

    async def again() -> None:
        now[0] = await _asked(view)
        line.look()

    ui.timer(EVERY, again, immediate=False)


async def _asked(view: View) -> _Line:
    watchdog = view.acting.watchdog

    async def ask() -> _Line:
        return in_line(backups_of(await view.acting.ask(lambda: watchdog.backups(limit=1))))

    try:
        return await view.feed.answers.get("backups in a line", ask, seconds=EVERY / 2)
    except VrooliError:
        return None


def _line(said: _Line) -> None:
    if said is None:
        return
    level, words, verified = said
    Tag("h2", "Backups")
    with Tag("p", ""):
        Tag("span", level, f"state {level}")
        Tag("span", f" {words} ")
        if verified:
            Tag("span", "The newest verified point is from ")
            moment(verified, since=True)
            Tag("span", ". ")
        link("All about them", "/backups")
