"""What people do for a swarm: finish their tasks, and speak to it."""

from collections.abc import Callable
from functools import partial

from vrooli.console.page import View
from vrooli.console.parts.asked import Showing
from vrooli.console.parts.exactly import exactly
from vrooli.console.parts.forms import Fields, Form, barred
from vrooli.console.parts.html import Tag, notify
from vrooli.console.parts.rows import Rows
from vrooli.console.parts.signalling import LONGEST, data_of
from vrooli.console.parts.swarm_seen import tasks_of
from vrooli.console.run_feed import RunFeed, RunSeen
from vrooli.core.errors import VrooliError

Handed = tuple[str, str]
"""A task, and what a person is to do."""


class Words:
    """The forms of one swarm.

    Args:
        view: of the page.
        feed: of the swarm.
    """

    def __init__(self, view: View, feed: RunFeed) -> None:
        self._view, self._feed, self._run = view, feed, feed.run

    def show_handed(self, shown: Showing[RunSeen]) -> None:
        """What people are to do now; what is half typed stays when another task comes."""
        rows: Rows[str, Handed] = Rows(self._handed, "div", row="article", row_classes="panel")
        shown.hand(lambda seen: rows.show((one[0], one) for one in handed(seen)))

    def show_saying(self, seen: RunSeen) -> None:
        """A form for a message, while somebody hears it."""
        if not seen.ended:
            self._around = Tag("div")
            self._saying()

    def _handed(self, one: Handed) -> None:
        task, asks = one
        Tag("h3", f"A person is to do {task}")
        Tag("p", exactly(asks).text)
        with Form(lambda said: self._done(task, wrong, said), "signal", LONGEST):
            _area("What it came to, as JSON (may be empty); a text stands in quotes", "output")
            wrong = Tag("p", "", "field-error", role="alert")
            Tag("button", "It is done", "main", type="submit", **barred(self._view))

    async def _done(self, task: str, wrong: Tag, said: Fields) -> bool:
        try:
            data = data_of(said.get("output", ""))
        except ValueError as error:
            wrong.text = f"is not JSON: {error}"
            return False
        swarms, run = self._view.acting.swarms, self._run
        return await self._try(wrong, partial(swarms.done, run, task, data), f"{task} is done")

    def _saying(self) -> None:
        self._around.clear()
        with self._around, Form(self._say, "signal", LONGEST):
            _area("Say something to it: its plan and its coordinator see it", "text", rows=2)
            self._wrong = Tag("p", "", "field-error", role="alert")
            Tag("button", "Say it", "main", type="submit", **barred(self._view))

    async def _say(self, said: Fields) -> bool:
        text = said.get("text", "").strip()
        if not text:
            self._wrong.text = "Nothing is written there."
            return False
        say = partial(self._view.acting.swarms.say, self._run, text)
        if not await self._try(self._wrong, say, "It is said"):
            return False
        self._saying()
        return True

    async def _try(self, wrong: Tag, question: Callable[[], object], done: str) -> bool:
        wrong.text = ""
        try:
            await self._view.acting.ask(question)
        except VrooliError as error:
            next_step = f" Next: {error.next_step}" if error.next_step else ""
            wrong.text = f"{error.what}.{next_step}"
            return False
        finally:
            self._feed.look()
        notify(done, type="positive")
        return True


def handed(seen: RunSeen) -> list[Handed]:
    """What people are to do now. Pure."""
    open_ = [] if seen.ended else tasks_of(seen)
    return [(one.id, one.asks) for one in open_ if one.by_hand]


def _area(label: str, name: str, rows: int = 3) -> None:
    with Tag("div", "", "field") as around:
        own = f"f{around.id}"
        Tag("label", label, for_=own)
        Tag("textarea", "", id=own, name_=name, rows=rows, maxlength=LONGEST)
