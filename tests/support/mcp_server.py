"""A server of tools (MCP), by the library that servers are written with. It writes down in a file
what it is asked, so that a test sees what was done twice:
`python -m tests.support.mcp_server FILE [PORT]`.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from mcp import types
from mcp.server.mcpserver import Context, MCPServer

SEEN = Path(sys.argv[1])
server = MCPServer("shop", version="1.2", log_level="CRITICAL")
READ_ONLY = types.ToolAnnotations(read_only_hint=True)


def note(tool: str, ctx: Context[Any, Any], **more: Any) -> None:
    """One more line."""
    meta = dict(ctx.request_context.meta or {})
    key = meta.get("com.vrooli/idempotency-key", "")
    with SEEN.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"tool": tool, "key": key, "pid": os.getpid(), **more}) + "\n")


@server.tool(description="Finds a price", annotations=READ_ONLY)
def price(thing: str, ctx: Context[Any, Any]) -> dict[str, Any]:
    note("price", ctx, thing=thing)
    return {"thing": thing, "price": len(thing)}


@server.tool(description="Orders something")
def order(thing: str, ctx: Context[Any, Any]) -> str:
    note("order", ctx, thing=thing)
    if thing == "nothing":
        raise ValueError("nothing cannot be ordered")
    return f"ordered {thing}"


@server.tool(description="Says what its environment is", annotations=READ_ONLY)
def surroundings(ctx: Context[Any, Any]) -> dict[str, Any]:
    return {"env": dict(os.environ), "cwd": os.getcwd(), "files": os.listdir()}


@server.tool(description="Says a lot", annotations=READ_ONLY)
def large(ctx: Context[Any, Any]) -> str:
    return "x" * 1_000_000


@server.tool(description="Takes a tool away", annotations=READ_ONLY)
def forget(name: str, ctx: Context[Any, Any]) -> str:
    server.remove_tool(name)
    return "what was that?"


@server.tool(description="Dies", annotations=READ_ONLY)
def die(ctx: Context[Any, Any]) -> str:
    note("die", ctx)
    print("out of ideas", file=sys.stderr, flush=True)
    os._exit(3)


@server.tool(description="Dies in the middle of something that counts")
def die_ordering(ctx: Context[Any, Any]) -> str:
    note("die_ordering", ctx)
    os._exit(3)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        server.run("streamable-http", port=int(sys.argv[2]))
    else:
        server.run()
