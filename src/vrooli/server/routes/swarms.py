"""`/api/v1/swarms`: start them, see how they stand, speak to them, steer them."""

from collections.abc import Awaitable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Header, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse

from vrooli.execution.swarms.reading import SwarmError
from vrooli.execution.swarms.store import Put
from vrooli.execution.swarms.swarms import Swarms
from vrooli.server import shapes, swarm_shapes
from vrooli.server.answers import answers
from vrooli.server.auth import OPERATOR, VIEWER, OwnRun, Who
from vrooli.server.bodies import DOCUMENT, STORABLE
from vrooli.server.cursors import Cursor, pack, page, unpack
from vrooli.server.problems import refused_swarm

Key = Annotated[str | None, Header(max_length=200)]
TaskId = Annotated[str, Field(max_length=63, pattern=STORABLE)]


class Message(BaseModel):
    """What is said to a swarm: any JSON value."""

    model_config = ConfigDict(extra="forbid")

    text: Any


class Document(BaseModel):
    """What is written on a swarm.

    Attributes:
        name: `plan`, `policy` or `board.KEY`.
        value: any JSON value.
        version: the one that it takes the place of, 0 where there is none; null for whichever is
            the newest.
    """

    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=80, pattern=DOCUMENT)
    value: Any
    version: int | None = Field(default=None, ge=0, le=2**31 - 1)


class Finished(BaseModel):
    """What a person has done.

    Attributes:
        task: id.
        output: what it came to, any JSON value.
    """

    model_config = ConfigDict(extra="forbid")

    task: TaskId
    output: Any = None


class HandedOver(BaseModel):
    """A task that a person does from now on.

    Attributes:
        task: id.
        what: that one is to do; without, what its routine would.
    """

    model_config = ConfigDict(extra="forbid")

    task: TaskId
    what: str = Field(default="", max_length=2000, pattern=STORABLE)


class TakenBack(BaseModel):
    """A task that no person does any more.

    Attributes:
        task: id.
    """

    model_config = ConfigDict(extra="forbid")

    task: TaskId


def swarm_routes(swarms: Swarms) -> APIRouter:
    """Everything about swarms. They are started as runs of the routines that drive them."""
    router = APIRouter(prefix="/api/v1")
    _add_definitions(router, swarms)
    _add_views(router, swarms)
    _add_tasks(router, swarms)
    _add_insight(router, swarms)
    _add_words(router, swarms)
    _add_handing(router, swarms)
    _add_control(router, swarms)
    return router


def _add_definitions(router: APIRouter, swarms: Swarms) -> None:
    @router.post(
        "/swarms",
        summary="Store a swarm, as the routine that drives it",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(swarm_shapes.SwarmStored),
    )
    async def put_swarm(definition: Annotated[dict[str, Any], Body()]) -> JSONResponse:
        """`{name, version, changed}`; 422 with every mistake by its place, nothing stored. A run of
        the routine `name` is the swarm at work: `POST /api/v1/runs`.
        """
        return await _answered(swarms.put(definition))


def _add_views(router: APIRouter, swarms: Swarms) -> None:
    @router.get(
        "/swarms",
        summary="List swarms, newest first",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(swarm_shapes.SwarmPage),
    )
    async def list_swarms(
        who: Who,
        status: Literal[
            "", "pending", "running", "waiting", "paused", "completed", "failed", "cancelled"
        ] = "",
        cursor: Cursor = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    ) -> dict[str, Any]:
        """`{swarms, next_cursor}`, those that have begun. Who is no admin sees its own."""
        at, last = unpack(cursor, float, str) if cursor else (0.0, "")
        before = (at, last) if cursor else None
        found = await swarms.views.page(status, who.only or "", before, limit + 1)
        return page("swarms", found, limit, lambda one: pack(one["created_at"], one["id"]))

    @router.get(
        "/swarms/{run}",
        summary="Read a swarm",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(swarm_shapes.SwarmShape, 404),
    )
    async def get_swarm(run: OwnRun) -> dict[str, Any]:
        """Its run, and `swarm`: its plan with how each task stands, policy, team, blackboard,
        messages; null before it has begun.
        """
        return await swarms.show(run)

    @router.get(
        "/swarms/{run}/why",
        summary="Tell why a swarm is where it is",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.ReasonShape, 404),
    )
    async def why_swarm(run: OwnRun) -> dict[str, Any]:
        """By its task that waits for somebody, where there is one."""
        return (await swarms.why(run)).to_json()


def _add_tasks(router: APIRouter, swarms: Swarms) -> None:
    @router.get(
        "/swarm-tasks",
        summary="List the tasks of swarms that wait for a person, newest first",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(swarm_shapes.PersonTasks),
    )
    async def list_tasks(
        who: Who, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=1000)] = 50
    ) -> dict[str, Any]:
        """`{tasks, next_cursor}`: what somebody is to do, and says to be done by `POST
        /api/v1/swarms/{run}/done`. Who is no admin sees those of its own swarms.
        """
        at, last = unpack(cursor, float, str) if cursor else (0.0, "")
        before = (at, last) if cursor else None
        found = await swarms.views.for_people(who.only or "", before, limit + 1)
        return page("tasks", found, limit, lambda one: pack(one["since"], one["run"]))


