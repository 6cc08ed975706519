"""Who follows runs live, and which of them: the one place that is asked."""

from typing import Protocol

from vrooli.server.auth import TokenFile

OPERATOR = "operator"


class Sight(Protocol):
    """Of live views."""

    async def caller(self, token: str) -> str | None:
        """Who has this bearer token; None when nobody has."""
        ...

    async def may_see(self, caller: str, run: str) -> bool:
        """Whether they may know of this run."""
        ...


class OperatorSight:
    """There is one caller, who sees everything."""

    def __init__(self, operator: TokenFile) -> None:
        self._operator = operator

    async def caller(self, token: str) -> str | None:
        """See the port."""
        return OPERATOR if self._operator.matches(token) else None

    async def may_see(self, caller: str, run: str) -> bool:
        """See the port."""
        return caller == OPERATOR
