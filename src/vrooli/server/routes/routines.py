"""`/api/v1/routines`: what runs are made from."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Query, Request
from starlette.responses import JSONResponse, Response

from vrooli.execution.mcp.servers import McpServers
from vrooli.execution.routines import RoutineStore
from vrooli.flow.reading import RoutineError
from vrooli.server import shapes
from vrooli.server.answers import answers, kept_answers
from vrooli.server.auth import OPERATOR, VIEWER
from vrooli.server.bodies import NameInPath
from vrooli.server.caching import Answers
from vrooli.server.cursors import Cursor, pack, page, unpack
from vrooli.server.problems import problem

MOST = 200
SECONDS = 60.0


def routine_routes(routines: RoutineStore, mcp: McpServers, kept: Answers) -> APIRouter:
    """Store and read routines."""
    router = APIRouter(prefix="/api/v1")

    @router.get(
        "/routines",
        summary="List the routines",
        dependencies=[VIEWER],
        response_model=None,
        responses=kept_answers(shapes.RoutineList),
    )
    async def list_routines(
        request: Request,
        cursor: Cursor = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    ) -> Response:
        """`{routines: [{name, version, description, definition, updated_at}], next_cursor}`, by
        name.
        """
        (after,) = unpack(cursor, str) if cursor else ("",)
        stamp = await routines.stamp(after, limit + 1)
        return await kept.of(request, SECONDS, stamp, partial(_page, routines, after, limit))

    @router.post(
        "/routines",
        summary="Store a routine, as a new version where one is there",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.RoutineStored),
    )
    async def put_routine(definition: Annotated[dict[str, Any], Body()]) -> JSONResponse:
        """200 `{name, version, changed, warnings}`; 422 with every mistake by its place, nothing
        stored. A warning: an MCP server that a step names is not declared here.
        """
        try:
            version, changed = await routines.put(definition)
        except RoutineError as error:
            details = [
                {"place": list(one.place), "field": one.where, "problem": one.reason}
                for one in error.mistakes[:MOST]
            ]
            return problem(422, "bad_routine", "the routine is not valid", details=details)
        name = definition["name"]
        told = {"name": name, "version": version, "changed": changed}
        return JSONResponse({**told, "warnings": mcp.strange(definition)})

    _add_versions(router, routines)
    return router


def _add_versions(router: APIRouter, routines: RoutineStore) -> None:
    @router.get(
        "/routines/{name}",
        summary="Read a version of a routine",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.RoutineShape, 404),
    )
    async def get_routine(
        name: NameInPath, version: Annotated[str, Query(max_length=64)] = ""
    ) -> dict[str, Any]:
        """The newest, or the one of that hash; 404 when there is none."""
        return (await routines.get(name, version)).to_json()

    @router.get(
        "/routines/{name}/versions",
        summary="List the versions of a routine",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.VersionList, 404),
    )
    async def list_versions(
        name: NameInPath, limit: Annotated[int, Query(ge=1, le=1000)] = 100
    ) -> dict[str, Any]:
        """`{versions: [{version, stored_at}]}`, the one that was stored last first; 404 when there
        is no such routine.
        """
        await routines.get(name)
        found = await routines.versions(name, limit)
        return {"versions": [{"version": one, "stored_at": at} for one, at in found]}


async def _page(routines: RoutineStore, after: str, limit: int) -> dict[str, Any]:
    found = [routine.to_json() for routine in await routines.page(after, limit + 1)]
    return page("routines", found, limit, lambda routine: pack(routine["name"]))
