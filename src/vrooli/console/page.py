"""What a page is. One file in `pages/` defines one, as `PAGE`, and is found by that."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from starlette.requests import Request
from starlette.responses import Response

import vrooli.console.pages
from vrooli.console.acting import Acting
from vrooli.console.feed import Feed
from vrooli.core import discover
from vrooli.core.errors import AccessDenied
from vrooli.core.passes import Person

File = Callable[[Acting, Request], Awaitable[Response]]
"""Answers a `GET` with something else than a page; it may raise VrooliError."""


@dataclass(frozen=True, slots=True)
class View:
    """What a page is built with.

    Attributes:
        acting: the person who looks.
        feed: what the watchdog says.
        path: the values of `{names}` in the path of the page.
        query: what stands behind the `?`.
    """

    acting: Acting
    feed: Feed
    path: Mapping[str, str]
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        path: where it is, like `/services/{name}`.
        title: in the tab, and as its first heading.
        icon: a name of Material Icons.
        build: makes its elements, below the heading.
        order: where it stands in the menu; None keeps it out of it.
        role: what somebody needs to be to see it.
        own_heading: it makes its first heading itself.
        files: by path, what answers there, as the person who is signed in: downloads.
        beside: makes what stands beside its title in the menu, on every page.
    """

    path: str
    title: str
    icon: str
    build: Callable[[View], Awaitable[None]]
    order: int | None = None
    role: str = "viewer"
    own_heading: bool = False
    files: Mapping[str, File] = field(default_factory=dict)
    beside: Callable[[View], None] | None = None

    def require(self, person: Person) -> None:
        """AccessDenied for somebody who may not see it, nor have its files."""
        if not person.may(self.role):
            raise AccessDenied(
                f"this page needs the role {self.role}; yours is {person.role}",
                next_step="ask an admin for it: `vrooli user role`",
            )


def pages() -> list[Page]:
    """All there are; those of the menu first, in its order."""
    package = vrooli.console.pages
    found = [discover.load(package, name, "PAGE", Page) for name in discover.names(package)]
    return sorted(found, key=lambda one: (one.order is None, one.order or 0, one.path))
