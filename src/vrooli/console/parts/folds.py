"""Parts of a page that are asked for only while they are unfolded."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.events import GenericEventArguments

from vrooli.console.page import View
from vrooli.console.parts.html import Tag
from vrooli.core.errors import VrooliError


class Fold:
    """A heading that unfolds.

    Args:
        read: fills what is below it; asked when it is unfolded, and every `again` seconds then.
        again: 0 is once.
    """

    def __init__(
        self, title: str, read: Callable[[Tag], Awaitable[None]], again: float = 0.0
    ) -> None:
        self._read = read
        with Tag("details", "", "panel fold") as around:
            Tag("summary", title)
            self._inside = Tag("div", "", "inside")
            with self._inside:
                Tag("p", "Reading", "soft")
        around.on("toggle", self._toggled, js_handler="(e) => emit(e.target.open)")
        self._timer = ui.timer(again, self._fill, active=False) if again else None

    async def _toggled(self, event: GenericEventArguments) -> None:
        is_open = event.args is True
        if self._timer is not None:
            self._timer.active = is_open
        if is_open:
            await self._fill()

    async def _fill(self) -> None:
        try:
            await self._read(self._inside)
        except VrooliError as error:
            self._inside.clear()
            with self._inside:
                Tag("p", f"{error.what}. {error.next_step}".rstrip(), "soft")


def show_explanation(view: View, subject: str) -> None:
    """Every rule, and what it says."""

    async def read(inside: Tag) -> None:
        watchdog = view.acting.watchdog
        told = await view.acting.ask(lambda: watchdog.explain(subject))
        inside.clear()
        with inside:
            _explained(told)

    Fold("Explain: what would be done, and why", read)


def verdict_of(told: Mapping[str, Any]) -> str:
    """The decision in a sentence. Pure."""
    actions = ", ".join(map(str, told.get("actions") or ()))
    said = f"{told['verdict']}, by rule {told['rule']}: {told['reason']}"
    if told.get("supposed"):
        said = f"It is well. If it failed now: {said}"
    return f"{said}. It would be tried: {actions}" if actions else said


def _explained(told: Mapping[str, Any]) -> None:
    Tag("p", verdict_of(told))
    with Tag("div", "", "scroll"), Tag("table", ""):
        with Tag("thead", ""), Tag("tr", ""):
            for head in ("Rule", "It decides when", "What it says now"):
                Tag("th", head, scope="col")
        with Tag("tbody", ""):
            for rule in told["rules"]:
                with Tag("tr", "", "decides" if rule["verdict"] else ""):
                    Tag("td", str(rule["rule"]))
                    Tag("td", str(rule["when"]))
                    said = f"{rule['verdict']}: {rule['reason']}" if rule["verdict"] else "nothing"
                    Tag("td", said)
