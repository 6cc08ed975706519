"""Who follows runs live, and which of them: the one place that is asked."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from vrooli.core.errors import UnknownName
from vrooli.server.accounts.roles import Caller
from vrooli.server.auth import Access
from vrooli.server.staying import Staying


class Sight(Protocol):
    """Of live views."""

    async def caller(self, token: str) -> Caller | None:
        """Who has this bearer token; None when nobody has."""
        ...

    async def may_see(self, caller: Caller, run: str) -> bool:
        """Whether they may know of this run."""
        ...

    def stay(
        self, caller: Caller, token: str, over: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """While they follow something; `over` is called when they may not any more."""
        ...


class OwnRuns:
    """Whoever may read a run may follow it."""

    def __init__(self, access: Access, staying: Staying) -> None:
        self._access, self._staying = access, staying

    async def caller(self, token: str) -> Caller | None:
        """See the port."""
        return await self._access.identify(token)

    async def may_see(self, caller: Caller, run: str) -> bool:
        """See the port."""
        if caller.sees_all:
            return True
        try:
            return caller.sees(await self._access.owner_of(run))
        except UnknownName:
            return False

    def stay(
        self, caller: Caller, token: str, over: Callable[[], None]
    ) -> AbstractContextManager[None]:
        """See the port."""
        return self._staying.stay(caller, token, over)
