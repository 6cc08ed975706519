"""Forms and buttons for people who may use them; for others they are there, and say why not."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from nicegui.events import GenericEventArguments

from vrooli.console.page import View
from vrooli.console.parts.html import Tag
from vrooli.core.passes import OPERATOR

LONGEST = 500
"""Characters of one field."""

SEND = "(e) => { e.preventDefault(); emit(Object.fromEntries(new FormData(e.target))); }"
"""What a browser does with a form that is sent: its fields come here, and the page stays."""


def why_not(view: View) -> str:
    """Why this person may change nothing; empty for one who may."""
    person = view.acting.person
    if person.may(OPERATOR):
        return ""
    return f"Your role is {person.role}, and this needs the role {OPERATOR}."


def barred(view: View) -> dict[str, Any]:
    """Attributes of a control that changes something."""
    reason = why_not(view)
    return {"disabled": True, "title": reason} if reason else {}


class Form(Tag):
    """A form that hands over what stands in its fields, each bounded.

    Args:
        send: gets the fields by their names.
    """

    def __init__(self, send: Callable[[Mapping[str, str]], Awaitable[None]], classes: str) -> None:
        super().__init__("form", "", classes)
        self._send = send
        self.on("submit", self._submitted, js_handler=SEND)

    async def _submitted(self, event: GenericEventArguments) -> None:
        said = event.args if isinstance(event.args, dict) else {}
        await self._send({str(key): str(value)[:LONGEST] for key, value in said.items()})

    def field(self, name: str, label: str, **attributes: Any) -> None:
        """A field for a line of text."""
        key = f"field-{self.id}-{name}"
        with self, Tag("div", "", "field"):
            Tag("label", label, for_=key)
            Tag(
                "input",
                "",
                id=key,
                name_=name,
                maxlength=LONGEST,
                autocomplete="off",
                **attributes,
            )

    def choice(self, name: str, label: str, values: Sequence[tuple[str, str]]) -> None:
        """A choice of one: value and text of each; the first is chosen."""
        key = f"field-{self.id}-{name}"
        with self, Tag("div", "", "field"):
            Tag("label", label, for_=key)
            with Tag("select", "", id=key, name_=name):
                for value, text in values:
                    Tag("option", text, value=value)


def button(view: View, text: str, click: Callable[[], Awaitable[None]], classes: str = "") -> Tag:
    """One that changes something, or leads there."""
    made = Tag("button", text, classes, type="button", **barred(view))
    made.on("click", click, args=[])
    return made
