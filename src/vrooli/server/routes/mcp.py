"""`/api/v1/mcp`: servers of tools that `llm` steps may name."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from vrooli.core.errors import UnknownName, VrooliError
from vrooli.execution.mcp.servers import McpServers
from vrooli.flow.failed import Failed, failure_of
from vrooli.server import shapes
from vrooli.server.answers import answers
from vrooli.server.auth import OPERATOR, VIEWER


def mcp_routes(servers: McpServers) -> APIRouter:
    """Read them, and try one."""
    router = APIRouter(prefix="/api/v1")

    @router.get(
        "/mcp",
        summary="List the MCP servers",
        dependencies=[VIEWER],
        response_model=None,
        responses=answers(shapes.McpServerList),
    )
    async def list_servers() -> dict[str, Any]:
        """`{servers: [{name, kind, where, tools, timeout, secrets, trust_hints}]}`, by name.

        `kind` is `program` or `http`, `where` the program or the address, `tools` those that models
        may use (null: all), `secrets` how many it is given. Nobody is asked for it.
        """
        return {"servers": servers.to_json()}

    @router.post(
        "/mcp/{name}/try",
        summary="Ask an MCP server what it offers",
        dependencies=[OPERATOR],
        response_model=None,
        responses=answers(shapes.McpTried, 404),
    )
    async def try_server(name: Annotated[str, Path(max_length=64)]) -> dict[str, Any]:
        """`{ok, tools: [{name, shown, title, arguments, repeatable}], failure}`: it is started or
        asked now. `shown` is the name by which models see a tool; `failure` says why it is of no
        use, where it is.
        """
        try:
            servers.choose(name)
        except Failed as error:
            advice = "`vrooli mcp list` shows those that there are"
            raise UnknownName(error.what, name, next_step=advice) from error
        try:
            tools = await servers.tools(name)
        except VrooliError as error:
            return {"ok": False, "tools": [], "failure": failure_of(error).to_json()}
        told = [{**one.to_json(), "shown": one.shown} for one in tools]
        for one in told:
            del one["server"]
        return {"ok": True, "tools": told, "failure": None}

    return router
