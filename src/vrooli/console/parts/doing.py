"""Where an action on a page says what it would do, what it does, and how it ended."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from vrooli.console.page import View
from vrooli.console.parts.html import Tag
from vrooli.console.parts.threads import long_answer
from vrooli.core.errors import VrooliError

Answer = TypeVar("Answer")


class Doing:
    """A place on the page, read out when it changes; and whether something is under way there."""

    def __init__(self, view: View) -> None:
        self.view, self.busy = view, False
        self._area = Tag("div", "", "doing", aria_live="polite")

    def show(self, build: Callable[[], None]) -> None:
        """This, in place of what stood there; nothing when the page was closed meanwhile."""
        if self._area.is_deleted:
            return
        self._area.clear()
        with self._area:
            build()

    def say(self, text: str, classes: str = "") -> None:
        """A sentence."""
        self.show(lambda: _sentence(text, classes))

    def clear(self) -> None:
        """Nothing."""
        self._area.clear()

    async def trying(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it, unless something is under way here; an error is shown in its place."""
        if self.busy:
            return
        self.busy = True
        try:
            await work()
        except VrooliError as error:
            self.failed(error)
        finally:
            self.busy = False
            self.view.feed.look()

    async def answer(self, text: str, question: Callable[[], Answer]) -> Answer:
        """The answer to what may take long; `text` stands there meanwhile."""
        self.say(text, "soft")
        return await long_answer(question)

    def failed(self, error: VrooliError) -> None:
        """What happened, where, and what to do next."""

        def build() -> None:
            with Tag("div", "", "trouble"):
                Tag("p", f"{error.where}: {error.what}" if error.where else error.what)
                if error.next_step:
                    Tag("p", f"Next: {error.next_step}", "next")

        self.show(build)


def _sentence(text: str, classes: str) -> None:
    Tag("p", text, classes)
