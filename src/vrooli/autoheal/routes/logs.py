"""Routes about what services write."""

import asyncio
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vrooli.autoheal.asking import asks, number
from vrooli.autoheal.board import Board
from vrooli.core.errors import UnknownName, UsageError
from vrooli.stack.logs import tail

_LISTED = "`vrooli status` lists the services"


@dataclass(frozen=True)
class Logs:
    """What these routes work with."""

    board: Board

    def routes(self) -> list[Route]:
        """See the base."""
        return [Route("/services/{name}/log", self.log)]

    @asks("lines")
    async def log(self, request: Request) -> Response:
        """`{lines[]}`: the end of what a service wrote. Query: `lines` (50, at most 1000). 400 for
        one that is external and writes nothing here.
        """
        name = request.path_params["name"]
        supervisor = self.board.supervisor
        service = supervisor.stack.services.get(name)
        if service is None:
            raise UnknownName(f"there is no service `{name}`", name, next_step=_LISTED)
        if not service.managed:
            raise UsageError(f"`{name}` writes no log here", next_step=_LISTED)
        context, wanted = supervisor.context, number(request, "lines", 50, 1000)
        if service.is_held and not service.is_made:
            found = await context.managers[service.runtime].tail(service.held, wanted)
        else:
            found = await asyncio.to_thread(tail, context.tools.place.home.log(name), wanted)
        return JSONResponse({"lines": found})


GROUP = Logs
