"""An approval asked of somebody else: who handed it on to whom, and the buttons for that."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui

from vrooli.client.approval_texts import place_said, risk_said, title_said
from vrooli.console.page import View
from vrooli.console.parts.asked import act
from vrooli.console.parts.dialogs import answer_of, titled
from vrooli.console.parts.forms import Fields, Form, barred, button, why_not
from vrooli.console.parts.html import Tag, moment, notify
from vrooli.core.errors import VrooliError

LONGEST = 1000
"""Characters of a reason."""

NOTE = (
    "Whoever you choose is asked from now on, and sees this question and nothing else of the run. "
    "You may decide it still, and take it back."
)


def named(person: str, me: str) -> str:
    """A person, for the one who looks. Pure."""
    return "you" if person == me else person


def asked_said(one: Mapping[str, Any], me: str) -> str:
    """Of whom it is asked, and who handed it on; empty where nobody did. Pure."""
    if not one.get("delegates"):
        return ""
    of = one["asked_of"]
    moves = (one for one in reversed(one["delegations"]) if not one["back"])
    by = next(move["by"] for move in moves if move["to"] == of)
    lead = "Asked of" if one["status"] == "pending" else "Was asked of"
    return f"{lead} {named(of, me)} by {named(by, me)}"


def move_said(move: Mapping[str, Any], me: str) -> str:
    """Who handed it on to whom. Pure."""
    word = "gave it back to" if move["back"] else "handed it on to"
    if move["by"] == move["to"]:
        return f"{named(move['by'], me)} took it back"
    return f"{named(move['by'], me)} {word} {named(move['to'], me)}"


def may_take_back(one: Mapping[str, Any], me: str) -> bool:
    """Whether it is asked of somebody behind that person, of all who see it. Pure."""
    return bool(one.get("delegates")) and one["asked_of"] != me


def show_moves(view: View, one: Mapping[str, Any]) -> None:
    """Who handed it on to whom, when and why; nothing where nobody did."""
    moves, me = one.get("delegations") or (), view.acting.person.name
    if said := asked_said(one, me):
        Tag("p", f"{said}.", "lead")
    if not moves:
        return
    with Tag("ul", "", "moves soft"):
        for move in moves:
            with Tag("li"):
                Tag("span", f"{move_said(move, me)} ")
                moment(move["at"], since=True)
                if move["because"]:
                    Tag("span", f": {move['because']}")


def show_handing(view: View, one: Mapping[str, Any], handed: Callable[[], Awaitable[None]]) -> None:
    """The buttons; `handed` is called when it is asked of another."""

    async def hand_on() -> None:
        with ui.context.client:  # the row may be built anew while the dialog is open
            if await _chosen(view, one):
                await handed()

    async def take_back() -> None:
        work = view.acting.work
        if await act(view, "Take back", lambda: work.delegate(one["id"], "me")):
            await handed()

    button("Hand on to ...", hand_on, why_not=why_not(view))
    if may_take_back(one, view.acting.person.name):
        button("Take it back", take_back, why_not=why_not(view))


async def _chosen(view: View, one: Mapping[str, Any]) -> bool:
    """Whether it was handed on to somebody whom the person chose."""
    work = view.acting.work
    try:
        names = await view.acting.ask(lambda: work.delegates(one["id"]))
    except VrooliError as error:
        notify(f"Hand on: {error}", type="negative", multi_line=True, close_button="Close")
        return False
    with titled("Hand on to ...") as dialog:

        async def send(said: Fields) -> bool:
            to, why = said.get("to", ""), said.get("because", "")
            done = await act(view, "Hand on", lambda: work.delegate(one["id"], to, why))
            if done:
                dialog.submit(True)
            return done

        show_asked(one)
        _form(view, names, send, lambda: dialog.submit(False))
    return bool(await answer_of(dialog))


def show_asked(one: Mapping[str, Any]) -> None:
    """Which question it is: what is asked, by which step, for which swarm, with which risk."""
    Tag("p", title_said(one), "lead")
    with Tag("p", "", "soft"):
        Tag("span", place_said(one))
        if risk := risk_said(one):
            Tag("span", f"; risk: {risk}")


def _form(
    view: View,
    names: list[str],
    send: Callable[[Fields], Awaitable[object]],
    leave: Callable[[], None],
) -> None:
    Tag("p", NOTE if names else "Nobody else here may approve: an admin adds users.", "soft")
    with Form(send, "hand", LONGEST) as form:
        if names:
            form.choice("to", "Who is asked", names)
            form.field("because", "Why (optional)", maxlength=LONGEST)
        with Tag("div", "", "row"):
            if names:
                Tag("button", "Hand it on", "main", type="submit", **barred(view))
            Tag("button", "Leave it", "", type="button").on("click", leave, args=[])
