"""An error on a page: what happened, where, what to do next."""

from nicegui import ui

from vrooli.console.feed import Feed
from vrooli.console.parts.html import Tag
from vrooli.core.errors import VrooliError


def show_trouble(error: VrooliError) -> None:
    """In place of what should be there."""
    with Tag("section", "", "trouble", role="alert"):
        Tag("h2", "This cannot be shown")
        Tag("p", f"{error.where}: {error.what}" if error.where else error.what)
        if error.next_step:
            Tag("p", f"Next: {error.next_step}", "next")


def once_more(feed: Feed) -> None:
    """A page of which something is missing because the watchdog was away is loaded anew when that
    is back.
    """

    def look() -> None:
        if not feed.health.trouble:
            ui.navigate.reload()

    if feed.health.trouble:
        feed.changed.subscribe(look)
