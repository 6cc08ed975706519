"""An approval: what is to be approved, and the two answers."""

from functools import partial
from typing import Any

from nicegui import ui

from vrooli.console.page import View
from vrooli.console.parts.asked import Asked, act
from vrooli.console.parts.exactly import exactly, show, unseen
from vrooli.console.parts.forms import button
from vrooli.console.parts.html import Tag, link, moment


def show_approval(view: View, one: dict[str, Any], asked: Asked[Any]) -> None:
    """One that waits, or what was decided; `asked` is asked again after an answer."""
    with Tag("article", "", "panel approval"):
        Tag("h3", exactly(one["message"]).text or "May this go on?")
        with Tag("p", "", "soft"):
            Tag("span", f"step {one['path']} of ")
            link(f"run {one['run']}", f"/runs/{one['run']}")
            Tag("span", ", asked ")
            moment(one["asked_at"], since=True)
        show(one.get("what"), "What is to be approved")
        if one["status"] != "pending":
            _decided(one)
            return
        _answers(view, one, asked)


def _decided(one: dict[str, Any]) -> None:
    said = f"{one['status']} by {one.get('decided_by') or 'nobody'}"
    Tag("p", f"{said}: {one['reason']}" if one.get("reason") else said)


def _answers(view: View, one: dict[str, Any], asked: Asked[Any]) -> None:
    reason = ui.input("Reason (optional)").props("outlined dense").classes("reason")

    async def decide(approved: bool) -> None:
        words, why = ("Approve", "Refuse")[not approved], str(reason.value or "")
        decided = view.acting.work.decide
        await act(view, words, lambda: decided(one["id"], approved, one["hash"], why))
        await asked.ask()

    with Tag("div", "", "row"):
        if reason_not := unseen(one.get("what")) or unseen(one["message"]):
            Tag("button", "Approve", "main", type="button", disabled=True, title=reason_not)
        else:
            button(view, "Approve", partial(decide, True), "main")
        button(view, "Refuse", partial(decide, False), "danger")
