"""That somebody is away, and another is asked for a while: said in the inbox, with an end."""

from collections.abc import Mapping, Sequence
from typing import Any

from vrooli.console.page import View
from vrooli.console.parts.asked import Asked, act
from vrooli.console.parts.away_form import AwayForm
from vrooli.console.parts.forms import button
from vrooli.console.parts.html import Tag, moment
from vrooli.core.passes import OPERATOR

Rule = Mapping[str, Any]


def rule_of(found: Sequence[Rule], person: str) -> Rule | None:
    """That person's own, of those that it sees. Pure."""
    return next((one for one in found if one["person"] == person), None)


def asked_said(rule: Rule) -> str:
    """What another is asked. Pure."""
    if rule["risk"] == "dangerous":
        return f"{rule['to']} is asked all that your runs ask."
    return f"{rule['to']} is asked what your runs ask, where its risk is {rule['risk']} at most."


async def show_absence(view: View) -> None:
    """Its end, for one who is away; a form for it; nothing for who is not asked at all."""
    person = view.acting.person
    if not person.may(OPERATOR):
        return
    asked: Asked[list[Rule]] = Asked(
        view, lambda: list(view.acting.work.absences()), seconds=5.0, key="absences"
    )

    async def back() -> None:
        if await act(view, "Be back", view.acting.work.be_back):
            await asked.ask()

    def build(found: list[Rule]) -> None:
        rule = rule_of(found, person.name)
        if rule is not None:
            with Tag("section", "", "panel"):
                _tell(rule)
                button("I am back", back)

    asked.show(build, quiet=True, of=lambda found: rule_of(found, person.name))
    AwayForm(view, asked.ask)
    await asked.begin()


def _tell(rule: Rule) -> None:
    with Tag("p"):
        Tag("strong", "You are away until ")
        moment(rule["until"])
        Tag("span", f". {asked_said(rule)} You find that below, under Handed on.")
