"""Runs, newest first: by routine, state and owner, page by page."""

import asyncio
from typing import Any

from vrooli.console.page import Page, View
from vrooli.console.parts.asked import SLOW, Asked
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.rows import Rows
from vrooli.console.parts.run_filter import LONGEST, STATUSES, RunFilter, filter_of
from vrooli.console.parts.run_filter import PAGE as RUNS
from vrooli.console.parts.run_seen import state_of
from vrooli.core.amounts import length
from vrooli.core.errors import VrooliError
from vrooli.core.passes import ADMIN

Run = dict[str, Any]

_HEADS = ("Run", "Routine", "State", "Begun", "Took", "Of")


async def build(view: View) -> None:
    """The page."""
    wanted = filter_of(view.query)
    await _filter(view, wanted)
    asked: Asked[dict[str, Any]] = Asked(
        view,
        lambda: view.acting.work.runs(limit=RUNS, **wanted.query),
        key=("runs", *sorted(wanted.query.items())),
    )
    asked.show_trouble()
    own = not view.acting.person.may(ADMIN)
    asked.show(lambda answer: _empty(answer, wanted, own), of=lambda answer: bool(answer["runs"]))
    around = Tag("div", "", "scroll", tabindex="0", role="region", aria_label="Runs")
    with around, Tag("table", "", "runs"):
        with Tag("thead"), Tag("tr"):
            for head in _HEADS:
                Tag("th", head, scope="col")
        rows: Rows[str, Run] = Rows(_row, "tbody", row="tr")
    asked.hand(lambda answer: rows.show((run["id"], _seen(run)) for run in answer["runs"]))
    asked.show(
        lambda answer: _pages(answer, wanted),
        "nav",
        "row pages",
        lambda answer: answer["next_cursor"],
        quiet=True,
    )
    await asked.begin()


async def _filter(view: View, wanted: RunFilter) -> None:
    """Controls whose values stand in the address."""
    person = view.acting.person
    with Tag("form", "", "row filter", method="get", action="/runs"):
        with Tag("div", "", "field"):
            Tag("label", "Routine", for_="filter-routine")
            _select("routine", await _routines(view, wanted.routine), wanted.routine)
        with Tag("div", "", "field"):
            Tag("label", "State", for_="filter-status")
            _select("status", list(STATUSES), wanted.status)
        with Tag("div", "", "field"):
            Tag("label", "Owner", for_="filter-owner")
            about: dict[str, Any] = {"defaultValue": wanted.owner, "maxlength": LONGEST}
            if not person.may(ADMIN):
                about |= {"disabled": True, "title": "You see your own runs."}
            Tag("input", "", id="filter-owner", name_="owner", placeholder="anybody", **about)
        Tag("button", "Show these", "main", type="submit")
        if wanted.narrows:
            link("Show all", "/runs", "button")
        link("Start a routine", "/routines", "button")


async def _routines(view: View, chosen: str) -> list[str]:
    """Their names; only the one that is chosen when they cannot be had."""
    try:
        async with asyncio.timeout(SLOW):
            routines = await view.acting.ask(lambda: view.acting.work.routines())
        found = [one["name"] for one in routines]
    except (TimeoutError, VrooliError):
        found = []
    return found if chosen in ("", *found) else [chosen, *found]


def _select(name: str, values: list[str], chosen: str) -> None:
    with Tag("select", "", id=f"filter-{name}", name_=name):
        for one in ("", *values):
            picked: dict[str, Any] = {"selected": True} if one == chosen else {}
            Tag("option", one or "any", value=one, **picked)


def _empty(answer: dict[str, Any], wanted: RunFilter, own: bool) -> None:
    if answer["runs"]:
        return
    with Tag("div", "", "empty"):
        Tag("p", "No runs of this kind." if wanted.narrows or wanted.cursor else "No runs yet.")
        if own:
            Tag("p", "You see your own runs. An admin sees those of all.", "soft")
        link("Start a routine", "/routines")


def _pages(answer: dict[str, Any], wanted: RunFilter) -> None:
    if wanted.cursor:
        link("Newest runs", wanted.address(), "button")
    if answer["next_cursor"]:
        link("Older runs", wanted.address(answer["next_cursor"]), "button")


def _seen(run: Run) -> Run:
    """What stands in its row: what it spends changes all the time."""
    shown = ("id", "routine", "created_by", "created_at", "started_at", "ended_at")
    return {**{name: run[name] for name in shown}, "state": state_of(run)}


def _row(run: Run) -> None:
    begun = run["started_at"] or run["created_at"]
    with Tag("td"):
        link(run["id"], f"/runs/{run['id']}")
    with Tag("td"):
        link(run["routine"], f"/routines/{run['routine']}")
    with Tag("td"):
        Tag("span", run["state"], f"state {run['state']}")
    with Tag("td"):
        moment(begun, since=True)
    Tag("td", length(run["ended_at"] - begun) if run["ended_at"] else "")
    Tag("td", run["created_by"] or "")


PAGE = Page("/runs", "Work", "play_circle", build, order=70)
