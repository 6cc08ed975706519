"""Going back: what it would do for whoever looks, and doing it for who may."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from vrooli.console.page import View
from vrooli.console.parts.backups_told import Backups
from vrooli.console.parts.doing import Doing
from vrooli.console.parts.forms import Fields, Form, barred, field, why_not
from vrooli.console.parts.html import Tag
from vrooli.console.parts.restore_lines import Lines
from vrooli.console.parts.restore_offer import offered
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
    reached,
    services_of,
)
from vrooli.console.parts.schema_form import NotFilled
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
                "was in force is kept, and can be gone back to; so are files that are in the way.",
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
                offered(one)
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

    async def _restore(self, doing: Doing, orders: Sequence[tuple[Part, str]]) -> None:
        """One after the other; what comes after one that fails is left."""
        doing.say("It is asked for", "soft")
        lines = Lines(doing)
        for part, confirm in orders:
            begun = time.time()
            ended = await lines.follow(self._begun(part, confirm))
            if not ended.get("ok"):
                lines.end(f"{part.service}: {_failed(part)}", "critical")
                return
            lines.add(reached(part, begun, time.time()))
        lines.end("It is restored.", "ok")

    def _begun(self, part: Part, confirm: str) -> Callable[[], Iterator[dict[str, Any]]]:
        watchdog = self._view.acting.watchdog
        if part.of_files:
            return partial(watchdog.restore_files, part.service, point=part.point, confirm=confirm)
        order = {"options": dict(part.order), "confirm": confirm}
        return partial(watchdog.operation, "upgrade", (part.service,), **order)


def _failed(part: Part) -> str:
    if part.of_files:
        return "it did not work out; what was put back before that, if anything was, can be undone."
    return "it did not work out; what was in force still is."
