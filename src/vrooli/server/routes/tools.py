"""`/api/v1/tools`: what `tool` steps and models may use."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from vrooli.execution.tool_types import names, tool
from vrooli.server import shapes
from vrooli.server.answers import kept_answers
from vrooli.server.auth import VIEWER
from vrooli.server.caching import Answers

SECONDS = 3600.0
"""They are those of the build."""


def tool_routes(kept: Answers) -> APIRouter:
    """Read them."""
    router = APIRouter(prefix="/api/v1")

    @router.get(
        "/tools",
        summary="List the tools of steps and models",
        dependencies=[VIEWER],
        response_model=None,
        responses=kept_answers(shapes.ToolList),
    )
    async def list_tools(request: Request) -> Response:
        """`{tools: [{name, title, arguments, repeatable}]}`, by name; `arguments` is the JSON
        Schema of what one takes.
        """

        async def make() -> dict[str, Any]:
            return {"tools": [tool(name).to_json() for name in names()]}

        return await kept.of(request, SECONDS, None, make)

    return router
