"""`/api/v1/tools`: what `tool` steps and models may use."""

from typing import Any

from fastapi import APIRouter

from vrooli.execution.tool_types import names, tool
from vrooli.server import shapes
from vrooli.server.answers import answers
from vrooli.server.auth import VIEWER


def tool_routes() -> APIRouter:
    """Read them."""
    router = APIRouter(prefix="/api/v1")

    @router.get(
        "/tools",
        summary="List the tools of steps and models",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.ToolList),
    )
    async def list_tools() -> dict[str, Any]:
        """`{tools: [{name, title, arguments, repeatable}]}`, by name; `arguments` is the JSON
        Schema of what one takes.
        """
        return {"tools": [tool(name).to_json() for name in names()]}

    return router
