"""Dialogs that ask before something is done; each has a name for who hears the page."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from nicegui import ui

from vrooli.console.parts.html import Tag


@contextmanager
def titled(title: str) -> Iterator[ui.dialog]:
    """A dialog under a heading, to be filled."""
    with ui.dialog() as dialog, ui.card().classes("wide"):
        dialog.props["aria-label"] = title
        Tag("h2", title)
        yield dialog


async def answer_of(dialog: ui.dialog) -> Any:
    """What it is submitted with, None for none; it goes then, or went with its page."""
    answer = await dialog
    if not dialog.is_deleted:
        dialog.delete()
    return answer


async def is_sure(
    title: str, build: Callable[[], object], answers: tuple[str, str], classes: str
) -> bool:
    """Whether a person says yes.

    Args:
        title: the question.
        build: makes what is said below it.
        answers: what stands on the buttons for yes and for no.
        classes: of the button for yes.
    """
    with titled(title) as dialog:
        build()
        with Tag("div", "", "row"):
            yes = Tag("button", answers[0], classes, type="button")
            yes.on("click", lambda: dialog.submit(True))
            no = Tag("button", answers[1], "", type="button")
            no.on("click", lambda: dialog.submit(False))
    return bool(await answer_of(dialog))
