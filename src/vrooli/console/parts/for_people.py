"""What people are to do for swarms, in the inbox."""

from collections.abc import Mapping, Sequence
from typing import Any

from vrooli.console.page import View
from vrooli.console.parts.asked import Asked
from vrooli.console.parts.exactly import exactly
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.rows import Rows

SHOWN = 100
"""Tasks on the page, the newest; the menu counts as far."""

EVERY = 5.0
"""Seconds between two looks at them."""

Task = Mapping[str, Any]


def for_people(view: View) -> Asked[Sequence[Task]]:
    """Those that wait, asked for once by the page and the menu of one person."""

    def ask() -> Sequence[Task]:
        found: Sequence[Task] = view.acting.swarms.person_tasks(limit=SHOWN)["tasks"]
        return found

    return Asked(view, ask, EVERY, key="for-people")


async def show_for_people(view: View) -> None:
    """Tasks of swarms that wait for somebody, each with its swarm, where one says that it is done;
    nothing where there are none.
    """
    asked = for_people(view)
    asked.show(_heading, of=bool, quiet=True)
    rows: Rows[str, Task] = Rows(_row, "div", row="article", row_classes="panel")
    asked.hand(lambda found: rows.show((one["run"], one) for one in found))
    await asked.begin()


def _heading(found: Sequence[Task]) -> None:
    if found:
        Tag("h2", "For a person to do")


def _row(one: Task) -> None:
    Tag("h3", f"A person is to do {one['task']}")
    if one["what"]:
        Tag("p", exactly(one["what"]).text)
    with Tag("p", "", "soft"):
        Tag("span", "for ")
        link(f"swarm {one['swarm']}", f"/swarms/{one['swarm']}")
        Tag("span", ", since ")
        moment(one["since"], since=True)
