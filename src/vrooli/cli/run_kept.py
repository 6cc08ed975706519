"""`vrooli run files`: what the steps of a run wrote."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, home_to_read
from vrooli.cli.options import File, Json
from vrooli.core.errors import UsageError

_FILES_HELP = """
List the files that the steps of a run wrote, or write one of them to standard
output as it is. The server has those of its own machine.

Examples:

  vrooli run files 3f2a9c4e81d07b65

  vrooli run files 3f2a9c4e81d07b65 report.md
"""

Id = Annotated[str, typer.Argument(help="The run.", metavar="RUN")]


def register(group: typer.Typer, kit: Kit) -> None:
    """Add the command to `run`."""

    @group.command(help=_FILES_HELP)
    def files(
        run: Id,
        path: Annotated[
            str | None, typer.Argument(help="One file, as the list names it.", metavar="[PATH]")
        ] = None,
        file: File = None,
        json: Json = False,
    ) -> None:
        client = kit.work(home_to_read(kit, file))
        if path is not None:
            if json:
                raise UsageError(
                    "a file is written as it is",
                    where="--json",
                    next_step="leave `--json` out, or PATH for the list",
                )
            render.write_bytes(client.file(run, path))
            return
        found = client.files(run)
        if json:
            render.print_json(found)
        elif not found:
            render.note("this server has none of it")
        else:
            render.table(("FILE", "BYTES", "WRITTEN"), [_row(one) for one in found])


def _row(one: Mapping[str, Any]) -> tuple[str, ...]:
    return one["path"], str(one["bytes"]), f"{render.ago(one['modified_at'])} ago"
