"""The route about what is declared."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vrooli.autoheal.board import Board
from vrooli.stack.shown import shown


@dataclass(frozen=True)
class StackRoute:
    """What this route works with."""

    board: Board

    def routes(self) -> list[Route]:
        """See the base."""
        return [Route("/stack", self.stack)]

    async def stack(self, request: Request) -> Response:
        """The stack that is watched, with every default filled in, as `vrooli config show` prints
        it. Secrets are references; what looks like one itself is hidden.
        """
        return JSONResponse(shown(self.board.supervisor.stack))


GROUP = StackRoute
