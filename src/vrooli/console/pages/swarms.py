"""Swarms, newest first: by state, page by page; all of them can be stopped at once."""

from typing import Any

from vrooli.console.page import Page, View
from vrooli.console.parts.addresses import address, compare_of, narrowed
from vrooli.console.parts.asked import Asked, act
from vrooli.console.parts.dialogs import is_sure
from vrooli.console.parts.forms import button, choice, why_not
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.rows import Rows
from vrooli.console.parts.run_filter import PAGE as MANY
from vrooli.console.parts.run_filter import STATUSES, RunFilter, filter_of
from vrooli.core.amounts import length
from vrooli.core.passes import ADMIN

Swarm = dict[str, Any]

_HEADS = ("Swarm", "State", "Goal", "Begun", "Took", "Runs", "Of", "Side by side")


async def build(view: View) -> None:
    """The page."""
    wanted = filter_of(view.query)
    asked_for = {key: value for key, value in wanted.query.items() if key in ("status", "cursor")}
    asked: Asked[dict[str, Any]] = Asked(
        view,
        lambda: view.acting.swarms.swarms(limit=MANY, **asked_for),
        key=("swarms", *sorted(asked_for.items())),
    )
    _above(view, wanted, asked)
    asked.show_trouble()
    asked.show(lambda answer: _empty(answer, wanted), of=lambda answer: bool(answer["swarms"]))
    around = Tag("div", "", "scroll", tabindex="0", role="region", aria_label="Swarms")
    with around, Tag("table", "", "runs swarms"):
        with Tag("thead"), Tag("tr"):
            for head in _HEADS:
                Tag("th", head, scope="col")
        rows: Rows[str, Swarm] = Rows(_row, "tbody", row="tr")
    asked.hand(lambda answer: rows.show((one["id"], one) for one in answer["swarms"]))
    asked.show(
        lambda answer: _pages(answer, wanted),
        "nav",
        "row pages",
        lambda answer: answer["next_cursor"],
        quiet=True,
    )
    await asked.begin()


def _above(view: View, wanted: RunFilter, asked: Asked[dict[str, Any]]) -> None:
    """Which are shown, as the address says; and what is done with all."""
    with Tag("form", "", "row filter", method="get", action="/swarms"):
        choice("status", "State", [("", "any"), *STATUSES], wanted.status)
        Tag("button", "Show these", "main", type="submit")
        if wanted.status:
            link("Show all", "/swarms", "button")
        link("Start a routine", "/routines", "button")

        async def stop_all() -> None:
            with place:
                if await is_sure("Stop all swarms?", lost, ("Stop them", "Leave them"), "danger"):
                    await act(view, "Stop all", view.acting.swarms.emergency_stop)
                    await asked.ask()

        def lost() -> None:
            whose = "of everybody" if view.acting.person.may(ADMIN) else "that you started"
            said = f"All swarms {whose} end at once, with all runs, steps and programs."
            Tag("p", f"{said} Those on other pages of this list as well.")

        button("Stop all ...", stop_all, "danger", why_not(view))
    place = Tag("div")


def _empty(answer: dict[str, Any], wanted: RunFilter) -> None:
    if answer["swarms"]:
        return
    with Tag("div", "", "empty"):
        Tag("p", "No swarms of this kind." if wanted.status or wanted.cursor else "No swarms yet.")
        with Tag("p", "", "soft"):
            Tag("code", "vrooli swarm start FILE")
            Tag("span", " stores one and starts it; afterwards it is among the routines.")
        link("Start a routine", "/routines")


def _pages(answer: dict[str, Any], wanted: RunFilter) -> None:
    if wanted.cursor:
        link("Newest swarms", _address(wanted), "button")
    if answer["next_cursor"]:
        link("Older swarms", _address(wanted, answer["next_cursor"]), "button")


def _address(wanted: RunFilter, cursor: str = "") -> str:
    return narrowed("/swarms", {"status": wanted.status, "cursor": cursor})


def _row(swarm: Swarm) -> None:
    begun, ended = swarm["created_at"], swarm["ended_at"]
    with Tag("td"):
        link(swarm["id"], address("swarms", swarm["id"]))
        Tag("span", f" {swarm['name']}", "soft")
    with Tag("td"):
        Tag("span", swarm["status"], f"state {swarm['status']}")
    Tag("td", swarm["goal"], "goal")
    with Tag("td"):
        moment(begun, since=True)
    Tag("td", length(ended - begun) if ended else "")
    Tag("td", f"{swarm['runs']}", "number")
    Tag("td", swarm["created_by"] or "")
    with Tag("td"):
        link("Compare ...", compare_of(swarm["id"]))


PAGE = Page("/swarms", "Swarms", "hub", build, order=72)
