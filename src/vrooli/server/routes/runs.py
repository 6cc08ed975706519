"""`/api/v1/runs`: start runs of routines, watch them, cancel them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from vrooli.execution.runs.inputs import BadInputs
from vrooli.execution.runs.runs import Runs
from vrooli.execution.runs.views import RunFilter
from vrooli.execution.swarms.reading import SwarmError
from vrooli.flow.budget import BadBudget
from vrooli.server import shapes
from vrooli.server.answers import answers
from vrooli.server.auth import OPERATOR, VIEWER, OwnRun, Who
from vrooli.server.bodies import STORABLE
from vrooli.server.cursors import Cursor, pack, page, unpack
from vrooli.server.problems import refused_budget, refused_inputs, refused_swarm

Limit = Annotated[int, Query(ge=1, le=1000)]


class Start(BaseModel):
    """What a run is made from.

    Attributes:
        routine: name.
        inputs: as its schema says; what that has as `default` is filled in.
        budget: `cost` (US dollars), `tokens`, `steps`, `time` (seconds), `on_limit` (`stop` or
            `pause`; also alone, for limits above it), key by key instead of what the routine says.
        priority: the highest first, among the runs of one person.
        version: of the routine, by its hash; the newest where that is empty.
    """

    model_config = ConfigDict(extra="forbid")

    routine: str = Field(max_length=63)
    inputs: dict[str, Any] = Field(default_factory=dict)
    budget: dict[str, Any] = Field(default_factory=dict)
    priority: int = Field(default=0, ge=-100, le=100)
    version: str = Field(default="", max_length=64, pattern=STORABLE)


def run_routes(runs: Runs) -> APIRouter:
    """Everything about runs."""
    router = APIRouter(prefix="/api/v1")
    _add_changes(router, runs)
    _add_views(router, runs)
    _add_journal(router, runs)
    return router


def _add_changes(router: APIRouter, runs: Runs) -> None:
    @router.post(
        "/runs",
        status_code=201,
        summary="Start a run of a routine",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, status=201),
    )
    async def start_run(
        start: Start,
        who: Who,
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> JSONResponse:
        """201 with the run; the same `Idempotency-Key` again makes no second one. 404 when there is
        no such routine, or it has no such version, 422 when the inputs do not fit it (`details` say
        what is wrong where), the budget cannot be, or it is a swarm that names what is not stored.
        """
        try:
            run = await runs.start(
                start.routine,
                start.inputs,
                who.name,
                idempotency_key,
                budget=start.budget,
                priority=start.priority,
                version=start.version,
            )
        except BadInputs as error:
            return refused_inputs(error)
        except BadBudget as error:
            return refused_budget(error)
        except SwarmError as error:
            return refused_swarm(error)
        return JSONResponse(await runs.views.get(run), status_code=201)

    @router.post(
        "/runs/{run}/cancel",
        summary="End a run wherever it stands",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409),
    )
    async def cancel_run(run: OwnRun, who: Who) -> dict[str, Any]:
        """The run, ended with all that it started; 409 when it had ended otherwise before."""
        return await runs.cancel(run, who.name)


def _add_views(router: APIRouter, runs: Runs) -> None:
    @router.get(
        "/runs",
        summary="List runs, newest first",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.RunPage),
    )
    async def list_runs(  # noqa: PLR0913 -- one argument for each parameter
        who: Who,
        status: Literal[
            "", "pending", "running", "waiting", "paused", "completed", "failed", "cancelled"
        ] = "",
        routine: Annotated[str, Query(max_length=63)] = "",
        parent: Annotated[str, Query(max_length=64)] = "",
        created_by: Annotated[str, Query(max_length=320, pattern=STORABLE)] = "",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        """`{runs, next_cursor}`. `parent` asks for what that run started, `created_by` for the runs
        of one owner. Who is no admin sees its own.
        """
        if who.only and created_by not in ("", who.only):
            return {"runs": [], "next_cursor": None}
        at, last = unpack(cursor, float, str) if cursor else (0.0, "")
        before = (at, last) if cursor else None
        found = await runs.views.page(
            RunFilter(status, routine, parent, before, limit + 1, who.only or created_by)
        )
        return page("runs", found, limit, lambda run: pack(run["created_at"], run["id"]))

    @router.get(
        "/runs/{run}",
        summary="Read a run",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.RunShape, 404),
    )
    async def get_run(run: OwnRun) -> dict[str, Any]:
        """404 when there is none of that id."""
        return await runs.views.get(run)


def _add_journal(router: APIRouter, runs: Runs) -> None:
    @router.get(
        "/runs/{run}/steps",
        summary="Read the journal of a run",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.StepPage, 404),
    )
    async def get_steps(run: OwnRun, cursor: Cursor = None, limit: Limit = 200) -> dict[str, Any]:
        """`{steps, next_cursor}`: every attempt in the order of their beginning."""
        (after,) = unpack(cursor, int) if cursor else (0,)
        found, more = await runs.views.steps(run, after, limit)
        return {"steps": found, "next_cursor": pack(found[-1]["n"]) if more else None}
