"""The inbox: what waits for a person's word, and what was decided lately."""

from typing import Any

from vrooli.console.page import Page, View
from vrooli.console.parts.asked import Asked
from vrooli.console.parts.deciding import show_approval
from vrooli.console.parts.html import Tag, link


async def build(view: View) -> None:
    """The page."""
    work = view.acting
    waiting: Asked[dict[str, Any]] = Asked(
        view, lambda: work.work.approvals(status="pending", limit=50), key="pending"
    )
    waiting.show_trouble()
    waiting.show(lambda answer: _waiting(view, answer["approvals"], waiting))
    await waiting.begin()
    Tag("h2", "Decided lately")
    before: Asked[dict[str, Any]] = Asked(
        view, lambda: work.work.approvals(limit=20), seconds=5.0, key="decided"
    )
    before.show(lambda answer: _decided(view, answer["approvals"], before))
    await before.begin()


def _waiting(view: View, rows: list[dict[str, Any]], asked: Asked[Any]) -> None:
    if not rows:
        with Tag("div", "", "empty"):
            Tag("p", "Nothing waits for you.")
            link("All runs", "/runs")
    for one in rows:
        show_approval(view, one, asked.ask)


def _decided(view: View, rows: list[dict[str, Any]], asked: Asked[Any]) -> None:
    rows = [one for one in rows if one["status"] != "pending"]
    if not rows:
        Tag("p", "Nothing yet.", "soft")
    for one in rows:
        show_approval(view, one, asked.ask)


PAGE = Page("/approvals", "Inbox", "how_to_vote", build, order=80)
