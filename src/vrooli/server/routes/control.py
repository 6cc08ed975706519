"""`/api/v1/runs/{run}/...`: steer runs that are under way, and go on with those that ended."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from vrooli.execution.runs.control import Control
from vrooli.execution.runs.inputs import BadInputs
from vrooli.execution.runs.views import RunViews
from vrooli.server import shapes
from vrooli.server.answers import answers
from vrooli.server.auth import OPERATOR, OwnRun, Who
from vrooli.server.problems import refused_inputs

LONGEST_PATH = 1000


class Retry(BaseModel):
    """Where a run goes on.

    Attributes:
        path: of a step, map or loop; null stands for the steps because of which it failed.
    """

    model_config = ConfigDict(extra="forbid")

    path: str | None = Field(default=None, max_length=LONGEST_PATH)


class Fork(BaseModel):
    """Where a new run begins.

    Attributes:
        path: of the first step, map or loop that is done anew.
        inputs: those that are not as in the other run.
    """

    model_config = ConfigDict(extra="forbid")

    path: str = Field(max_length=LONGEST_PATH)
    inputs: dict[str, Any] = Field(default_factory=dict)


def control_routes(control: Control, views: RunViews) -> APIRouter:
    """Everything that steers a run."""
    router = APIRouter(prefix="/api/v1")
    _add_pauses(router, control)
    _add_new_starts(router, control, views)
    return router


def _add_pauses(router: APIRouter, control: Control) -> None:
    @router.post(
        "/runs/{run}/pause",
        summary="Begin no new step of a run",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409),
    )
    async def pause_run(run: OwnRun, who: Who) -> dict[str, Any]:
        """The run: `paused`, or `pausing` while what runs in it ends. Again changes nothing; 409
        when it has ended.
        """
        return await control.pause(run, who.name)

    @router.post(
        "/runs/{run}/resume",
        summary="Go on with a run that was paused",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409),
    )
    async def resume_run(run: OwnRun, who: Who) -> dict[str, Any]:
        """The run. Again changes nothing; 409 when it has ended."""
        return await control.resume(run, who.name)


def _add_new_starts(router: APIRouter, control: Control, views: RunViews) -> None:
    @router.post(
        "/runs/{run}/retry",
        summary="Go on with a run that failed or was cancelled",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409),
    )
    async def retry_run(run: OwnRun, who: Who, retry: Retry) -> dict[str, Any]:
        """The run. Without `path` it goes on with the steps because of which it failed, and all
        others keep what they came to; with it, that step and all that the journal has after it are
        done again. 409 when it has not failed; 400 when it has not come to such a step.
        """
        return await control.retry(run, retry.path, who.name)

    @router.post(
        "/runs/{run}/fork",
        status_code=201,
        summary="Start a run from inside another",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409, status=201),
    )
    async def fork_run(
        run: OwnRun,
        who: Who,
        fork: Fork,
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> JSONResponse:
        """201 with a new run of the same version, `forked_from` this one: what its journal has
        before `path` is kept, and what comes after sees the changed `inputs`. The same
        `Idempotency-Key` again makes no second one. 400 when it has not come to such a step, nor
        failed in an expression before it; 409 when an approval would be kept, or `path` would not
        begin, as that expression fails again; 422 when the inputs do not fit.
        """
        try:
            made = await control.fork(run, fork.path, fork.inputs, who.name, idempotency_key)
        except BadInputs as error:
            return refused_inputs(error)
        return JSONResponse(await views.get(made), status_code=201)
