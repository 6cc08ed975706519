"""Swarms, newest first: by state, page by page; two of them are chosen to stand side by side, and
all can be stopped at once.
"""

from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from vrooli.console.page import Page, View
from vrooli.console.parts.addresses import address, compare_of, narrowed
from vrooli.console.parts.asked import Asked, act
from vrooli.console.parts.dialogs import is_sure
from vrooli.console.parts.forms import button, choice, why_not
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.rows import Rows
from vrooli.console.parts.run_filter import PAGE as MANY
from vrooli.console.parts.run_filter import STATUSES, RunFilter, filter_of
from vrooli.console.parts.run_seen import state_of
from vrooli.core.amounts import length
from vrooli.core.passes import ADMIN

Swarm = dict[str, Any]

_HEADS = ("Choose", "Swarm", "State", "Goal", "Begun", "Took", "Runs", "Of")

PICKED = "(e) => emit({id: e.target.value, chosen: e.target.checked})"
"""What a check box hands over."""

MOST = 100
"""Swarms that are chosen at once, at most: of all pages of one visit."""


class Choice:
    """Which swarms are chosen. Kept here: a row is built anew when its swarm changes."""

    def __init__(self) -> None:
        self._chosen = dict[str, None]()
        self.said: Tag | None = None

    def button(self) -> None:
        """Has the two that are chosen stand side by side."""
        button("Compare the two chosen", self._compare)

    def box(self, swarm: Swarm) -> None:
        """Chooses this one."""
        on: dict[str, Any] = {"defaultChecked": True} if swarm["id"] in self._chosen else {}
        about = f"Choose {swarm['name']} {swarm['id']}"
        made = Tag("input", "", "pick", type="checkbox", value=swarm["id"], aria_label=about, **on)
        made.on("change", self._picked, js_handler=PICKED)

    def _picked(self, event: GenericEventArguments) -> None:
        said = event.args if isinstance(event.args, dict) else {}
        which = str(said.get("id"))[:64]
        self._chosen.pop(which, None)
        if said.get("chosen") and len(self._chosen) < MOST:
            self._chosen[which] = None

    async def _compare(self) -> None:
        count = len(self._chosen)
        if count == 2:
            ui.navigate.to(compare_of(*self._chosen))
        elif self.said is not None:
            chosen = f"{count} are chosen" if count > 1 else "one is chosen" if count else ""
            self.said.text = f"Choose two swarms{': ' if chosen else ''}{chosen}."


async def build(view: View) -> None:
    """The page."""
    wanted = filter_of(view.query)
    asked_for = {key: value for key, value in wanted.query.items() if key in ("status", "cursor")}
    asked: Asked[dict[str, Any]] = Asked(
        view,
        lambda: view.acting.swarms.swarms(limit=MANY, **asked_for),
        key=("swarms", *sorted(asked_for.items())),
    )
    choice = Choice()
    _above(view, wanted, asked, choice)
    asked.show_trouble()
    asked.show(lambda answer: _empty(answer, wanted), of=lambda answer: bool(answer["swarms"]))
    around = Tag("div", "", "scroll", tabindex="0", role="region", aria_label="Swarms")
    with around, Tag("table", "", "runs swarms"):
        with Tag("thead"), Tag("tr"):
            for head in _HEADS:
                Tag("th", head, scope="col")
        rows: Rows[str, Swarm] = Rows(lambda one: _row(one, choice), "tbody", row="tr")
    asked.hand(lambda answer: rows.show((one["id"], one) for one in answer["swarms"]))
    asked.show(
        lambda answer: _pages(answer, wanted),
        "nav",
        "row pages",
        lambda answer: answer["next_cursor"],
        quiet=True,
    )
    await asked.begin()


def _above(view: View, wanted: RunFilter, asked: Asked[dict[str, Any]], chosen: Choice) -> None:
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

        chosen.button()
        if not why_not(view):
            button("Stop all ...", stop_all, "danger")
    chosen.said = Tag("p", "", "said", aria_live="polite")
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


def _row(swarm: Swarm, choice: Choice) -> None:
    begun, ended = swarm["created_at"], swarm["ended_at"]
    with Tag("td"):
        choice.box(swarm)
    with Tag("td"):
        link(swarm["id"], address("swarms", swarm["id"]))
        Tag("span", f" {swarm['name']}", "soft")
    with Tag("td"):
        Tag("span", state_of(swarm), f"state {state_of(swarm)}")
    with Tag("td", "", "goal"):
        if swarm["parent"]:
            Tag("span", "within ", "soft")
            link(swarm["parent"], address("runs", swarm["parent"]))
            Tag("span", ": ", "soft")
        Tag("span", swarm["goal"])
    with Tag("td"):
        moment(begun, since=True)
    Tag("td", length(ended - begun) if ended else "")
    Tag("td", f"{swarm['runs']}", "number")
    Tag("td", swarm["created_by"] or "")


PAGE = Page("/swarms", "Swarms", "hub", build, order=72)
