"""`/api/v1/about`: which server this is, and what it keeps."""

import time
from typing import Any

from fastapi import APIRouter

from vrooli.server import about_shapes
from vrooli.server.about import about
from vrooli.server.answers import answers
from vrooli.server.auth import VIEWER
from vrooli.server.database import Database
from vrooli.server.settings import ServerSettings


def about_routes(settings: ServerSettings, database: Database) -> APIRouter:
    """Tell it."""
    router, began = APIRouter(prefix="/api/v1"), time.time()

    @router.get(
        "/about",
        summary="Which server is this, and what does it keep?",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(about_shapes.AboutShape),
    )
    async def read() -> dict[str, Any]:
        """`{version, started_at, listens[], kept[], sizes[]}`: `kept` are `{what, seconds}` after
        which something goes (null: never), `sizes` `{what, bytes, rows}` of the large tables, whose
        rows are estimated.
        """
        return await about(settings, database, began)

    return router
