"""What a document of a swarm was before, each version with what it changed; one can be put back."""

from collections.abc import Mapping
from typing import Any

from vrooli.client.swarm_texts import NAMES, is_large, written
from vrooli.console.page import View
from vrooli.console.parts.asked import act
from vrooli.console.parts.dialogs import is_sure
from vrooli.console.parts.folds import Fold
from vrooli.console.parts.forms import button, why_not
from vrooli.console.parts.html import Tag, moment
from vrooli.console.parts.swarm_editor import show_difference
from vrooli.console.parts.swarm_meant import NOTHING, meant_now, show_meant
from vrooli.console.run_feed import RunFeed

MANY = 20
"""That are shown; `vrooli swarm versions` has all."""

AGAIN = 2.0
"""Seconds between two looks for a newer one, while they are unfolded."""

Version = Mapping[str, Any]


class Versions:
    """Of one document.

    Args:
        view: of the page.
        feed: of the swarm.
        name: of the document.
    """

    def __init__(self, view: View, feed: RunFeed, name: str) -> None:
        self._view, self._feed, self._name = view, feed, name
        self._newest, self._ended = 0, False
        self._value: Any = None
        self._place = Tag("div")  # what the buttons stand in is built anew meanwhile
        Fold("Versions", self._read, AGAIN)

    async def _read(self, inside: Tag) -> None:
        newest, ended = self._now()
        if (newest, ended) == (self._newest, self._ended):
            return  # what is unfolded in it stays
        swarms, run, name = self._view.acting.swarms, self._feed.run, self._name
        found: list[Version] = await self._view.acting.ask(
            lambda: swarms.swarm_versions(run, name=name, limit=MANY + 1)["versions"]
        )
        self._newest, self._ended = newest, ended
        self._value = found[0]["value"] if found else None
        inside.clear()
        with inside, Tag("ol", "", "steps"):
            for one, older in zip(found[:MANY], [*found[1:], None], strict=False):
                with Tag("li", "", "step"), Tag("div", "", "inside"):
                    self._show(one, older)

    def _now(self) -> tuple[int, bool]:
        """Its newest version as the page knows it, and whether the swarm has ended."""
        seen = self._feed.answer
        if seen is None or seen.swarm is None:
            return 0, False
        key = self._name.removeprefix("board.")
        of = seen.swarm if key == self._name else seen.swarm["board"]
        return (of[key]["version"] if key in of else 0), seen.ended

    def _show(self, one: Version, older: Version | None) -> None:
        with Tag("div", "", "row"):
            Tag("strong", f"Version {one['version']}")
            Tag("span", f"by {one['by'] or 'nobody'}", "soft")
            moment(one["at"], since=True)
            if self._may_go_back_to(one):
                button("Put back", lambda: self._put_back(one), "quiet")
        with Tag("details"):
            if older is None:
                Tag("summary", "All of it")
                Tag("pre", written(one["value"]), tabindex="0")
            else:
                Tag("summary", f"What it changed in version {older['version']}")
                show_difference(
                    older["value"], one["value"], f"Changes of version {one['version']}"
                )

    def _may_go_back_to(self, one: Version) -> bool:
        past = one["version"] < self._newest and not is_large(one["value"])
        return past and not self._ended and not why_not(self._view)

    async def _put_back(self, one: Version) -> None:
        swarms, run, name, seen = self._view.acting.swarms, self._feed.run, self._name, self._newest
        what = f"{name} as in version {one['version']}"
        if name in NAMES and not await self._is_meant(one, what):
            return
        with self._place:
            await act(self._view, what, lambda: swarms.write(run, name, one["value"], seen))
        self._feed.look()

    async def _is_meant(self, one: Version, what: str) -> bool:
        """Whether somebody means what it does, which is told."""
        now, then = self._value, one["value"]
        found = meant_now(self._feed, self._name, now, then)

        def build() -> None:
            show_meant(found)
            if not found.lines:
                Tag("p", NOTHING)
            with Tag("details"):
                Tag("summary", f"What it changes in version {self._newest}")
                show_difference(now, then, "What it changes")

        yes, classes = ("Put it back", "Leave it"), "danger" if found.lines else "main"
        with self._place:
            return await is_sure(f"Put back the {what}?", build, yes, classes)
