"""An approval: what is to be approved, and the two answers."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from vrooli.client.approval_texts import past_said
from vrooli.client.costs import cost_said
from vrooli.console.page import View
from vrooli.console.parts.asked import act
from vrooli.console.parts.exactly import exactly, show, unseen
from vrooli.console.parts.forms import barred
from vrooli.console.parts.handing import show_handing, show_moves
from vrooli.console.parts.html import Tag, link, moment
from vrooli.core.passes import ADMIN

LONGEST = 1000
"""Characters of a reason."""

ANSWER = "(e) => emit(e.target.closest('.approval').querySelector('textarea').value)"
"""What a button of an answer hands over: the reason beside it."""


Then = Callable[[], Awaitable[None]]
"""What is done after an answer."""


def show_approval(view: View, one: Mapping[str, Any], decided: Then) -> None:
    """One that waits, with its answers, or what was decided; `decided` is called after one."""
    with Tag("article", "", "panel approval"):
        show_question(view, one)
        if one["status"] == "pending":
            show_answers(view, one, decided)
        else:
            Tag("p", decided_said(one))


def decided_said(one: Mapping[str, Any]) -> str:
    """Who said what, in whose place, and why; or why nobody did. Pure."""
    if one["status"] in ("void", "expired"):
        return f"{one['status']}: {past_said(one, '')}"
    place = f" in the place of {one['decided_for']}" if one.get("decided_for") else ""
    said = f"{one['status']} by {one.get('decided_by') or 'nobody'}{place}"
    return f"{said}: {one['reason']}" if one.get("reason") else said


def show_question(view: View, one: Mapping[str, Any]) -> None:
    """What is asked, by whom and of whom, and about exactly what."""
    Tag("h3", exactly(one["message"]).text or "May this go on?")
    with Tag("p", "", "soft"):
        Tag("span", f"step {one['path']} of ")
        _linked(view, one, f"run {one['run']}", f"/runs/{one['run']}")
        Tag("span", f" ({one['routine']})")
        if swarm := one.get("swarm"):
            Tag("span", " for ")
            _linked(view, one, f"swarm {swarm}", f"/swarms/{swarm}")
        Tag("span", f", started by {one['created_by'] or 'nobody'}, asked ")
        moment(one["asked_at"], since=True)
        if one.get("expires_at") and one["status"] == "pending":
            Tag("span", ", can be answered until ")
            moment(one["expires_at"])
    show_moves(view, one)
    show(one.get("what"), "What is to be approved")
    if one.get("diff"):
        Tag("p", "Would change:")
        show(one["diff"], "What would change")
    if said := cost_said(one.get("cost")):
        Tag("p", f"Cost: {said}")
    with Tag("p", "", "soft"):
        Tag("span", "SHA-256 of it: ")
        Tag("code", one["hash"])


def _linked(view: View, one: Mapping[str, Any], text: str, page: str) -> None:
    """The run or its swarm, with a link where its page is there for the person who looks."""
    person = view.acting.person
    if person.may(ADMIN) or person.name == one["created_by"]:
        link(text, page)
    else:
        Tag("span", text)


def not_shown(one: Mapping[str, Any]) -> str:
    """Why nobody can approve it on a page; empty when all of it is shown."""
    return unseen(one.get("what")) or unseen(one["message"]) or unseen(one.get("diff"))


def show_answers(view: View, one: Mapping[str, Any], decided: Then) -> None:
    """A reason, the two answers, and who else may be asked."""
    own = f"reason-{one['id']}"
    Tag("label", "Reason (optional)", for_=own)
    Tag("textarea", "", "reason", id=own, rows=1, maxlength=LONGEST)

    def answer(approved: bool) -> Callable[[Any], Any]:
        async def decide(event: Any) -> None:
            why = str(event.args or "")[:LONGEST]
            words, work = ("Approve", "Reject")[not approved], view.acting.work
            if await act(view, words, lambda: work.decide(one["id"], approved, one["hash"], why)):
                await decided()

        return decide

    with Tag("div", "", "row"):
        missing = not_shown(one)
        kept = {"disabled": True, "title": missing} if missing else barred(view)
        yes = Tag("button", "Approve", "main", type="button", **kept)
        yes.on("click", answer(True), js_handler=ANSWER)
        no = Tag("button", "Reject", "danger", type="button", **barred(view))
        no.on("click", answer(False), js_handler=ANSWER)
        show_handing(view, one, decided)
