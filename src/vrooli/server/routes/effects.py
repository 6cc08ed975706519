"""`/api/v1/effects`: attempts of which nobody knows whether they were done."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from vrooli.execution.runs.effects import Decision, Effects
from vrooli.execution.step_type import StepFailed
from vrooli.server import shapes
from vrooli.server.answers import answers
from vrooli.server.auth import OPERATOR, VIEWER, OwnRun, Who
from vrooli.server.cursors import Cursor, pack, page, unpack
from vrooli.server.problems import problem

MOST = 200


class Decided(BaseModel):
    """What a person says about one attempt.

    Attributes:
        path: of the step.
        decision: it was done, or it is to be done again.
        output: what it came to, where it was done; any JSON.
        why: how they know.
    """

    model_config = ConfigDict(extra="forbid")

    path: str = Field(min_length=1, max_length=1000)
    decision: Literal["done", "again"]
    output: Any = None
    why: str = Field(min_length=1, max_length=1000)


def effect_routes(effects: Effects) -> APIRouter:
    """List them, decide about them."""
    router = APIRouter(prefix="/api/v1")

    @router.get(
        "/effects",
        summary="List attempts whose effect nobody knows",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.EffectPage),
    )
    async def list_effects(
        who: Who,
        cursor: Cursor = None,
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
    ) -> dict[str, Any]:
        """`{effects, next_cursor}`: of failed runs, the oldest first."""
        (after,) = unpack(cursor, int) if cursor else (0,)
        found = await effects.undecided(after, limit + 1, who.only)
        return page("effects", found, limit, lambda one: pack(one["n"]))

    @router.get(
        "/runs/{run}/effects",
        summary="List those of a run, and what was decided",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.EffectsOfRun, 404),
    )
    async def effects_of_run(run: OwnRun) -> dict[str, Any]:
        """`{undecided, decided}`, 200 of each at most."""
        return await effects.of_run(run, MOST)

    @router.post(
        "/runs/{run}/effects",
        summary="Decide about an attempt of unknown effect",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409),
    )
    async def decide(run: OwnRun, who: Who, said: Decided) -> Any:
        """`done`: the step counts as completed, with this output. `again`: it is executed again,
        with the key that it had. The run, which goes on; 409 when it has not failed, or the step
        waits for no decision.
        """
        decision = Decision(said.path, said.decision, said.output, who.name, said.why)
        try:
            return await effects.decide(run, decision)
        except StepFailed as error:
            return problem(422, "bad_output", error.what)

    return router
