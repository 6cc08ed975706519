"""What the server says, asked again and again while a page is open."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from nicegui import ui

from vrooli.console.page import View
from vrooli.console.parts.html import Tag, moment
from vrooli.console.parts.live import Live
from vrooli.core.errors import VrooliError

Answer = TypeVar("Answer")

SECONDS = 0.8
"""Between two questions: what changes is seen within a second."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no answer.

    Attributes:
        what: the error, in words.
        next_step: what can be done; may be empty.
        since: unix seconds.
        passes: whether asking again can help.
    """

    what: str
    next_step: str
    since: float
    passes: bool


class Asked(Generic[Answer]):
    """The last answer to one question, and why there is no newer one.

    Args:
        view: of the page.
        question: of a client; runs in a thread.
        seconds: between two.
    """

    def __init__(
        self, view: View, question: Callable[[], Answer], seconds: float = SECONDS
    ) -> None:
        self._view, self._question = view, question
        self.answer: Answer | None = None
        self.trouble: Trouble | None = None
        self._lives: list[Live] = []  # type: ignore[type-arg] # of whatever they show
        self._seconds = seconds

    async def begin(self) -> None:
        """Ask, and go on asking while the page is open."""
        await self.ask()
        ui.timer(self._seconds, self.ask)

    async def ask(self) -> None:
        """Once; whatever shows the answer looks again."""
        try:
            self.answer = await self._view.acting.ask(self._question)
            self.trouble = None
        except VrooliError as error:
            since = self.trouble.since if self.trouble else time.time()
            self.trouble = Trouble(str(error.what), error.next_step, since, error.retryable)
        for live in self._lives:
            live.look()

    def show(
        self,
        build: Callable[[Answer], None],
        tag: str = "div",
        classes: str = "",
        of: Callable[[Answer], object] = lambda answer: answer,
    ) -> None:
        """The answer; built anew when that part of it is another, so that what is folded open, or
        half written, stays.
        """

        def built(_: object) -> None:
            if self.answer is not None:
                build(self.answer)
            elif self.trouble is None:
                Tag("p", "Asking the server ...", "empty")

        def seen() -> object:
            return None if self.answer is None else of(self.answer)

        self._lives.append(Live(seen, built, tag, classes))

    def show_trouble(self) -> None:
        """A banner while there is no answer."""
        self._lives.append(Live(lambda: self.trouble, _banner))


def _banner(trouble: Trouble | None) -> None:
    if trouble is None:
        return
    with Tag("div", "", "banner critical", role="alert"):
        lead = "The server does not answer. " if trouble.passes else "This cannot be shown. "
        Tag("strong", lead)
        Tag("span", f"{trouble.what}. Since ")
        moment(trouble.since, since=True)
        Tag("span", f". {trouble.next_step}")


async def act(view: View, what: str, question: Callable[[], object]) -> bool:
    """Do something as the person who looks, and tell how it went; whether it did."""
    try:
        await view.acting.ask(question)
    except VrooliError as error:
        ui.notify(f"{what}: {error}", type="negative", multi_line=True, close_button="Close")
        return False
    ui.notify(f"{what}: done", type="positive")
    return True
