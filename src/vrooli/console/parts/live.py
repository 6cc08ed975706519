"""Parts of a page that follow what they show."""

from collections.abc import Callable
from typing import Generic, TypeVar

from nicegui import ui

from vrooli.console.parts.html import Tag

Seen = TypeVar("Seen")


class Live(Generic[Seen]):
    """Built anew when what it shows is another, and only then: focus and scrolling stay elsewhere.

    Args:
        see: what is to be shown; compared with what was shown before.
        build: makes the elements of that.
        tag, classes: of the element around them.
    """

    def __init__(
        self,
        see: Callable[[], Seen],
        build: Callable[[Seen], None],
        tag: str = "div",
        classes: str = "",
    ) -> None:
        self._see, self._build = see, build
        self._around: ui.element = Tag(tag, "", classes)
        self._seen = see()
        with self._around:
            build(self._seen)

    @property
    def around(self) -> ui.element:
        """The element around them."""
        return self._around

    def look(self) -> None:
        """Compare, and build anew if need be; nothing when the page was closed meanwhile."""
        if self._around.is_deleted:
            return
        seen = self._see()
        if seen != self._seen:
            self._seen = seen
            self._around.clear()
            with self._around:
                self._build(seen)


class Spoken:
    """What is read aloud when its words change, and only then: a live region with times in it that
    tick would be read every second. Only who hears the page notices it.

    Args:
        see: the words of now.
    """

    def __init__(self, see: Callable[[], str]) -> None:
        self._see = see
        self._said = Tag("p", see(), "unseen", role="status")

    def look(self) -> None:
        """Say what is new."""
        self._said.text = self._see()
