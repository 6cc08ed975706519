"""Routes about decisions: what would be done now, why, and what a person holds back."""

from dataclasses import asdict, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.plan import Planner
from vrooli.autoheal.restraints import Restraints
from vrooli.autoheal.web import actor, json_body, number
from vrooli.core.errors import UsageError
from vrooli.stack.naming import resolve

LONGEST_WHY = 500


@dataclass(frozen=True)
class Judgement:
    """What these routes work with."""

    planner: Planner
    restraints: Restraints
    ledger: Ledger

    def routes(self) -> list[Route]:
        """See the base."""
        return [
            Route("/plan", self.plan),
            Route("/explain/{check}", self.explain),
            Route("/decisions", self.decisions),
            Route("/maintenance", self.windows),
            Route("/maintenance", self.begin, methods=["POST"]),
            Route("/maintenance/{id}", self.end, methods=["DELETE"]),
            Route("/quarantine", self.quarantined),
            Route("/quarantine/{service}", self.hold, methods=["POST"]),
            Route("/quarantine/{service}", self.release, methods=["DELETE"]),
        ]

    async def plan(self, request: Request) -> Response:
        """`{plan[]}`: every service that fails, with what would be done about it now."""
        await self.planner.look()
        return JSONResponse({"plan": self.planner.plan()})

    async def explain(self, request: Request) -> Response:
        """The decision about a service or check, what every rule says, and the facts behind it."""
        await self.planner.look()
        return JSONResponse(self.planner.explain(request.path_params["check"]))

    async def decisions(self, request: Request) -> Response:
        """`{decisions[]}`, oldest first, each with all that it depended on. Query: `since` (unix
        seconds), `limit` (1000, at most 10000)."""
        since = float(number(request, "since", 0, 2**40))
        limit = number(request, "limit", 1000, 10_000)
        return JSONResponse({"decisions": await self.ledger.decisions(since, limit)})

    async def windows(self, request: Request) -> Response:
        """`{windows[], following[]}`: maintenance in force, soonest end first; and the next window
        of each `[maintenance.NAME]`, soonest first."""
        windows, following = self.restraints.windows(), self.restraints.following()
        return JSONResponse(
            {"windows": list(map(asdict, windows)), "following": list(map(asdict, following))}
        )

    async def begin(self, request: Request) -> Response:
        """`{subjects, seconds, why, until_green}`: maintenance from now on; no subjects are all."""
        body = await json_body(request)
        window = await self.restraints.begin(
            self._services(body.get("subjects", [])),
            _seconds(body.get("seconds")),
            _why(body),
            actor(request),
            until_green=body.get("until_green") is True,
        )
        return JSONResponse(asdict(window), 201)

    async def end(self, request: Request) -> Response:
        """Maintenance is over before its time."""
        window = await self.restraints.end(request.path_params["id"], actor(request))
        return JSONResponse(asdict(window))

    async def quarantined(self, request: Request) -> Response:
        """`{quarantine[]}`: services that only a person may touch."""
        return JSONResponse({"quarantine": [asdict(q) for q in self.restraints.quarantined()]})

    async def hold(self, request: Request) -> Response:
        """`{why}`: from now on only a person may touch the service."""
        body = await json_body(request)
        for name in self._services([request.path_params["service"]]):
            await self.restraints.hold(name, _why(body), actor(request))
        return await self.quarantined(request)

    async def release(self, request: Request) -> Response:
        """The service is healed again."""
        for name in self._services([request.path_params["service"]]):
            await self.restraints.release(name, actor(request))
        return await self.quarantined(request)

    def _services(self, said: Any) -> set[str]:
        if not isinstance(said, list) or not all(isinstance(name, str) for name in said):
            raise UsageError("`subjects` must be a list of service names")
        return resolve(self.planner.stack, said) if said else set()


def _seconds(said: Any) -> float:
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise UsageError("`seconds` must be a number")
    return float(said)


def _why(body: dict[str, Any]) -> str:
    why = body.get("why", "")
    if not isinstance(why, str) or len(why) > LONGEST_WHY:
        raise UsageError(f"`why` must be a text of at most {LONGEST_WHY} characters")
    return why


GROUP = Judgement