def _add_insight(router: APIRouter, swarms: Swarms) -> None:
    @router.get(
        "/swarms/{run}/debug",
        summary="Tell where each tier of a swarm stands",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(swarm_shapes.SwarmDebug, 404),
    )
    async def debug_swarm(run: OwnRun) -> dict[str, Any]:
        """The swarm, its runs with their leases and owners, steps under way, budget, the last
        events, and why it is where it is.
        """
        return await swarms.debug(run)

    @router.get(
        "/swarms/{run}/export",
        summary="Read all that is kept of a swarm",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(swarm_shapes.SwarmExport, 404),
    )
    async def export_swarm(
        run: OwnRun, cursor: Cursor = None, limit: Annotated[int, Query(ge=1, le=1000)] = 500
    ) -> dict[str, Any]:
        """`{swarm, part, records, next_cursor}`: page by page its documents with all versions,
        messages, runs, steps and events. Large outputs are references, as everywhere.
        """
        part, told = unpack(cursor, str, int) if cursor else ("", 0)
        found = await swarms.export(run, (part, told) if cursor else None, limit)
        following = found.pop("next")
        return {**found, "next_cursor": pack(*following) if following else None}

    @router.get(
        "/swarms/{run}/versions",
        summary="Read what was written on a swarm before",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(swarm_shapes.VersionPage, 404),
    )
    async def list_versions(
        run: OwnRun,
        name: Annotated[str, Query(max_length=80, pattern=DOCUMENT)] = "plan",
        cursor: Cursor = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 50,
    ) -> dict[str, Any]:
        """`{versions, next_cursor}` of `plan`, `policy` or `board.KEY`, newest first; none where
        nothing of that name was written.
        """
        before = unpack(cursor, int)[0] if cursor else None
        found, more = await swarms.versions(run, name, before, limit)
        following = pack(found[-1]["version"]) if more else None
        return {"versions": found, "next_cursor": following}


def _add_words(router: APIRouter, swarms: Swarms) -> None:
    @router.post(
        "/swarms/{run}/messages",
        summary="Say something to a swarm",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409),
    )
    async def say(
        run: OwnRun, who: Who, message: Message, idempotency_key: Key = None
    ) -> JSONResponse:
        """Its expressions and its coordinator see it. The same `Idempotency-Key` again says nothing
        a second time. 409 when it has ended; 422 when it cannot be kept: NaN, or a text with NUL or
        half of a character.
        """
        return await _answered(swarms.say(run, message.text, who.name, idempotency_key or None))

    @router.put(
        "/swarms/{run}/documents",
        summary="Change the plan, the policy or the blackboard of a swarm",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(swarm_shapes.Written, 404, 409),
    )
    async def write(run: OwnRun, who: Who, document: Document) -> JSONResponse:
        """`{version}`. 409 when it has ended, or when `version` is not the newest any more; 422
        with every mistake by its place when it cannot be. Each version is kept.
        """
        new = Put(document.name, document.value, who.name, document.version)
        return await _answered(swarms.write(run, new))

    @router.post(
        "/swarms/{run}/done",
        summary="Say what a person has done for a swarm",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409),
    )
    async def done(run: OwnRun, who: Who, finished: Finished) -> JSONResponse:
        """409 when no person is to do that task now; 422 when `output` cannot be kept."""
        return await _answered(swarms.finish(run, finished.task, finished.output, who.name))


def _add_handing(router: APIRouter, swarms: Swarms) -> None:
    @router.post(
        "/swarms/{run}/hand",
        summary="Hand a task of a swarm to a person",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409),
    )
    async def hand(run: OwnRun, who: Who, task: HandedOver) -> JSONResponse:
        """Its run ends with all below it, and the task waits for `done`. 409 when the task or the
        swarm has ended, a person is to do it already, or somebody changed the plan meanwhile.
        """
        return await _answered(swarms.hand(run, task.task, task.what, who.name))

    @router.post(
        "/swarms/{run}/take-back",
        summary="Have a swarm do a task itself again",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409),
    )
    async def take_back(run: OwnRun, who: Who, task: TakenBack) -> JSONResponse:
        """In a new run. 409 when nobody was handed the task, or it was done first; 422 when the
        policy forbids it by now, or it does not fit what is stored.
        """
        return await _answered(swarms.take_back(run, task.task, who.name))


def _add_control(router: APIRouter, swarms: Swarms) -> None:
    @router.post(
        "/swarms/{run}/pause",
        summary="Begin nothing more in a swarm",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409),
    )
    async def pause(run: OwnRun, who: Who) -> dict[str, Any]:
        """Nor in any run that it started; 409 when it has ended."""
        return await swarms.pause(run, who.name)

    @router.post(
        "/swarms/{run}/resume",
        summary="Go on with a swarm",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409),
    )
    async def resume(run: OwnRun, who: Who) -> dict[str, Any]:
        """With all that it started; 409 when it has ended."""
        return await swarms.resume(run, who.name)

    @router.post(
        "/swarms/{run}/stop",
        summary="End a swarm at once",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RunShape, 404, 409),
    )
    async def stop(run: OwnRun, who: Who) -> dict[str, Any]:
        """With all that it started; 409 when it had ended otherwise before."""
        return await swarms.stop(run, who.name)

    @router.post(
        "/emergency-stop",
        summary="End all swarms at once",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(swarm_shapes.Stopped),
    )
    async def stop_all(who: Who) -> dict[str, Any]:
        """`{stopped}`: their ids. Who is no admin ends its own."""
        return {"stopped": await swarms.stop_all(who.name, who.only or "")}


async def _answered(doing: Awaitable[dict[str, Any]]) -> JSONResponse:
    """What comes of it; 422 with every mistake by its place where it cannot be."""
    try:
        return JSONResponse(await doing)
    except SwarmError as error:
        return refused_swarm(error)
