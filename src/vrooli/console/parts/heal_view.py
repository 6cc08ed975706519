"""Heals as they are shown: a line that unfolds to its phases."""

from nicegui.events import GenericEventArguments

from vrooli.console.parts.addresses import address
from vrooli.console.parts.heal_story import IN_FLIGHT, Phase, Story
from vrooli.console.parts.html import Tag, link, moment
from vrooli.core.amounts import length


def state_of(outcome: str) -> None:
    """An outcome, as a word in its colour."""
    Tag("span", outcome, f"state {'running' if outcome == IN_FLIGHT else outcome}")


def show_heal(one: Story, opened: set[str]) -> None:
    """One heal, folded.

    Args:
        one: it.
        opened: the ids of those that are unfolded: they stay so when the list is built anew.
    """

    def toggled(event: GenericEventArguments) -> None:
        (opened.add if event.args is True else opened.discard)(one.id)

    unfolded = {"open": ""} if one.id in opened else {}
    around = Tag("details", "", "heal", **unfolded)
    around.on("toggle", toggled, js_handler="(e) => emit(e.target.open)")
    with around:
        with Tag("summary", ""):
            state_of(one.outcome)
            Tag("span", one.line, "line")
            moment(one.at, since=True)
        show_phases(one.phases)
        link("Address of this heal", address("heals", one.id), "soft")


def show_phases(phases: tuple[Phase, ...]) -> None:
    """From detection to outcome."""
    with Tag("ol", "", "phases"):
        for one in phases:
            with Tag("li", "", "phase failed" if one.failed else "phase"):
                Tag("strong", one.name.capitalize())
                Tag("span", one.text, "what")
                with Tag("span", "", "when soft"):
                    if one.at is not None:
                        moment(one.at)
                    if one.seconds is not None:
                        Tag("span", f"took {length(one.seconds)}", "took")
