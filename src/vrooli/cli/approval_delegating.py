"""`vrooli approval delegate`: what runs wait for, asked of somebody else."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.approval_found import Of, Path_, found_of
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json

_HELP = """
Hand on what a run asks for: USER is asked from now on, and sees exactly what is asked for, nothing
else of the run.

Who hands it on may decide it still, and takes it back with `--to me`. USER may hand it on as well;
it is handed on ten times at most. The time to decide stays as it is. Without `--to` it prints who
may approve.

Examples:

  vrooli approval delegate 90c1e35fd2aa7b14

  vrooli approval delegate 90c1e35fd2aa7b14 --to bob@example.org --because "it is his budget"

  vrooli approval delegate 90c1e35fd2aa7b14 --to me
"""


def register_delegation(group: typer.Typer, kit: Kit) -> None:
    """Add the command."""

    @group.command("delegate", help=_HELP)
    def delegate(
        of: Of,
        path: Path_ = "",
        to: Annotated[
            str, typer.Option("--to", help="Address of a user, or me.", metavar="USER")
        ] = "",
        because: Annotated[str, typer.Option("--because", help="Why, for people.")] = "",
        file: File = None,
        json: Json = False,
    ) -> None:
        client = kit.work(home_to_change(kit, file))
        asked = found_of(client, of, path)
        if not to:
            names = client.delegates(asked["id"])
            if json:
                render.print_json(names)
            else:
                render.out("\n".join(names)) if names else render.note("nobody else may approve")
            return
        found = client.delegate(asked["id"], to, because)
        if json:
            render.print_json(found)
        else:
            place = f"{found['run']} {found['path']}"
            render.note(f"{place}: {found['asked_of']} is asked from now on")


def delegations(one: Mapping[str, Any]) -> list[str]:
    """Who handed an approval on to whom, in their order. Pure but for the time."""
    return [_said(move) for move in one["delegations"]]


def _said(move: Mapping[str, Any]) -> str:
    back = " back" if move["back"] else ""
    why = f": {move['because']}" if move["because"] else ""
    return f"by {move['by']}{back} to {move['to']}, {render.ago(move['at'])} ago{why}"
