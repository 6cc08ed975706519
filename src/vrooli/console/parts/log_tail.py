"""The end of what a service wrote: it follows, unless it is held, and can be searched."""

from collections.abc import Sequence
from dataclasses import dataclass

from nicegui.events import GenericEventArguments

from vrooli.console.page import View
from vrooli.console.parts.folds import Fold
from vrooli.console.parts.html import Tag
from vrooli.core.errors import VrooliError

READ = 1000
"""Lines that are looked through; the watchdog gives no more."""

SHOWN = 200

AGAIN = 2.0
"""Seconds between two looks while it is unfolded."""

LONGEST = 200
"""Characters of what is searched for."""


@dataclass(frozen=True, slots=True)
class Tail:
    """What is shown.

    Attributes:
        lines: the last that fit.
        said: how many that are, of how many.
    """

    lines: tuple[str, ...]
    said: str


def tail_of(lines: Sequence[str], text: str) -> Tail:
    """The last of them with `text` in it, in any case; all where it is empty. Pure."""
    wanted = text.casefold()
    fitting = [line for line in lines if wanted in line.casefold()]
    shown = tuple(fitting[-SHOWN:])
    if not lines:
        return Tail(shown, "It has written nothing.")
    if not text:
        return Tail(shown, f"The last {len(shown)} lines.")
    return Tail(shown, f"{len(shown)} of the last {len(lines)} lines have it.")


class LogTail:
    """The log of one service."""

    def __init__(self, view: View, service: str) -> None:
        self._view, self._service = view, service
        self._text, self._held = "", False
        self._lines: list[str] = []
        self._shown: Tail | None = None
        self._area: Tag | None = None

    def show(self) -> None:
        """Folded; nothing is asked until it is unfolded."""
        Fold("Log", self._read, AGAIN)

    async def _read(self, inside: Tag) -> None:
        if self._area is None:
            inside.clear()
            with inside:
                self._tools()
                self._area = Tag("div", "", "log-area")
        if self._held:
            return
        try:
            self._lines = await self._ask()
        except VrooliError as error:
            self._trouble(self._area, error)
            return
        self._draw()

    async def _ask(self) -> list[str]:
        watchdog, service = self._view.acting.watchdog, self._service

        async def ask() -> list[str]:
            return await self._view.acting.ask(lambda: watchdog.log(service, READ))

        return await self._view.feed.answers.get(("log", service), ask, seconds=AGAIN / 2)

    def _tools(self) -> None:
        def typed(event: GenericEventArguments) -> None:
            self._text = str(event.args)[:LONGEST]
            self._draw()

        def hold() -> None:
            self._held = not self._held
            button.text = "Follow it" if self._held else "Pause"
            button.props["aria-pressed"] = "true" if self._held else "false"
            button.update()

        with Tag("div", "", "row log-tools"):
            with Tag("div", "", "field"):
                key = f"log-{self._service}"
                Tag("label", "Only lines with", for_=key)
                field = Tag("input", "", id=key, type="search", maxlength=LONGEST)
                field.props["autocomplete"] = "off"
                field.on("input", typed, js_handler="(e) => emit(e.target.value)", throttle=0.3)
            button = Tag("button", "Pause", "", type="button", aria_pressed="false")
            button.on("click", hold, args=[])

    def _draw(self) -> None:
        tail, area = tail_of(self._lines, self._text), self._area
        if area is None or tail == self._shown:
            return
        self._shown = tail
        area.clear()
        with area:
            Tag("p", tail.said, "soft", role="status")
            if tail.lines:
                name = f"Log of {self._service}"
                Tag("pre", "\n".join(tail.lines), "log", tabindex="0", aria_label=name)

    def _trouble(self, area: Tag, error: VrooliError) -> None:
        """What was read stays; why nothing newer comes is said once, above it."""
        if self._shown is None:
            area.clear()
            with area:
                Tag("p", f"{error.what}. {error.next_step}".rstrip(), "soft")
