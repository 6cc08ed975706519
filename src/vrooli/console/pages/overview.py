"""The first page: one verdict in words, what is wrong, then everything."""

from collections.abc import Mapping
from typing import Any

from vrooli.console.page import Page, View
from vrooli.console.parts.backup_line import show_backups
from vrooli.console.parts.cards import Cards
from vrooli.console.parts.html import Tag, link, moment
from vrooli.console.parts.live import Live, Spoken
from vrooli.console.parts.problems import problems, show_line, show_problems, titles_of
from vrooli.console.parts.standing import Standing, first_line, standings
from vrooli.console.parts.verdict import Verdict, came_of_it, is_empty, verdict
from vrooli.console.parts.vitals import show_vitals, vitals

LATELY = 5
"""Heals that are shown."""


async def build(view: View) -> None:
    """The page."""
    feed = view.feed
    await feed.known()

    def said() -> Verdict:
        now = feed.health
        return verdict(
            now.status, now.heals, now.incidents, now.trouble, now.at, titles_of(feed.past.checks)
        )

    spoken = Spoken(lambda: said().spoken)
    parts: list[Live[Any] | Cards | Spoken] = [spoken, Live(said, _verdict, "section")]
    parts.append(
        Live(
            lambda: (
                problems(feed.health, titles_of(feed.past.checks), feed.past.began),
                bool(feed.health.trouble),
            ),
            lambda seen: show_problems(*seen),
            "section",
        )
    )
    Tag("h2", "Services")
    parts.append(Live(lambda: _is_empty(view), _empty))
    parts.append(Cards(lambda: _standings(view)))
    Tag("h2", "This machine")
    parts.append(
        Live(
            lambda: (vitals(feed.past.checks), bool(feed.health.trouble)),
            lambda seen: show_vitals(*seen),
        )
    )
    await show_backups(view)
    Tag("h2", "Heals lately")
    parts.append(Live(lambda: list(feed.health.heals[:LATELY]), _lately))
    with Tag("p", "", "soft"):
        link("Status page", "/status")
        Tag("span", ": what strangers may see, if it is public")
    for one in parts:
        feed.changed.subscribe(one.look)


def _standings(view: View) -> dict[str, Standing]:
    health, past = view.feed.health, view.feed.past
    found = standings(health.status, stale=bool(health.trouble), day=past.day, month=past.month)
    return {one.name: one for one in found}


def _is_empty(view: View) -> bool:
    status = view.feed.health.status
    return bool(status) and is_empty(status)


def _verdict(said: Verdict) -> None:
    with Tag("div", "", f"verdict {said.level}"):
        Tag("span", said.headline)
        for line in said.lines:
            with Tag("small", "", "well" if line.good else ""):
                show_line(line)


def _empty(nothing: bool) -> None:
    if not nothing:
        return
    with Tag("div", "", "empty"):
        Tag("p", "No service is declared. Describe what runs here, then start it:")
        Tag("pre", "vrooli scan --write\nvrooli up")


def _lately(heals: list[Mapping[str, Any]]) -> None:
    if not heals:
        Tag("p", "Nothing yet: nothing had to be healed.", "soft")
        return
    with Tag("ul", "", "lately panel"):
        for heal in heals:
            with Tag("li"):
                moment(float(heal["detected_at"]), since=True)
                Tag("span", ": ")
                link(str(heal["subject"]), f"/services/{heal['subject']}")
                Tag(
                    "span",
                    f", {first_line(str(heal['cause']))} → {_tried(heal)}{came_of_it(heal)} ",
                )
                word = str(heal.get("outcome") or "going on")
                Tag("span", word, f"state {heal.get('outcome') or 'running'}")


def _tried(heal: Mapping[str, Any]) -> str:
    actions = [str(one["action"]) for one in heal.get("attempts") or ()]
    return f"{', '.join(actions[-3:])}, " if actions else ""


PAGE = Page("/", "Overview", "home", build, order=0)
