"""The room of one swarm: what it is to reach, where it is and why, its plan and how each task
stands, what people are to do, what stands on its blackboard, what was said to it, what happens.
"""

from collections.abc import Mapping
from typing import Any

from nicegui import ui

from vrooli.console.page import Page, View
from vrooli.console.parts.asked import Showing
from vrooli.console.parts.deciding import show_approval
from vrooli.console.parts.html import Tag, link
from vrooli.console.parts.rows import Rows
from vrooli.console.parts.run_told import show_budgets, show_events, show_head, show_texts
from vrooli.console.parts.swarm_controls import SwarmControls
from vrooli.console.parts.swarm_plan import show_plan
from vrooli.console.parts.swarm_told import (
    show_beside,
    show_board,
    show_goal,
    show_messages,
    show_team,
)
from vrooli.console.parts.swarm_words import Words, handed
from vrooli.console.parts.swarm_writing import show_writing
from vrooli.console.run_feed import RunFeed, RunFeeds, RunSeen
from vrooli.console.swarm_feed import SwarmFeed

FEEDS = RunFeeds(SwarmFeed)


async def build(view: View) -> None:
    """The page."""
    run = view.path["id"]
    feed, leave = FEEDS.join(view.acting, run)
    ui.context.client.on_delete(leave)
    heading = Tag("h1", f"Swarm {run}")
    await feed.known()
    shown: Showing[RunSeen] = Showing(feed)
    shown.show_trouble()
    # All of it when something is known, which may be later than the page.
    shown.show(lambda _: _body(view, feed, shown), of=lambda _: True)
    shown.hand(lambda seen: setattr(heading, "text", f"Swarm {seen.run['routine']} {run}"))
    feed.changed.subscribe(shown.look)


def _body(view: View, feed: RunFeed, shown: Showing[RunSeen]) -> None:
    controls, words = SwarmControls(view, feed), Words(view, feed)

    def head(seen: RunSeen) -> None:
        show_goal(seen)
        show_head(seen, controls.show)

    shown.show(head, "section", "panel", _state)
    _for_people(view, feed, shown, words)
    show_plan(shown, controls.beside)
    shown.show(show_beside, "section", of=lambda seen: _of(seen, "beside"), quiet=True)
    show_board(shown)
    show_writing(view, feed, shown)
    with Tag("section"):
        Tag("h2", "Messages")
        show_messages(shown)
        shown.show(words.show_saying, of=lambda seen: seen.ended, quiet=True)
    shown.show(show_budgets, "section", of=lambda seen: seen.run["budget"], quiet=True)
    shown.show(show_team, "section", of=_people, quiet=True)
    show_events(shown, feed)
    shown.show(lambda seen: show_texts(feed.run, seen), "section", of=_state, quiet=True)


def _for_people(view: View, feed: RunFeed, shown: Showing[RunSeen], words: Words) -> None:
    """What waits for somebody: approvals, and tasks that a person does."""

    async def look() -> None:
        feed.look()

    with Tag("section"):
        shown.show(_heading, of=_waits, quiet=True)
        rows: Rows[str, Mapping[str, Any]] = Rows(
            lambda one: show_approval(view, one, look), "div", row="div"
        )
        shown.hand(lambda seen: rows.show((one["id"], one) for one in seen.approvals))
        words.show_handed(shown)


def _waits(seen: RunSeen) -> tuple[bool, bool]:
    return bool(seen.approvals or handed(seen)), bool(seen.approvals)


def _heading(seen: RunSeen) -> None:
    anything, approvals = _waits(seen)
    if anything:
        Tag("h2", "For people to do")
    if approvals:
        with Tag("p", "", "soft"):
            link("The inbox", "/approvals")
            Tag("span", " has what its runs ask for themselves as well.")


def _state(seen: RunSeen) -> object:
    """Without what goes on by itself: the time that is spent."""
    run = {key: value for key, value in seen.run.items() if key != "budget"}
    return run, seen.why, _of(seen, "goal")


def _people(seen: RunSeen) -> object:
    return _of(seen, "team"), _of(seen, "policy"), seen.ended


def _of(seen: RunSeen, name: str) -> object:
    return seen.swarm[name] if seen.swarm else None


PAGE = Page("/swarms/{id}", "Swarm", "hub", build, own_heading=True)
