"""What a connection follows: some trees, or all that its caller may see."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import ExitStack
from functools import partial
from typing import Protocol

from vrooli.core.errors import VrooliError
from vrooli.execution.live.events import Event
from vrooli.execution.live.live import Following, Live
from vrooli.server.accounts.roles import Caller
from vrooli.server.sight import Sight
from vrooli.server.sockets.words import Page, Texts

PAGE = 200
"""Events of one message."""

PLACES = 2000
"""Trees of which one connection knows what is new without asking again."""

MOST_TREES = 100_000
"""Trees of which it remembers how far they were told."""


class TooManyTrees(Exception):
    """Whoever follows everything has been told of more than is remembered."""


class Source(Protocol):
    """Of what a client is sent."""

    def pages(self) -> AsyncIterator[Page | Texts]:
        """What is new, until nothing is."""
        ...

    def close(self) -> None:
        """Follow nothing any more."""
        ...


class _Place:
    """One tree that is followed."""

    def __init__(
        self, live: Live, root: str, after: int, wake: "partial[None]", *, texts: bool = False
    ) -> None:
        self._left = ExitStack()
        followed = live.follow(root, after, wake, texts=texts)
        self.following: Following = self._left.enter_context(followed)

    def close(self) -> None:
        self._left.close()


class Several:
    """Trees that the client names by their runs."""

    def __init__(self, live: Live, woken: asyncio.Event) -> None:
        self._live, self._woken = live, woken
        self._places: dict[str, _Place] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, root: object) -> bool:
        return root in self._places

    def add(self, root: str, after: int, *, texts: bool) -> None:
        """Follow one more; `texts`: and be told what models say in it."""
        wake = partial(self._woken.set)
        self._places[root] = _Place(self._live, root, after, wake, texts=texts)
        self._woken.set()

    def remove(self, root: str) -> None:
        """Follow it no more."""
        if (place := self._places.pop(root, None)) is not None:
            place.close()

    async def pages(self) -> AsyncIterator[Page | Texts]:
        """See the port."""
        for root, place in tuple(self._places.items()):
            if texts := place.following.texts():
                yield Texts(root, texts)
            while root in self._places and (found := await place.following.page(PAGE)):
                yield Page(root, found)

    def close(self) -> None:
        """See the port."""
        for place in self._places.values():
            place.close()


class Everything:
    """All trees, from now on."""

    def __init__(self, live: Live, woken: asyncio.Event, sight: Sight, caller: Caller) -> None:
        self._live, self._woken, self._sight, self._caller = live, woken, sight, caller
        self._dirty: dict[str, None] = {}
        self._told: dict[str, int] = {}
        self._places: OrderedDict[str, _Place | None] = OrderedDict()
        self._since = 0.0
        self._open = False

    async def begin(self) -> None:
        """From what has happened until now on."""
        self._live.watchers.add(self._heard)
        self._since, self._told = await self._live.baseline()

    def open(self) -> None:
        """The client may be told."""
        self._open = True
        self._woken.set()

    async def pages(self) -> AsyncIterator[Page | Texts]:
        """See the port."""
        while self._open and self._dirty:
            root = next(iter(self._dirty))
            place = await self._place(root)
            del self._dirty[root]
            found = await self._next(root, place) if place is not None else []
            if found:
                yield Page(root, found)

    def close(self) -> None:
        """See the port."""
        self._live.watchers.discard(self._heard)
        for place in self._places.values():
            if place is not None:
                place.close()

    async def _next(self, root: str, place: _Place) -> list[Event]:
        """What it has; looked at again unless that is nothing."""
        try:
            found = await place.following.page(PAGE)
        except VrooliError:
            self._dirty[root] = None
            raise
        if found:
            self._dirty[root] = None
        return found

    def _heard(self, root: str) -> None:
        self._dirty[root] = None
        self._woken.set()

    async def _place(self, root: str) -> _Place | None:
        """Where we are in that tree; None when the caller may not see it."""
        if root in self._places:
            self._places.move_to_end(root)
            return self._places[root]
        place = None
        if await self._sight.may_see(self._caller, root):
            after = self._told.get(root)
            if after is None:
                after = await self._live.store.first_since(root, self._since)
            place = _Place(self._live, root, after, partial(self._heard, root))
        self._places[root] = place
        if len(self._places) > PLACES:
            self._leave(*self._places.popitem(last=False))
        return place

    def _leave(self, root: str, place: _Place | None) -> None:
        if place is not None:
            self._told[root] = place.following.after
            place.close()
        if len(self._told) > MOST_TREES:
            raise TooManyTrees
