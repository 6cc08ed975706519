"""Routes about jobs."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from vrooli.autoheal.asking import actor, asks, limit, number
from vrooli.autoheal.jobs.jobs import Jobs


@dataclass(frozen=True)
class JobRoutes:
    """What these routes work with."""

    jobs: Jobs

    def routes(self) -> list[Route]:
        """See the base."""
        return [
            Route("/jobs", self.all),
            Route("/jobs/{name}", self.job),
            Route("/jobs/{name}/history", self.history),
            Route("/jobs/{name}/log", self.log),
            Route("/jobs/{name}/run", self.run, methods=["POST"]),
        ]

    async def all(self, request: Request) -> Response:
        """`{jobs[]}`: each with its schedule, when it is due next, the run in flight, the last run
        and the result of its check.
        """
        return JSONResponse({"jobs": self.jobs.rows()})

    async def job(self, request: Request) -> Response:
        """One of them."""
        return JSONResponse(self.jobs.row(request.path_params["name"]))

    @asks("limit", "since")
    async def history(self, request: Request) -> Response:
        """`{history[]}`, newest first: `started`, and how it ended, `refused`, `skipped`. Query:
        `limit` (50, at most 1000), `since` (Unix seconds).
        """
        since = float(number(request, "since", 0, 2**40))
        found = await self.jobs.history(
            request.path_params["name"], limit(request, 50, 1000), since
        )
        return JSONResponse({"history": found})

    @asks("lines")
    async def log(self, request: Request) -> Response:
        """`{lines[]}`: the end of what it wrote. Query: `lines` (50, at most 1000)."""
        name, lines = request.path_params["name"], number(request, "lines", 50, 1000)
        return JSONResponse({"lines": await self.jobs.log(name, lines)})

    async def run(self, request: Request) -> Response:
        """Start it now, beside its schedule: `{run}`, as soon as it is under way. 503 while it
        runs already.
        """
        run = await self.jobs.run_now(request.path_params["name"], actor(request))
        return JSONResponse({"run": run.to_json()}, 202)


GROUP = JobRoutes
