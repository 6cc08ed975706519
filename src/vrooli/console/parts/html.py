"""Plain HTML elements. Their text is text: nothing is ever rendered as HTML, and nothing in it
turns around what is read.
"""

from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from vrooli.core.plain import plain, plain_lines

_READ = ("title", "aria-label")
"""Attributes that are shown or read aloud."""


class Tag(TextElement):
    """An element of HTML, with a text.

    Args:
        name: of the tag, like `h2`.
        text: what it says.
        classes: of its style.
        **attributes: further ones; an underscore stands for a dash, and at the end for nothing.
    """

    def __init__(self, name: str, text: str = "", classes: str = "", **attributes: Any) -> None:
        super().__init__(tag=name, text=text)
        if classes:
            self.classes(classes)
        for key, value in attributes.items():
            name = key.rstrip("_").replace("_", "-")
            self._props[name] = plain(str(value)) if name in _READ else value

    def _text_to_model_text(self, text: str) -> None:
        """Whatever is shown goes through here, and texts of others have no power over it."""
        super()._text_to_model_text(plain_lines(str(text).replace("\r\n", "\n")))


def notify(text: str, **how: Any) -> None:
    """A message on the page, for a while."""
    ui.notify(plain_lines(text), **how)


def link(text: str, to: str, classes: str = "") -> Tag:
    """To another page."""
    return Tag("a", text, classes, href=to)


def moment(at: float, *, since: bool = False) -> ui.element:
    """A time, in the reader's own zone, with UTC on hover; as how long ago where `since` says so,
    which goes on by itself.

    Args:
        at: unix seconds.
        since: whether as a distance to now.
    """
    return Tag("vrooli-time", "", at=at, mode="since" if since else "at")
