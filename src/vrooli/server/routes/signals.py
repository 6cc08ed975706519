"""`/api/v1/runs/{run}/signals`: what runs wait for."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from vrooli.execution.postgres_signals import NewSignal, Signalling
from vrooli.execution.runs.views import RunViews
from vrooli.execution.signals import NAME
from vrooli.server import shapes
from vrooli.server.answers import answers
from vrooli.server.auth import OPERATOR, OwnRun, Who


class Sent(BaseModel):
    """A signal.

    Attributes:
        name: for which a step waits.
        data: becomes a part of the output of that step.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=NAME)]
    data: Any = None


def signal_routes(signalling: Signalling, views: RunViews) -> APIRouter:
    """Send them."""
    router = APIRouter(prefix="/api/v1")

    @router.post(
        "/runs/{run}/signals",
        summary="Send a run what it waits for",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409),
    )
    async def send(run: OwnRun, who: Who, sent: Sent) -> JSONResponse:
        """The run. The oldest step that waits for a signal of that name, or the first that will,
        takes it, with `data` in its output; no other does. 409 when the run has ended.
        """
        before = await views.get(run)
        await signalling.send(NewSignal(run, sent.name, sent.data, who.name), before["status"])
        return JSONResponse(await views.get(run))

    return router
