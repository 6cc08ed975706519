"""What the server says, on a page: asked once for all pages of one person that show it."""

import asyncio
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from nicegui import ui

from vrooli.console.page import View
from vrooli.console.parts.html import Tag, moment, notify
from vrooli.console.parts.live import Live
from vrooli.console.parts.timers import every
from vrooli.core.errors import DeadlineExceeded, VrooliError

Answer = TypeVar("Answer")
Told = TypeVar("Told", covariant=True)

SECONDS = 0.8
"""Between two questions: what changes is seen within a second."""


SLOW = 2.0
"""Seconds without an answer after which that is said, while it is waited for."""


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


def trouble_of(error: VrooliError, before: Trouble | None) -> Trouble:
    """What is shown of an error; since when, where it is not the first."""
    since = before.since if before else time.time()
    return Trouble(str(error.what), error.next_step, since, error.retryable)


class Source(Protocol[Told]):
    """Where answers come from."""

    @property
    def answer(self) -> Told | None:
        """The last one; None before the first."""

    @property
    def trouble(self) -> Trouble | None:
        """Why there is no newer one."""


class Showing(Generic[Answer]):
    """Parts of a page that show what a source says; each `look` compares.

    Args:
        source: of the answers.
    """

    def __init__(self, source: Source[Answer]) -> None:
        self._source = source
        self._looks: list[Callable[[], None]] = []

    def look(self) -> None:
        """There may be another answer."""
        for look in self._looks:
            look()

    def show(
        self,
        build: Callable[[Answer], None],
        tag: str = "div",
        classes: str = "",
        of: Callable[[Answer], object] = lambda answer: answer,
        *,
        quiet: bool = False,
    ) -> None:
        """The answer; built anew when that part of it is another, so that what is folded open, or
        half written, stays. While there is none it says so, unless it is `quiet`.
        """

        def built(_: object) -> None:
            if self._source.answer is not None:
                build(self._source.answer)
            elif self._source.trouble is None and not quiet:
                Tag("p", "Asking the server ...", "empty")

        def seen() -> object:
            answer = self._source.answer
            if answer is None:  # what is asked in vain is not said to be asked still
                return self._source.trouble is None, None
            return None, of(answer)

        self._looks.append(Live(seen, built, tag, classes).look)

    def follow(self, look: Callable[[], None]) -> None:
        """Call it whenever there may be another answer."""
        self._looks.append(look)

    def hand(self, take: Callable[[Answer], None]) -> None:
        """Give each answer to what compares by itself."""

        def look() -> None:
            if self._source.answer is not None:
                take(self._source.answer)

        self._looks.append(look)
        look()

    def show_trouble(self) -> None:
        """A banner while there is no answer."""
        self._looks.append(Live(lambda: self._source.trouble, _banner).look)


class Asked(Showing[Answer]):
    """The last answer to one question, which is asked again and again while a page is open.

    Args:
        view: of the page.
        question: of a client; runs in a thread.
        seconds: between two.
        key: says which question it is: pages of one person ask one together.
    """

    def __init__(
        self,
        view: View,
        question: Callable[[], Answer],
        seconds: float = SECONDS,
        *,
        key: Hashable,
    ) -> None:
        super().__init__(self)
        self._view, self._question = view, question
        self.answer: Answer | None = None
        self.trouble: Trouble | None = None
        self._seconds, self._key = seconds, ("work", view.acting.session, key)
        self._known = asyncio.Event()

    async def begin(self) -> None:
        """Ask, and go on asking while the page is open. The page waits for the first answer until
        it is known that there is none soon.
        """
        self._first = asyncio.create_task(self._take(0.0))
        self._first.add_done_callback(lambda _: self._known.set())
        await self._known.wait()
        if self._first.done():
            self._first.result()  # what nobody foresaw is told by the page
        self.start()

    def start(self) -> None:
        """The same, and wait for nothing."""
        every(self._seconds, self._again, at_once=True)

    async def ask(self) -> None:
        """Once, and anew: something was just changed."""
        await self._take(time.time())

    async def _again(self) -> None:
        await self._take(0.0)

    async def _take(self, newer_than: float) -> None:
        acting, answers = self._view.acting, self._view.feed.answers
        age = self._seconds * 0.9  # who asks at the same pace finds it fresh, or asks for all
        asking = asyncio.ensure_future(
            answers.get(
                self._key,
                lambda: acting.ask(self._question),
                seconds=age,
                newer_than=newer_than,
            )
        )
        try:
            if not (await asyncio.wait([asking], timeout=SLOW))[0]:
                self._failed(DeadlineExceeded(f"no answer within {SLOW:g} s"))
            self.answer = await asking
            self.trouble = None
        except VrooliError as error:
            self._failed(error)
        else:
            self.look()

    def _failed(self, error: VrooliError) -> None:
        self.trouble = trouble_of(error, self.trouble)
        self._known.set()
        self.look()


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
    client, said = ui.context.client, ""  # what the button stands in may be gone afterwards
    try:
        await view.acting.ask(question)
    except VrooliError as error:
        said = f"{what}: {error}"
    with client:
        if said:
            notify(said, type="negative", multi_line=True, close_button="Close")
        else:
            notify(f"{what}: done", type="positive")
    return not said
