"""What is kept of runs beside their journal: large outputs, and the files that steps wrote."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path
from starlette.responses import Response

from vrooli.core.errors import UnknownName
from vrooli.core.ports.workspaces import NoSuchFile
from vrooli.execution.kept import Kept
from vrooli.server import shapes
from vrooli.server.answers import answers, raw
from vrooli.server.auth import VIEWER, AskedRun, OwnRun
from vrooli.server.bodies import SHA256

Sha256 = Annotated[str, Path(pattern=SHA256)]
FilePath = Annotated[str, Path(max_length=2048)]


def kept_routes(kept: Kept) -> APIRouter:
    """Read it."""
    router = APIRouter(prefix="/api/v1")

    @router.get(
        "/artifacts/{sha256}",
        summary="Read a large output",
        dependencies=[VIEWER],
        response_class=Response,
        responses=raw("application/json", 404),
    )
    async def get_artifact(sha256: Sha256, run: AskedRun) -> Response:
        """The JSON that a step or a run came to, where its `artifact` names one: over 64 KiB. `run`
        is the one that names it; 404 when it does not.
        """
        return Response(await kept.artifact(run, sha256), media_type="application/json")

    @router.get(
        "/runs/{run}/files",
        summary="List the files that steps of a run wrote",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.FileList, 404, 507),
    )
    async def list_files(run: OwnRun) -> dict[str, Any]:
        """`{files: [{path, bytes, modified_at}]}` by path, of those on this server's machine."""
        files = await kept.files(run)
        return {
            "files": [
                {"path": one.path, "bytes": one.bytes, "modified_at": one.modified_at}
                for one in files
            ]
        }

    @router.get(
        "/runs/{run}/files/{path:path}",
        summary="Read a file that a step of a run wrote",
        dependencies=[VIEWER],
        response_class=Response,
        responses=raw("application/octet-stream", 404, 507),
    )
    async def get_file(run: OwnRun, path: FilePath) -> Response:
        """Its bytes, whatever they are; 404 when there is no such file, 413 over 8 MiB."""
        try:
            data = await kept.file(run, path)
        except NoSuchFile as error:
            advice = f"`vrooli run files {run}` lists them"
            raise UnknownName("there is no such file", path, next_step=advice) from error
        # Never shown by a browser as a page of ours.
        name = quote(path.rpartition("/")[2], safe="")
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{name}"}
        return Response(data, media_type="application/octet-stream", headers=headers)

    return router
