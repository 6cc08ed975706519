"""Settings: what is in force, whether it comes back after a reboot, who is told."""

from collections.abc import Mapping
from typing import Any

from vrooli.client.watchdog import ADVICE
from vrooli.console.page import Page, View
from vrooli.console.parts.asked_programs import ask_programs
from vrooli.console.parts.configuration import (
    Boot,
    Channel,
    blocks_of,
    boot_of,
    channels_of,
    own_of,
    results_of,
)
from vrooli.console.parts.forms import button
from vrooli.console.parts.html import Tag, moment
from vrooli.console.parts.outcome import Outcome
from vrooli.console.parts.programs_view import Programs, head
from vrooli.console.parts.trouble import once_more, show_trouble
from vrooli.core.errors import Unreachable, VrooliError
from vrooli.core.passes import OPERATOR


async def build(view: View) -> None:
    """The page."""
    watchdog = view.acting.watchdog
    programs = Programs(view, await ask_programs(view))
    programs.show_programs()
    stack: Mapping[str, Any] = {}
    try:
        if view.feed.health.trouble:
            raise Unreachable("the watchdog does not answer", next_step=ADVICE)
        stack = await view.acting.ask(watchdog.stack)
        boot = boot_of(await view.acting.ask(watchdog.boot))
    except VrooliError as error:
        show_trouble(error)
        once_more(view.feed)
    else:
        _boot(boot)
        _channels(view, channels_of(stack))
    programs.show_kept()
    _facts("This console", own_of(view.acting.ways.settings))
    if stack:
        _configuration(stack)


def _boot(boot: Boot) -> None:
    with Tag("section", "", "panel"):
        Tag("h2", "After a reboot")
        with Tag("p"):
            Tag("span", boot.status, f"state {boot.status}")
            Tag("span", f" {boot.verdict}")
        if boot.unit:
            Tag("p", f"Started by {boot.unit}.", "soft")
        for what, next_step in boot.problems:
            Tag("p", f"{what[:1].upper()}{what[1:]}. Next: {next_step}.")
        if boot.status == "critical":
            Tag("pre", "vrooli-autoheal install")
        if boot.last is not None:
            with Tag("p", "", "soft"):
                Tag("span", "The latest boot was ")
                moment(boot.last[0], since=True)
                Tag("span", f"; everything was up within {boot.last[1]:.1f} s.")


def _channels(view: View, channels: list[Channel]) -> None:
    with Tag("section", "", "panel"):
        Tag("h2", "Who is told")
        if not channels:
            Tag(
                "p",
                "Nobody: there is no channel. Write one into vrooli.toml, then `vrooli up`:",
                "soft",
            )
            Tag("pre", '[notify.channels.phone]\nurl = "file:secrets/phone-url"')
            return
        with Tag("div", "", "scroll"), Tag("table"):
            head("Channel", "Told of", "Address", "Stands in", "Try it")
            with Tag("tbody"):
                rows = [(one, _row(one)) for one in channels]
        outcome = Outcome()
        for one, cell in rows:
            with cell:
                _test(view, one, outcome)


def _row(one: Channel) -> Tag:
    with Tag("tr"):
        for text in (one.name, one.told, one.url, one.second or "nobody"):
            Tag("td", text)
        return Tag("td")


def _test(view: View, one: Channel, outcome: Outcome) -> None:
    async def ask() -> str:
        watchdog = view.acting.watchdog
        results = await view.acting.ask(lambda: watchdog.test_channels(one.name))
        if not all(result["ok"] for result in results):
            raise VrooliError(
                results_of(results), next_step="see that its address is right, then try again"
            )
        return results_of(results)

    may = view.acting.person.may(OPERATOR)
    button(
        "Send a test", lambda: outcome.of(ask), why_not="" if may else f"needs the role {OPERATOR}"
    )


def _configuration(stack: Mapping[str, Any]) -> None:
    Tag("h2", "In force")
    source = stack["source"] or "the built-in stack: there is no vrooli.toml"
    Tag("p", f"Compiled from {source}. Secrets stand here as references, never as values.", "soft")
    for name, text in blocks_of(stack):
        with Tag("details", "", "config"):
            Tag("summary", name)
            Tag("pre", text, tabindex="0")


def _facts(title: str, facts: list[tuple[str, str]]) -> None:
    with Tag("section", "", "panel"):
        Tag("h2", title)
        with Tag("dl", "", "facts"):
            for word, value in facts:
                Tag("dt", word)
                Tag("dd", value)


PAGE = Page("/settings", "Settings", "settings", build, order=90)
