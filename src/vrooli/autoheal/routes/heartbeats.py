"""Routes for what reports in by itself."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vrooli.autoheal.beats import Beats
from vrooli.autoheal.web import json_body
from vrooli.core.errors import UsageError
from vrooli.stack.model import Stack


@dataclass(frozen=True)
class Heartbeats:
    """What these routes work with."""

    beats: Beats
    stack: Callable[[], Stack]

    def routes(self) -> list[Route]:
        """See the base."""
        return [
            Route("/heartbeats", self.latest),
            Route("/heartbeats/{name}", self.beat, methods=["POST"]),
        ]

    async def latest(self, request: Request) -> Response:
        """`{heartbeats{name: {at, failed, says}}}`: the latest report of each."""
        found = {name: asdict(beat) for name, beat in self.beats.latest().items()}
        return JSONResponse({"heartbeats": found})

    async def beat(self, request: Request) -> Response:
        """`{failed, says}`, both optional: something reports in. Durable when it is answered."""
        body = await json_body(request)
        failed, says = body.get("failed", False), body.get("says", "")
        if not isinstance(failed, bool) or not isinstance(says, str):
            raise UsageError("`failed` must be a boolean and `says` a text")
        name = request.path_params["name"]
        return JSONResponse(asdict(await self.beats.take(self.stack(), name, failed, says)))


GROUP = Heartbeats
