"""`/api/v1/runs/{run}/signals`: what runs wait for."""

from typing import Annotated, Any

from fastapi import APIRouter, Header
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from vrooli.execution.postgres_signals import (
    BadSignal,
    NewSignal,
    NotAwaited,
    Signalling,
)
from vrooli.execution.runs.views import RunViews
from vrooli.execution.signals import NAME
from vrooli.server import shapes
from vrooli.server.answers import answers
from vrooli.server.auth import OPERATOR, OwnRun, Who
from vrooli.server.problems import problem


class Sent(BaseModel):
    """A signal.

    Attributes:
        name: for which a step waits.
        data: becomes a part of the output of that step.
        keep: also when no step of the routine waits for a signal of that name.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=NAME)]
    data: Any = None
    keep: bool = False


def signal_routes(signalling: Signalling, views: RunViews) -> APIRouter:
    """Send them."""
    router = APIRouter(prefix="/api/v1")

    @router.post(
        "/runs/{run}/signals",
        summary="Send a run what it waits for",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.SignalSent, 404, 409),
    )
    async def send(
        run: OwnRun,
        who: Who,
        sent: Sent,
        idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
    ) -> JSONResponse:
        """The run. The oldest step that waits for a signal of that name, or the first that will,
        takes it, with `data` in its output; no other does. The same `Idempotency-Key` again sends
        no second one. 409 when the run has ended, 422 when `data` cannot be kept: NaN, or a text
        with NUL or half of a character. 422 with the code `not_awaited` when no step of the routine
        waits for that name (`details` has those that there are), unless `keep` is true: then
        `warning` says so.
        """
        new = NewSignal(run, sent.name, sent.data, who.name, idempotency_key or None, sent.keep)
        try:
            warning = await signalling.send(new)
        except NotAwaited as error:
            names = [{"name": name} for name in error.names]
            return problem(422, "not_awaited", error.what, next_step=error.next_step, details=names)
        except BadSignal as error:
            return problem(422, "bad_signal", error.what, next_step=error.next_step)
        return JSONResponse({**await views.get(run), "warning": warning})

    return router
