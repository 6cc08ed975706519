"""Small forms and buttons of the settings: what is typed in, what came of it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as field_
from typing import Any

from nicegui.events import GenericEventArguments

from vrooli.console.parts.forms import SEND
from vrooli.console.parts.html import Tag
from vrooli.core.errors import VrooliError

Fields = Mapping[str, str]

LONGEST = 512
"""Characters of one field."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Something that is shown once.

    Attributes:
        what: it is.
        value: itself.
    """

    what: str
    value: str = field_(repr=False)


class Outcome:
    """Where it is said what came of something; read out by screen readers."""

    def __init__(self) -> None:
        self._around = Tag("div", "", "outcome", aria_live="polite")

    async def of(self, act: Callable[[], Awaitable[str | Secret]]) -> None:
        """Do it; say what it says, or why it did not work."""
        said: str | Secret
        try:
            said, kind = await act(), "done"
        except VrooliError as error:
            where = f"{error.where}: " if error.where else ""
            next_step = f" Next: {error.next_step}" if error.next_step else ""
            said, kind = f"{where}{error.what}.{next_step}", "failed"
        if self._around.is_deleted:  # the page was closed meanwhile
            return
        self._around.clear()
        with self._around:
            if isinstance(said, Secret):
                _secret(said)
            else:
                Tag("p", said, kind)


def _secret(said: Secret) -> None:
    with Tag("div", "", "banner warning"):
        Tag("p", f"{said.what} It is shown this once:")
        Tag("code", said.value, "secret")
        Tag("button", "Copy", "", type="button", data_copy=said.value)


def form(send: Callable[[Fields], Awaitable[None]], classes: str = "row") -> Tag:
    """A form that hands over its fields, each bounded."""
    made = Tag("form", "", classes)

    async def submitted(event: GenericEventArguments) -> None:
        said = event.args if isinstance(event.args, dict) else {}
        await send({str(key)[:64]: str(value)[:LONGEST] for key, value in said.items()})

    made.on("submit", submitted, js_handler=SEND)
    return made


def field(name: str, label: str, kind: str = "text", **attributes: Any) -> None:
    """One line to type in, below its label."""
    with Tag("div", "", "field") as around:
        Tag("label", label, for_=f"f{around.id}")
        Tag("input", "", id=f"f{around.id}", name_=name, type=kind, maxlength=LONGEST, **attributes)


def choice(name: str, label: str, values: tuple[str, ...], chosen: str = "") -> None:
    """One of some words."""
    with Tag("div", "", "field") as around:
        Tag("label", label, for_=f"f{around.id}")
        with Tag("select", "", id=f"f{around.id}", name_=name):
            for one in values:
                picked: dict[str, Any] = {"selected": True} if one == chosen else {}
                Tag("option", one, value=one, **picked)


def button(
    text: str, act: Callable[[], Awaitable[None]], classes: str = "", why_not: str = ""
) -> Tag:
    """What does something at once; where it may not be used, it says why."""
    barred: dict[str, Any] = {"disabled": True, "title": why_not} if why_not else {}
    made = Tag("button", text, classes, type="button", **barred)
    if not why_not:
        made.on("click", act, args=[])
    return made
