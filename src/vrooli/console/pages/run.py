"""One run: where it is and why, its steps as a tree with bars over time, what happens in it, what
its models say, what it may spend, and what can be done with it.
"""

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from nicegui import ui

from vrooli.console.page import Page, View
from vrooli.console.parts.asked import Showing
from vrooli.console.parts.deciding import show_approval
from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.rows import Rows
from vrooli.console.parts.run_controls import Controls
from vrooli.console.parts.run_files import FILES, show_files
from vrooli.console.parts.run_steps import StepList
from vrooli.console.parts.run_told import (
    show_budgets,
    show_events,
    show_head,
    show_spoken,
    show_texts,
)
from vrooli.console.parts.signalling import SignalForm, awaited
from vrooli.console.parts.swarm_seen import is_swarm
from vrooli.console.run_feed import RunFeed, RunFeeds, RunSeen

FEEDS = RunFeeds()
_FILES = attrgetter("files")


async def build(view: View) -> None:
    """The page."""
    run = view.path["id"]
    feed, leave = FEEDS.join(view.acting, run)
    ui.context.client.on_delete(leave)
    Tag("h1", f"Run {run}")
    await feed.known()
    shown: Showing[RunSeen] = Showing(feed)
    shown.show_trouble()
    # All of it when something is known, which may be later than the page.
    shown.show(lambda _: _body(view, feed, shown), of=lambda _: True)
    feed.changed.subscribe(shown.look)


def _body(view: View, feed: RunFeed, shown: Showing[RunSeen]) -> None:
    controls = Controls(view, feed)
    shown.show(lambda seen: show_head(seen, controls.show), "section", "panel", _state)
    shown.show(_swarm, of=is_swarm, quiet=True)
    _questions(view, feed, shown)
    shown.show(SignalForm(view, feed).show, "section", of=awaited, quiet=True)
    show_spoken(shown, feed)
    StepList(feed.run, controls.beside).show(shown)
    show_events(shown, feed)
    shown.show(lambda seen: show_files(feed.run, seen), "section", of=_FILES, quiet=True)
    shown.show(show_budgets, "section", of=lambda seen: seen.run["budget"], quiet=True)
    shown.show(lambda seen: show_texts(feed.run, seen), "section", of=_state, quiet=True)


def _swarm(seen: RunSeen) -> None:
    if is_swarm(seen):
        with Tag("p"):
            link("It is a swarm: its plan, its blackboard, messages", f"/swarms/{seen.run['id']}")


def _state(seen: RunSeen) -> object:
    """Without what goes on by itself: the time that is spent."""
    run = {key: value for key, value in seen.run.items() if key != "budget"}
    return run, seen.why, bool(seen.steps.shown)


def _questions(view: View, feed: RunFeed, shown: Showing[RunSeen]) -> None:
    """What it asks for; a half-typed reason stays when another question comes."""

    async def look() -> None:
        feed.look()

    rows: Rows[str, Mapping[str, Any]] = Rows(
        lambda one: show_approval(view, one, look), "div", row="div"
    )
    shown.hand(lambda seen: rows.show((one["id"], one) for one in seen.approvals))


PAGE = Page("/runs/{id}", "Run", "play_circle", build, own_heading=True, files=FILES)
