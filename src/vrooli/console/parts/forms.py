"""Forms and buttons; where somebody may not use one it is there, and says why not."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from nicegui.events import GenericEventArguments

from vrooli.console.page import View
from vrooli.console.parts.html import Tag
from vrooli.console.parts.once import once
from vrooli.core.passes import OPERATOR

Fields = Mapping[str, str]
"""What stands in the fields of a form, by their names."""

LONGEST = 512
"""Characters of one field, unless a form says otherwise."""

MOST = 500
"""Fields of one form."""

SEND = "(e) => { e.preventDefault(); emit(window.vrooliFields(e.target)); }"
"""What a browser does with a form that is sent: its fields come here, and the page stays."""


def why_not(view: View, role: str = OPERATOR) -> str:
    """Why this person may not do what needs a role; empty for one who may."""
    person = view.acting.person
    if person.may(role):
        return ""
    return f"Your role is {person.role}, and this needs the role {role}."


def barred(view: View) -> dict[str, Any]:
    """Attributes of a control that changes something."""
    return _disabled(why_not(view))


class Form(Tag):
    """A form that hands over what stands in its fields, each bounded.

    Args:
        send: gets the fields by their names; returns False when they were refused.
        longest: characters of one field.
    """

    def __init__(
        self,
        send: Callable[[Fields], Awaitable[object]],
        classes: str = "row",
        longest: int = LONGEST,
    ) -> None:
        super().__init__("form", "", classes)
        self._send, self._longest = once(send), longest
        self.on("submit", self._submitted, js_handler=SEND)

    async def _submitted(self, event: GenericEventArguments) -> None:
        said = event.args if isinstance(event.args, dict) else {}
        bounded = list(said.items())[:MOST]
        await self._send({str(key)[:128]: str(value)[: self._longest] for key, value in bounded})

    def field(self, name: str, label: str, kind: str = "text", **attributes: Any) -> None:
        """A field for a line of text in it."""
        with self:
            field(name, label, kind, **attributes)

    def choice(
        self, name: str, label: str, values: Sequence[str | tuple[str, str]], chosen: str = ""
    ) -> None:
        """A choice of one in it."""
        with self:
            choice(name, label, values, chosen)


def field(
    name: str, label: str, kind: str = "text", *, value: object = "", **attributes: Any
) -> None:
    """One line to type in, below its label; `value` stands in it at first."""
    with Tag("div", "", "field") as around:
        Tag("label", label, for_=f"f{around.id}")
        about = {"maxlength": LONGEST, "autocomplete": "off", **standing(value), **attributes}
        Tag("input", "", id=f"f{around.id}", name_=name, type=kind, **about)


def choice(
    name: str, label: str, values: Sequence[str | tuple[str, str]], chosen: str = ""
) -> None:
    """One of some words, or of pairs of a value and its text; the first unless one is chosen."""
    with Tag("div", "", "field") as around:
        Tag("label", label, for_=f"f{around.id}")
        with Tag("select", "", id=f"f{around.id}", name_=name):
            for one in values:
                value, text = (one, one) if isinstance(one, str) else one
                picked: dict[str, Any] = {"selected": True} if value == chosen else {}
                Tag("option", text, value=value, **picked)


def standing(value: object) -> dict[str, Any]:
    """The attribute of what stands in a field at first. As `value` it would be put there again
    whenever anything of the page changes, over what was typed since.
    """
    return {} if value == "" else {"defaultValue": str(value)}


def button(
    text: str, act: Callable[[], Awaitable[None]], classes: str = "", why_not: str = ""
) -> Tag:
    """What does something at once; where it may not be used, it says why."""
    made = Tag("button", text, classes, type="button", **_disabled(why_not))
    if not why_not:
        made.on("click", once(act), args=[])
    return made


def _disabled(reason: str) -> dict[str, Any]:
    return {"disabled": True, "title": reason} if reason else {}
