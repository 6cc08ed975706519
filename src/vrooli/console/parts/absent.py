"""Something of that name is not here: what there is instead."""

from collections.abc import Sequence
from http import HTTPStatus

from nicegui import ui

from vrooli.console.parts.html import Tag, link

MOST = 200
"""Links that are shown."""


def show_absent(what: str, there_are: Sequence[tuple[str, str]]) -> None:
    """In place of a page.

    Args:
        what: what is not here, a sentence.
        there_are: what there is: name and address.
    """
    ui.context.client.status_code = HTTPStatus.NOT_FOUND
    Tag("h1", "Not found")
    with Tag("section", "", "panel absent"):
        Tag("p", what)
        if not there_are:
            return
        Tag("p", "There are:")
        with Tag("ul", "", "links"):
            for name, to in there_are[:MOST]:
                with Tag("li", ""):
                    link(name, to)
