"""Two swarms side by side: how each ended and what it took, the tasks of both plans, and what
differs in what is written. With one alone, the others to choose from.
"""

from typing import Any

from vrooli.client.swarm_comparing import compared, outcome
from vrooli.console.page import Page, View
from vrooli.console.parts.addresses import address, compare_of
from vrooli.console.parts.asked import Asked
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.run_filter import PAGE as MANY
from vrooli.console.parts.swarm_editor import show_lines

Swarm = dict[str, Any]

LONGEST = 64
"""Characters of an id."""


async def build(view: View) -> None:
    """The page."""
    one, other = (view.query.get(name, "")[:LONGEST] for name in ("one", "other"))
    if one and other:
        await _compared(view, one, other)
    else:
        await _choose(view, one or other)


async def _compared(view: View, one: str, other: str) -> None:
    def question() -> dict[str, Any]:
        swarms = view.acting.swarms
        return compared(outcome(swarms.swarm(one)), outcome(swarms.swarm(other)))

    asked: Asked[dict[str, Any]] = Asked(view, question, 2.0, key=("swarms-compared", one, other))
    asked.show_trouble()
    with Tag("p", "", "row"):
        link("The other way round", compare_of(other, one), "button")
        link("Compare with another one", compare_of(one), "button")
    asked.show(lambda found: _facts(found, one, other), "section", of=lambda found: found["facts"])
    asked.show(
        lambda found: _tasks(found, one, other),
        "section",
        of=lambda found: found["tasks"],
        quiet=True,
    )
    asked.show(_differences, "section", of=lambda found: found["documents"], quiet=True)
    await asked.begin()


def _facts(found: dict[str, Any], one: str, other: str) -> None:
    _table("", [(row["name"], row) for row in found["facts"]], (one, other))


def _tasks(found: dict[str, Any], one: str, other: str) -> None:
    if not found["tasks"]:
        return
    Tag("h2", "Tasks")
    _table("Task", [(row["task"], row) for row in found["tasks"]], (one, other))
    for row in found["tasks"]:
        if row["differs"]:
            _differs(f"What {row['task']} came to", row["differs"])


def _table(head: str, rows: list[tuple[str, dict[str, Any]]], ids: tuple[str, str]) -> None:
    about = f"{head or 'Facts'} of both"
    with (
        Tag("div", "", "scroll", tabindex="0", role="region", aria_label=about),
        Tag("table", "", "compare"),
    ):
        with Tag("thead"), Tag("tr"):
            Tag("th", head or "What", scope="col")
            for run in ids:
                with Tag("th", "", scope="col"):
                    link(run, address("swarms", run))
            Tag("th", "Same", scope="col")
        with Tag("tbody"):
            for name, row in rows:
                with Tag("tr", "", "" if row["same"] else "differs"):
                    Tag("th", name, scope="row")
                    Tag("td", row["one"] or "-", "said")
                    Tag("td", row["other"] or "-", "said")
                    Tag("td", "yes" if row["same"] else "no")


def _differences(found: dict[str, Any]) -> None:
    Tag("h2", "What is written")
    for name, lines in found["documents"].items():
        if lines:
            _differs(name, lines)
        else:
            Tag("p", f"{name}: nothing differs", "soft")


def _differs(name: str, lines: list[str]) -> None:
    Tag("h3", name)
    show_lines(lines, f"Differences: {name}")


async def _choose(view: View, one: str) -> None:
    """Another one to compare it with; the first, where none is said."""
    asked: Asked[dict[str, Any]] = Asked(
        view, lambda: view.acting.swarms.swarms(limit=MANY), key=("swarms-to-compare",)
    )
    asked.show_trouble()
    Tag("p", f"Compare {one} with:" if one else "Choose the first one:")
    asked.show(lambda answer: _choices(answer["swarms"], one), of=_ids)
    await asked.begin()


def _ids(answer: dict[str, Any]) -> list[str]:
    return [swarm["id"] for swarm in answer["swarms"]]


def _choices(swarms: list[Swarm], one: str) -> None:
    found = [swarm for swarm in swarms if swarm["id"] != one]
    if not found:
        Tag("p", "There is no other swarm.", "empty")
    with Tag("ul", "", "beside"):
        for swarm in found:
            to = compare_of(one, swarm["id"]) if one else compare_of(swarm["id"])
            with Tag("li", "", "row"):
                link(swarm["id"], to)
                Tag("strong", swarm["name"])
                Tag("span", swarm["status"], f"state {swarm['status']}")
                moment(swarm["created_at"], since=True)
                Tag("span", swarm["goal"], "soft")


PAGE = Page("/swarms/compare", "Compare swarms", "compare", build)
