"""An error on a page: what happened, where, what to do next."""

from vrooli.console.parts.html import Tag
from vrooli.core.errors import VrooliError


def show_trouble(error: VrooliError) -> None:
    """In place of what should be there."""
    with Tag("section", "", "trouble", role="alert"):
        Tag("h2", "This cannot be shown")
        Tag("p", f"{error.where}: {error.what}" if error.where else error.what)
        if error.next_step:
            Tag("p", f"Next: {error.next_step}", "next")
