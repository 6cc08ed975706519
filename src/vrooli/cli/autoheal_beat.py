"""`vrooli-autoheal beat`."""

from typing import Annotated

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, watchdog_of
from vrooli.cli.options import File, Json

_HELP = """
Report in for a heartbeat of vrooli.toml; with --fail that it went wrong. For the end of a cron job.

Example:

  make-backup && vrooli-autoheal beat backup || vrooli-autoheal beat backup --fail "exit $?"
"""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the command."""

    @app.command(help=_HELP)
    def beat(
        name: Annotated[str, typer.Argument(help="The heartbeat's name in [checks.NAME].")],
        fail: Annotated[str, typer.Option("--fail", help="It went wrong, in these words.")] = "",
        file: File = None,
        json: Json = False,
    ) -> None:
        client = watchdog_of(kit, file)
        taken = client.beat(name, {"failed": bool(fail), "says": fail})
        render.print_json(taken) if json else render.out(f"{name} has reported in")
