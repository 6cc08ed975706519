"""`vrooli mcp ...`: servers of tools that `llm` steps may name."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, home_to_change, home_to_read
from vrooli.cli.options import File, Json
from vrooli.core.errors import EXIT_FAILURE
from vrooli.core.plain import plain

_LIST_HELP = """
List the MCP servers that the server knows: those of `[mcp.NAME]` in
vrooli.toml. Nobody is asked whether they answer; `vrooli mcp test` does that.

Examples:

  vrooli mcp list

  vrooli mcp list --json
"""

_TEST_HELP = """
Start or ask an MCP server now, as a step would, and show the tools that models
get of it. `again` is one that may be used again after a crash in the middle.

Exit code: 0 when it answers, 1 when it is of no use.

Examples:

  vrooli mcp test github

  vrooli mcp test github --json     # with the schemas of their arguments
"""

LONGEST = 70
"""Characters of what a tool does, in a line."""

Name = Annotated[str, typer.Argument(help="The MCP server.", metavar="NAME")]


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="MCP servers: tools of others for language models.")
    app.add_typer(group, name="mcp")

    @group.command("list", help=_LIST_HELP)
    def list_(file: File = None, json: Json = False) -> None:
        servers = kit.work(home_to_read(kit, file)).mcp_servers()
        if json:
            render.print_json(servers)
        elif not servers:
            render.note("there is none; `[mcp.NAME]` in vrooli.toml declares one")
        else:
            render.table(("SERVER", "KIND", "TOOLS", "WHERE"), [_row(one) for one in servers])

    @group.command("test", help=_TEST_HELP)
    def test(name: Name, file: File = None, json: Json = False) -> None:
        client = kit.work(home_to_change(kit, file))
        known = {one["name"]: one["timeout"] for one in client.mcp_servers()}
        # It may take its time three times: to start, to greet, to answer.
        tried = client.try_mcp(name, 3 * known.get(name, 0.0))
        if json:
            render.print_json(tried)
        else:
            _tell(name, tried)
        if not tried["ok"]:
            raise typer.Exit(EXIT_FAILURE)


def _row(server: Mapping[str, Any]) -> tuple[str, ...]:
    tools = "all" if server["tools"] is None else str(len(server["tools"]))
    return server["name"], server["kind"], tools, server["where"]


def _tell(name: str, tried: Mapping[str, Any]) -> None:
    if not tried["ok"]:
        failure = tried["failure"]
        render.note(plain(f"{name}: {failure['reason']} ({failure['kind']})"))
        return
    rows = [
        (one["shown"], "yes" if one["repeatable"] else "-", _line(one)) for one in tried["tools"]
    ]
    render.table(("TOOL", "AGAIN", "WHAT IT SAYS THAT IT DOES"), rows)


def _line(tool: Mapping[str, Any]) -> str:
    words = " ".join(str(tool["title"]).split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
