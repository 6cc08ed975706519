"""Routes for what reports in by itself."""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vrooli.autoheal.asking import takes
from vrooli.autoheal.beats import Beats
from vrooli.stack.model import Stack


@dataclass(frozen=True, slots=True)
class Report:
    """The body of one that reports in."""

    failed: bool = False
    says: str = ""


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

    @takes(Report)
    async def beat(self, request: Request, report: Report) -> Response:
        """`{failed, says}`, both optional: something reports in. Durable when it is answered."""
        name = request.path_params["name"]
        beat = await self.beats.take(self.stack(), name, report.failed, report.says)
        return JSONResponse(asdict(beat))


GROUP = Heartbeats
