"""`/api/v1/schedules`: runs of routines at their times."""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from vrooli.execution.due import Times
from vrooli.execution.planning import Planning
from vrooli.execution.runs.inputs import BadInputs
from vrooli.execution.schedules import Plan, Scheduled, unknown_schedule
from vrooli.flow.reading import NAME
from vrooli.server import shapes
from vrooli.server.accounts.roles import Caller
from vrooli.server.answers import answers
from vrooli.server.auth import OPERATOR, VIEWER, Who
from vrooli.server.bodies import NameInPath
from vrooli.server.problems import refused_inputs


class NewSchedule(BaseModel):
    """What a schedule is made from.

    Attributes:
        name: of the schedule.
        routine: its newest version is taken at each time.
        inputs: of each run.
        schedule: five fields of cron, or `every 6h`.
        timezone: in which cron is read.
        missed: times that passed while nobody could start a run: one for the latest, or none.
        priority: of each run.
        enabled: whether it starts any.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=f"^{NAME.pattern}$")
    routine: str = Field(max_length=63)
    inputs: dict[str, Any] = Field(default_factory=dict)
    schedule: str = Field(max_length=200)
    timezone: str = Field(default="UTC", max_length=64)
    missed: Literal["once", "skip"] = "once"
    priority: int = Field(default=0, ge=-100, le=100)
    enabled: bool = True


def schedule_routes(planning: Planning) -> APIRouter:
    """Everything about schedules."""
    router = APIRouter(prefix="/api/v1")
    _add_new(router, planning)
    _add_views(router, planning)
    _add_changes(router, planning)
    return router


async def _seen(planning: Planning, name: str, who: Caller) -> Scheduled:
    found = await planning.store.get(name)
    if not who.sees(found.plan.by):
        raise unknown_schedule(name)
    return found


def _add_new(router: APIRouter, planning: Planning) -> None:
    @router.post(
        "/schedules",
        status_code=201,
        summary="Have a routine run at its times",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.ScheduleShape, 404, 409, status=201),
    )
    async def add_schedule(new: NewSchedule, who: Who) -> JSONResponse:
        """201 with the schedule; 404 when there is no such routine, 409 when there is one of that
        name, 422 when the inputs do not fit the routine.
        """
        plan = Plan(
            name=new.name,
            routine=new.routine,
            inputs=new.inputs,
            times=Times(new.schedule, new.timezone),
            missed=new.missed,
            priority=new.priority,
            enabled=new.enabled,
            by=who.name,
        )
        try:
            made = await planning.add(plan)
        except BadInputs as error:
            return refused_inputs(error)
        return JSONResponse(made.to_json(), status_code=201)


def _add_views(router: APIRouter, planning: Planning) -> None:
    @router.get(
        "/schedules",
        summary="List the schedules",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.ScheduleList),
    )
    async def list_schedules(who: Who) -> dict[str, Any]:
        """`{schedules}`, by name: when each is due next, and what became of its last time. Who is
        no admin sees its own.
        """
        found = await planning.store.all()
        return {"schedules": [one.to_json() for one in found if who.sees(one.plan.by)]}

    @router.get(
        "/schedules/{name}",
        summary="Read a schedule",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.ScheduleShape, 404),
    )
    async def get_schedule(name: NameInPath, who: Who) -> dict[str, Any]:
        """404 when there is none of that name."""
        return (await _seen(planning, name, who)).to_json()


def _add_changes(router: APIRouter, planning: Planning) -> None:
    @router.delete(
        "/schedules/{name}",
        summary="Remove a schedule",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.ScheduleShape, 404),
    )
    async def remove_schedule(name: NameInPath, who: Who) -> dict[str, Any]:
        """What it was; its runs stay. 404 when there is none of that name."""
        await _seen(planning, name, who)
        return (await planning.store.remove(name)).to_json()

    @router.post(
        "/schedules/{name}/{action}",
        summary="Have it start runs, or not",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.ScheduleShape, 404),
    )
    async def switch_schedule(
        name: NameInPath, who: Who, action: Literal["enable", "disable"]
    ) -> dict[str, Any]:
        """The schedule. What was due while it was disabled is not caught up."""
        await _seen(planning, name, who)
        return (await planning.switch(name, enabled=action == "enable")).to_json()
