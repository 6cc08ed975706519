"""The inbox: what waits for a person's word, and what was decided lately."""

from typing import Any

from vrooli.console.page import Page, View
from vrooli.console.parts.asked import Asked
from vrooli.console.parts.away import show_absence
from vrooli.console.parts.deciding import show_approval
from vrooli.console.parts.for_people import show_for_people
from vrooli.console.parts.html import Tag
from vrooli.console.parts.inbox import Approval, Waiting, show_count
from vrooli.console.parts.rows import Rows


async def build(view: View) -> None:
    """The page."""
    await show_absence(view)
    waiting = Waiting(view)
    waiting.show()
    await waiting.asked.begin()
    await show_for_people(view)
    Tag("h2", "Decided lately")
    decided: Asked[list[Approval]] = Asked(view, lambda: _decided(view), seconds=5.0, key="decided")
    decided.show(_none, of=bool, quiet=True)
    rows: Rows[str, Approval] = Rows(
        lambda one: show_approval(view, one, decided.ask), "div", row="div"
    )
    decided.hand(lambda found: rows.show((one["id"], one) for one in found))
    waiting.then(decided.ask)
    await decided.begin()


def _decided(view: View) -> list[Any]:
    found = view.acting.work.approvals(limit=20)["approvals"]
    return [one for one in found if one["status"] != "pending"]


def _none(rows: list[Approval]) -> None:
    if not rows:
        Tag("p", "Nothing yet.", "soft")


PAGE = Page("/approvals", "Inbox", "how_to_vote", build, order=80, beside=show_count)
