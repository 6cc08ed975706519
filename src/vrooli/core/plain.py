"""Texts of others as they may be shown: nothing in them moves a cursor, changes a colour, or shows
them in another order than they have. Pure.
"""

import re

CONTROLS = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""Control characters but the tab, and those that turn the direction of writing around."""

INSTEAD = "\ufffd"
"""Stands where one was."""


def plain(text: str) -> str:
    """A text of others in one line."""
    return CONTROLS.sub(INSTEAD, text)


def plain_lines(text: str) -> str:
    """The same, its lines kept."""
    return "\n".join(map(plain, text.split("\n")))
