"""Routines: what can be run."""

from typing import Any

from vrooli.console.page import Page, View
from vrooli.console.parts.asked import Asked
from vrooli.console.parts.html import Tag, link, moment


async def build(view: View) -> None:
    """The page."""
    asked: Asked[list[dict[str, Any]]] = Asked(
        view, lambda: view.acting.work.routines(), 5.0, key="routines"
    )
    asked.show_trouble()
    asked.show(_cards)
    await asked.begin()


def _cards(routines: list[dict[str, Any]]) -> None:
    if not routines:
        with Tag("div", "", "empty"):
            Tag("p", "No routines yet.")
            Tag("p", "Add one: `vrooli routine add FILE`; the folder `examples` has some.")
        return
    with Tag("ul", "", "cards"):
        for one in routines:
            with Tag("li", "", "card"):
                link(one["name"], f"/routines/{one['name']}")
                Tag("p", one.get("description") or "")
                with Tag("p", f"version {one['version'][:12]}, stored ", "soft"):
                    pass
                moment(one["updated_at"], since=True)


PAGE = Page("/routines", "Routines", "schema", build, order=75)
