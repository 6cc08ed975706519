"""Going back: what it would do for whoever looks, and doing it for who may."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from vrooli.console.page import View
from vrooli.console.parts.backups_told import Backups
from vrooli.console.parts.doing import Doing
from vrooli.console.parts.forms import Fields, Form, barred, field, why_not
from vrooli.console.parts.html import Tag, moment
from vrooli.console.parts.restore_plan import (
    SERVICE,
    Part,
    asked_of,
    choices,
    doable,
    field_of,
    names_of,
    orders_of,
    parts_of,
    services_of,
)
from vrooli.console.parts.schema_form import NotFilled
from vrooli.console.parts.steering import added
from vrooli.console.parts.threads import lines_of
from vrooli.core.errors import VrooliError


class GoingBack:
    """The wizard: what, and to when; what it would do; the names typed; each line as it comes.

    Args:
        chosen: id of the point that the address names; may be empty.
    """

    def __init__(self, view: View, chosen: str) -> None:
        self._view, self._chosen = view, chosen
        self._doing: Doing | None = None
        self._wrong: dict[str, Tag] = {}

    def show(self, said: Backups) -> None:
        """The choice, and below it what comes of it."""
        with Tag("section", "", "panel", id="go-back"):
            Tag("h2", "Go back", "first")
            Tag(
                "p",
                "It is fetched and started beside what serves; then the two change places. What "
                "was in force is kept, and can be gone back to.",
                "soft",
            )
            with Form(self._look, "go-back"):
                self._services(said)
                with Tag("div", "", "row"):
                    self._to(said)
                    if said.wal:
                        self._moment()
                    Tag("button", "See what it would do", "main", type="submit")
            self._doing = Doing(self._view)

    def _services(self, said: Backups) -> None:
        with Tag("fieldset", "", "boxes", aria_describedby="wrong-services"):
            Tag("legend", "What")
            for name, chosen in services_of(said, self._chosen):
                with Tag("label", ""):
                    about: dict[str, Any] = {"type": "checkbox", "value": "yes"}
                    about |= {"defaultChecked": True} if chosen else {}
                    Tag("input", "", name_=f"{SERVICE}{name}", **about)
                    Tag("span", name)
            self._place("services")

    def _to(self, said: Backups) -> None:
        offered = choices(said, self._chosen)
        chosen = self._chosen or offered[0][0]
        with Tag("div", "", "field"):
            Tag("label", "To", for_="to")
            with Tag("select", "", id="to", name_="to", aria_describedby="wrong-to"):
                for value, text in offered:
                    picked: dict[str, Any] = {"selected": True} if value == chosen else {}
                    Tag("option", text, value=value, **picked)
            self._place("to")

    def _moment(self) -> None:
        with Tag("div", "", "field"):
            about = {"step": "1", "data_moment": "to", "aria_describedby": "wrong-moment"}
            field("moment", "Moment, in your own time zone", "datetime-local", **about)
            self._place("moment")

    def _place(self, name: str) -> None:
        self._wrong[name] = Tag("p", "", "field-error", role="alert", id=f"wrong-{name}")

    def _tell(self, mistakes: Mapping[str, str]) -> None:
        for name, place in self._wrong.items():
            place.text = mistakes.get(name, "")

    async def _look(self, filled: Fields) -> bool:
        """False: looking once more does no harm, and may be wanted at once."""
        doing = self._doing
        if doing is None or doing.busy:
            return False
        try:
            asked = asked_of(filled)
        except NotFilled as error:
            doing.clear()
            self._tell(error.mistakes)
            return False
        self._tell({})
        await doing.trying(partial(self._plan, doing, asked))
        return False

    async def _plan(self, doing: Doing, asked: Mapping[str, Any]) -> None:
        watchdog = self._view.acting.watchdog
        try:
            plan = await doing.answer(
                "Looking what it would do", lambda: watchdog.restore_plan(**asked)
            )
        except VrooliError as error:
            name = field_of(error.where)
            if name not in self._wrong:
                raise
            doing.clear()
            advice = f" Next: {error.next_step}" if error.next_step else ""
            self._tell({name: f"{error.what}.{advice}"})
            return
        parts = parts_of(plan)
        doing.show(lambda: self._offer(doing, parts, list(map(str, plan["notes"]))))

    def _offer(self, doing: Doing, parts: Sequence[Part], notes: Sequence[str]) -> None:
        with Tag("div", "", "offer"):
            Tag("h3", "Going back would:")
            for note in notes:
                Tag("p", note, "message")
            for one in parts:
                _part(one)
            able = doable(parts)
            if able:
                self._confirm(doing, able)

    def _confirm(self, doing: Doing, parts: Sequence[Part]) -> None:
        names = names_of(parts)
        if why := why_not(self._view):
            Tag("p", f"You see the plan only. {why}", "soft")
            return
        wrong: list[Tag] = []

        async def confirmed(said: Fields) -> bool:
            try:
                orders = orders_of(parts, said.get("confirm", ""))
            except NotFilled as error:
                wrong[0].text = error.mistakes["confirm"]
                return False
            await doing.trying(partial(self._restore, doing, orders))
            return True

        form = Form(confirmed, "row")
        form.field("confirm", f"Type {names} to confirm", required="")
        with form:
            Tag("button", f"Restore {names}", "danger", type="submit", **barred(self._view))
            leave = Tag("button", "Leave it", "", type="button")
            leave.on("click", doing.clear, args=[])
        wrong.append(Tag("p", "", "field-error", role="alert"))

    async def _restore(self, doing: Doing, orders: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """One after the other; what comes after one that fails is left."""
        doing.say("It is asked for", "soft")
        shown: list[str] = []
        for service, order in orders:
            watchdog, ended = self._view.acting.watchdog, dict[str, Any]()
            begin = partial(watchdog.operation, "upgrade", (service,), **order)
            before: Mapping[str, Any] = {}
            async for told in lines_of(begin):
                added(shown, told, before)
                before = told
                if told.get("done"):
                    ended = told
                doing.show(partial(_lines, list(shown), ended, service))
            if ended.get("note"):
                shown.append(str(ended["note"]))
            if not ended.get("ok"):
                return
        doing.show(partial(_lines, shown, {"ok": True}, ""))


def _part(one: Part) -> None:
    with Tag("section", "", "part"):
        with Tag("h4", ""):
            Tag("span", one.service)
            Tag("span", one.state, f"state {one.level}")
        with Tag("p", ""):
            Tag("span", "as it was ")
            moment(one.taken, since=True)
            Tag("span", f" ({one.point})" + (", then its WAL: " if one.follows else ""))
            if one.follows:
                Tag("span", one.follows if one.follows != "latest" else "all that was received")
        Tag("p", one.facts, "soft")
        with Tag("p", ""):
            Tag("strong", "What was written since ")
            moment(one.lost_since)
            Tag("span", " (")
            moment(one.lost_since, since=True)
            Tag("span", ") is not in it.")
        with Tag("ul", ""):
            for step in one.steps:
                Tag("li", step)
            if one.stops:
                Tag("li", f"stop, and start again: {', '.join(one.stops)}")
        if one.by_hand:
            Tag("p", "It is not put back from here, but by")
            Tag("pre", one.by_hand)
        if one.refused:
            with Tag("div", "", "trouble"):
                Tag("p", one.refused[0])
                Tag("p", f"Next: {one.refused[1]}", "next")


def _lines(shown: list[str], ended: Mapping[str, Any], service: str) -> None:
    with Tag("ol", "", "lines"):
        for line in shown:
            Tag("li", line)
    if not ended:
        return
    fine = bool(ended.get("ok"))
    if fine and service:
        return  # the next one follows
    failed = f"{service}: it did not work out; what was in force still is."
    Tag("p", "It is restored." if fine else failed, f"state {'ok' if fine else 'critical'}")
