"""The ladder of recovery actions: what each may cost, what it would do, and doing it."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from vrooli.console.page import View
from vrooli.console.parts.doing import Doing
from vrooli.console.parts.forms import Form, barred, button, why_not
from vrooli.console.parts.heal_story import story
from vrooli.console.parts.heal_view import show_phases, state_of
from vrooli.console.parts.html import Tag
from vrooli.core.errors import UsageError

DESTRUCTIVE = "destructive"

COSTS = {
    "safe": "costs nothing",
    "disruptive": "may break off what is under way",
    DESTRUCTIVE: "may lose data",
}
"""What a danger level means."""

_LEVEL = {"safe": "ok", "disruptive": "warning", DESTRUCTIVE: "critical"}


def wish_of(plan: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    """The body of `POST /heal` that does what `plan`, an answer to a dry run, tells. The watchdog
    decides about `confirm`; nothing is filled in for the person. Pure.
    """
    wish = {"subject": plan["subject"], "action": plan["action"], "dry_run": False}
    return {**wish, "confirm": said.get("confirm", "")}


class Ladder:
    """The actions of one service or check.

    Args:
        subject: its name or id.
    """

    def __init__(self, view: View, subject: str) -> None:
        self._view, self._subject = view, subject
        self._doing: Doing | None = None

    async def show(self) -> None:
        """All of them, mildest first."""
        watchdog = self._view.acting.watchdog
        with Tag("section", "", "panel"):
            Tag("h2", "Recovery actions", "first")
            try:
                actions = await self._view.acting.ask(lambda: watchdog.actions(self._subject))
            except UsageError as error:
                Tag("p", f"{error.what}. {error.next_step}", "soft")
                return
            if not actions:
                Tag("p", "There is none: this is only looked at.", "soft")
                return
            self._rows(actions)
            self._doing = Doing(self._view)
        self._view.feed.happened.subscribe(self._hear)

    def _rows(self, actions: Sequence[Mapping[str, Any]]) -> None:
        with Tag("ol", "", "ladder"):
            for one in actions:
                danger = str(one["danger"])
                with Tag("li", ""):
                    Tag("strong", str(one["id"]))
                    Tag("span", str(one["title"]), "what")
                    level = _LEVEL.get(danger, "unknown")
                    Tag("span", danger, f"state {level}", title=COSTS.get(danger, ""))
                    run = partial(self._try, str(one["id"]))
                    button("See what it does", run, why_not=why_not(self._view))

    async def _try(self, action: str) -> None:
        """A dry run, and the way to the real one."""
        assert self._doing is not None, "there is a button only where there is a place"
        await self._doing.trying(partial(self._plan, self._doing, action))

    async def _plan(self, doing: Doing, action: str) -> None:
        wish = {"subject": self._subject, "action": action, "dry_run": True}
        watchdog = self._view.acting.watchdog
        plan = await doing.answer(f"Looking what {action} would do", lambda: watchdog.heal(wish))
        doing.show(lambda: self._offer(doing, plan))

    def _offer(self, doing: Doing, plan: Mapping[str, Any]) -> None:
        danger = str(plan["danger"])
        with Tag("div", "", "offer"):
            Tag("h3", f"{plan['action']} of {self._subject} would:")
            with Tag("ul", ""):
                for step in plan["steps"]:
                    Tag("li", str(step))
            Tag("p", f"It is {danger}: it {COSTS.get(danger, 'may cost something')}.")

            async def confirmed(said: Mapping[str, str]) -> None:
                await doing.trying(partial(self._act, doing, wish_of(plan, said)))

            form = Form(confirmed, "row")
            if danger == DESTRUCTIVE:
                form.field("confirm", f"Type {self._subject} to confirm", required="")
            with form:
                style = "danger" if danger != "safe" else "main"
                Tag(
                    "button", f"Do it: {plan['action']}", style, type="submit", **barred(self._view)
                )
                leave = Tag("button", "Leave it", "", type="button")
                leave.on("click", doing.clear, args=[])

    async def _act(self, doing: Doing, wish: Mapping[str, Any]) -> None:
        watchdog = self._view.acting.watchdog
        text = f"{wish['action']} is under way; it is watched until it has helped or has not"
        done = await doing.answer(text, lambda: watchdog.heal(dict(wish)))
        if done.get("heal"):
            doing.show(partial(_told, done["heal"]))
        else:
            doing.say("Done.")

    def _hear(self, event: dict[str, Any]) -> None:
        """While it goes on, each of its steps is shown when it is written down."""
        doing = self._doing
        is_ours = event.get("kind") == "heal" and event.get("subject") == self._subject
        if doing is not None and doing.busy and is_ours:
            doing.show(partial(_told, event))


def _told(heal: Mapping[str, Any]) -> None:
    one = story(heal)
    with Tag("p", "", "row"):
        state_of(one.outcome)
        Tag("span", one.line)
    show_phases(one.phases)
