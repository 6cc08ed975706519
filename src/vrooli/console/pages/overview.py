"""The first page: one verdict in words, what is wrong, then everything."""

from typing import Any

from vrooli.console.page import Page, View
from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.live import Live


async def build(view: View) -> None:
    """The page."""
    parts = [
        Live(lambda: [_card(one) for one in view.feed.health.services], _cards, "ul", "cards"),
    ]
    for one in parts:
        view.feed.changed.subscribe(one.look)


def _card(service: dict[str, Any]) -> tuple[str, str, str]:
    return service["name"], service["state"], service.get("health") or ""


def _cards(cards: list[tuple[str, str, str]]) -> None:
    for name, state, health in cards:
        with Tag("li", "", f"card {health or state}"):
            link(name, f"/services/{name}")
            Tag("span", state)


PAGE = Page("/", "Overview", "home", build, order=0)
