"""A form by which somebody who goes away has another asked for a while."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

from vrooli.console.page import View
from vrooli.console.parts.forms import Fields, Form
from vrooli.console.parts.html import Tag, notify
from vrooli.core.errors import VrooliError

RISKS = (
    ("changing", "what is changing at most"),
    ("reading", "what is reading at most"),
    ("dangerous", "everything, also what names no risk"),
)
"""Up to which class of risk another is asked, the usual first."""

NOTE = (
    "It takes the place of what you said before, ends by itself, and holds for 90 days at most. "
    "What is asked of that one you may decide still, and take back."
)

Wrong = Mapping[str, str]
"""What is wrong, by the field."""


class Unsaid(ValueError):
    """Something is not said.

    Attributes:
        wrong: where, and what to say there.
    """

    def __init__(self, wrong: Wrong) -> None:
        super().__init__(", ".join(wrong.values()))
        self.wrong = wrong


def rule_said(said: Fields) -> tuple[str, float, str]:
    """Who is asked, until when (unix seconds) and up to which risk, as the form says. Pure.

    Raises:
        Unsaid: with what is missing, by the field.
    """
    to, risk, wrong = said.get("to", "").strip(), said.get("risk", ""), dict[str, str]()
    until = 0.0
    if not to:
        wrong["to"] = "Say who is asked: the address that one signs in with."
    try:
        until = datetime.fromisoformat(said.get("until", "")).timestamp()
    except (ValueError, OverflowError):
        wrong["until"] = "Say when you are back: a day and a time."
    if wrong:
        raise Unsaid(wrong)
    return to, until, risk if risk in dict(RISKS) else RISKS[0][0]


def refused(error: VrooliError) -> Wrong:
    """What the server says, at the field that it is about. Pure."""
    place = "until" if "until" in error.where or "time to come" in error.what else "to"
    return {place: f"{error.what[:1].upper()}{error.what[1:]}."}


class AwayForm:
    """The form, folded.

    Args:
        view: of the page.
        made: called when there is a rule.
    """

    def __init__(self, view: View, made: Callable[[], Awaitable[None]]) -> None:
        self._view, self._made = view, made
        self._around = Tag("div")
        self._show()

    def _show(self) -> None:
        self._around.clear()
        with self._around, Tag("details", "", "panel"):
            Tag("summary", "Going away? Have another asked meanwhile")
            Tag("p", NOTE, "soft")
            with Form(self._send, "hand") as form:
                form.field("to", "Whom to ask (address of a user who may approve)")
                self._wrong = {"to": _place()}
                form.field("until", "Until when, in your own time zone", "datetime-local")
                self._wrong["until"] = _place()
                form.choice("risk", "For which questions", RISKS)
                Tag("button", "Have that one asked", "main", type="submit")

    def _tell(self, wrong: Wrong) -> None:
        for name, place in self._wrong.items():
            place.text = wrong.get(name, "")

    async def _send(self, said: Fields) -> bool:
        self._tell({})
        try:
            to, until, risk = rule_said(said)
            await self._view.acting.ask(lambda: self._view.acting.work.be_away(to, until, risk))
        except Unsaid as error:
            self._tell(error.wrong)
            return False
        except VrooliError as error:
            self._tell(refused(error))
            return False
        self._show()
        with self._around:
            notify(f"{to} is asked from now on", type="positive")
        await self._made()
        return True


def _place() -> Tag:
    return Tag("p", "", "field-error", role="alert")
