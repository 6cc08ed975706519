"""Plain HTML elements. Their text is text: nothing is ever rendered as HTML."""

from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement


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
            self._props[key.rstrip("_").replace("_", "-")] = value


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
