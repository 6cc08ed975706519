"""Routes about decisions: what would be done now, why, and what a person holds back."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vrooli.autoheal.asking import actor, asks, limit, number, takes
from vrooli.autoheal.ledger import Ledger
from vrooli.autoheal.plan import Planner
from vrooli.autoheal.restraints import Restraints
from vrooli.core.errors import UsageError
from vrooli.stack.naming import resolve

LONGEST_WHY = 500


@dataclass(frozen=True, slots=True)
class Begin:
    """The body of maintenance; no subjects are all services."""

    seconds: float
    subjects: tuple[str, ...] = ()
    why: str = ""
    until_green: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """The body of a quarantine."""

    why: str = ""


@dataclass(frozen=True)
class Judgement:
    """What these routes work with.

    Attributes:
        reconsider: decides anew about what fails, once something else is held back.
    """

    planner: Planner
    restraints: Restraints
    ledger: Ledger
    reconsider: Callable[[], Awaitable[None]]

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

    @asks("since", "limit")
    async def decisions(self, request: Request) -> Response:
        """`{decisions[]}`, oldest first, each with all that it depended on. Query: `since` (unix
        seconds), `limit` (1000, at most 10000)."""
        since = float(number(request, "since", 0, 2**40))
        found = await self.ledger.decisions(since, limit(request, 1000, 10_000))
        return JSONResponse({"decisions": found})

    async def windows(self, request: Request) -> Response:
        """`{windows[], following[]}`: maintenance in force, soonest end first; and the next window
        of each `[maintenance.NAME]`, soonest first."""
        windows, following = self.restraints.windows(), self.restraints.following()
        return JSONResponse(
            {"windows": list(map(asdict, windows)), "following": list(map(asdict, following))}
        )

    @takes(Begin)
    async def begin(self, request: Request, asked: Begin) -> Response:
        """`{subjects, seconds, why, until_green}`: maintenance from now on; no subjects are all."""
        window = await self.restraints.begin(
            self._services(asked.subjects),
            float(asked.seconds),
            _short(asked.why),
            actor(request),
            until_green=asked.until_green,
        )
        await self.reconsider()
        return JSONResponse(asdict(window), 201)

    async def end(self, request: Request) -> Response:
        """Maintenance is over before its time."""
        window = await self.restraints.end(request.path_params["id"], actor(request))
        await self.reconsider()
        return JSONResponse(asdict(window))

    async def quarantined(self, request: Request) -> Response:
        """`{quarantine[]}`: services that only a person may touch."""
        return JSONResponse({"quarantine": [asdict(q) for q in self.restraints.quarantined()]})

    @takes(Hold)
    async def hold(self, request: Request, asked: Hold) -> Response:
        """`{why}`: from now on only a person may touch the service."""
        for name in self._services([request.path_params["service"]]):
            await self.restraints.hold(name, _short(asked.why), actor(request))
        await self.reconsider()
        return await self.quarantined(request)

    async def release(self, request: Request) -> Response:
        """The service is healed again."""
        for name in self._services([request.path_params["service"]]):
            await self.restraints.release(name, actor(request))
        await self.reconsider()
        return await self.quarantined(request)

    def _services(self, said: Sequence[str]) -> set[str]:
        return resolve(self.planner.stack, said) if said else set()


def _short(why: str) -> str:
    if len(why) > LONGEST_WHY:
        raise UsageError(
            f"`why` must be a text of at most {LONGEST_WHY} characters",
            next_step="say it in fewer words",
        )
    return why


GROUP = Judgement
