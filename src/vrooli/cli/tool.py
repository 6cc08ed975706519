"""`vrooli tool ...`: the tools that steps and models may use."""

from collections.abc import Mapping
from typing import Any

import typer

from vrooli.cli import render
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import File, Json

_LIST_HELP = """
List the tools that steps of type `tool` and models may use, with what each takes.
With --json the whole JSON Schema of its arguments.

Examples:

  vrooli tool list

  vrooli tool list --json
"""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="Tools: what steps and models may use.")
    app.add_typer(group, name="tool")

    @group.command("list", help=_LIST_HELP)
    def list_(file: File = None, json: Json = False) -> None:
        tools = kit.work(home_to_read(kit, file)).tools()
        if json:
            render.print_json(tools)
            return
        render.table(("TOOL", "ARGUMENTS", "REPEATABLE", "WHAT"), [_row(tool) for tool in tools])


def _row(tool: Mapping[str, Any]) -> tuple[str, ...]:
    needed = tool["arguments"].get("required", ())
    given = (
        name if name in needed else f"[{name}]" for name in tool["arguments"].get("properties", {})
    )
    repeatable = "yes" if tool["repeatable"] else "no"
    return tool["name"], " ".join(given), repeatable, tool["title"]
