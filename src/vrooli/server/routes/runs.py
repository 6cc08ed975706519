"""`/api/v1/runs`: start runs of routines, watch them, cancel them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from vrooli.execution.runs.runs import BadInputs, Runs
from vrooli.execution.runs.views import RunFilter
from vrooli.server.cursors import Cursor, pack, page, unpack
from vrooli.server.problems import problem

OPERATOR = "operator"

Id = Annotated[str, Path(max_length=64)]
Limit = Annotated[int, Query(ge=1, le=1000)]


class Start(BaseModel):
    """What a run is made from.

    Attributes:
        routine: name.
        inputs: as its schema says.
    """

    model_config = ConfigDict(extra="forbid")

    routine: str = Field(max_length=63)
    inputs: dict[str, Any] = Field(default_factory=dict)


def run_routes(runs: Runs) -> APIRouter:
    """Everything about runs."""
    router = APIRouter(prefix="/api/v1")
    _add_changes(router, runs)
    _add_views(router, runs)
    return router


def _add_changes(router: APIRouter, runs: Runs) -> None:
    @router.post("/runs", status_code=201, summary="Start a run of a routine")
    async def start_run(
        start: Start,
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> JSONResponse:
        """201 with the run; the same `Idempotency-Key` again makes no second one. 404 when there is
        no such routine, 422 when the inputs do not fit it.
        """
        try:
            run = await runs.start(start.routine, start.inputs, OPERATOR, idempotency_key)
        except BadInputs as error:
            return problem(422, "bad_inputs", error.what, next_step=error.next_step)
        return JSONResponse(await runs.views.get(run), status_code=201)

    @router.post("/runs/{run}/cancel", summary="End a run wherever it stands")
    async def cancel_run(run: Id) -> dict[str, Any]:
        """The run; 409 when it had ended otherwise before."""
        return await runs.cancel(run, OPERATOR)


def _add_views(router: APIRouter, runs: Runs) -> None:
    @router.get("/runs", summary="List runs, newest first")
    async def list_runs(
        status: Literal[
            "", "pending", "running", "waiting", "paused", "completed", "failed", "cancelled"
        ] = "",
        routine: Annotated[str, Query(max_length=63)] = "",
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> dict[str, Any]:
        """`{runs, next_cursor}`."""
        at, last = unpack(cursor, float, str) if cursor else (0.0, "")
        before = (at, last) if cursor else None
        found = await runs.views.page(RunFilter(status, routine, before, limit + 1))
        return page("runs", found, limit, lambda run: pack(run["created_at"], run["id"]))

    @router.get("/runs/{run}", summary="Read a run")
    async def get_run(run: Id) -> dict[str, Any]:
        """404 when there is none of that id."""
        return await runs.views.get(run)

    @router.get("/runs/{run}/steps", summary="Read the journal of a run")
    async def get_steps(run: Id, cursor: Cursor = None, limit: Limit = 200) -> dict[str, Any]:
        """`{steps, next_cursor}`: every attempt in the order of their beginning."""
        (after,) = unpack(cursor, int) if cursor else (0,)
        found = await runs.views.steps(run, after, limit + 1)
        return page("steps", found, limit, lambda step: pack(step["n"]))
