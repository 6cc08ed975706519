"""`vrooli resource upgrade`: to another major version, and back."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vrooli.cli import render
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.lifecycle import follow
from vrooli.cli.options import File, Json, Name
from vrooli.core.errors import EXIT_FAILURE, UsageError

if TYPE_CHECKING:
    from vrooli.core.home import Home
    from vrooli.stack.upgrading import Wish

_HELP = """
Move a PostgreSQL to another major version: into a new folder, compared with the old one, undoable.

What needs it is stopped meanwhile. The old data is kept until `--forget`.

Examples:

  vrooli resource upgrade postgres --dry-run     what would be done, and what speaks against it

  vrooli resource upgrade postgres               to the newest version that is here

  vrooli resource upgrade postgres --undo        back; what was written since is lost
"""


def register_upgrade(
    group: typer.Typer, kit: Kit, resolve: Callable[[str, Path | None], str]
) -> None:
    """Add the command."""

    @group.command(help=_HELP)
    def upgrade(  # noqa: PLR0913 -- typer makes options of arguments
        name: Name,
        to: Annotated[
            str,
            typer.Option(
                "--to", help="Which version, like 18; else the newest.", metavar="VERSION"
            ),
        ] = "",
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Look, and say what would be done.")
        ] = False,
        undo: Annotated[
            bool, typer.Option("--undo", help="Go back to the data of before the last upgrade.")
        ] = False,
        forget: Annotated[
            bool, typer.Option("--forget", help="Remove what is kept for that.")
        ] = False,
        counts_only: Annotated[
            bool,
            typer.Option(
                "--counts-only", help="Compare numbers of rows, not contents: quicker, sees less."
            ),
        ] = False,
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        from vrooli.stack.upgrading import Wish

        if (undo and forget) or ((undo or forget) and (to or counts_only)):
            raise UsageError("`--undo`, `--forget` and an upgrade exclude each other")
        wish = Wish(to, undo, forget, dry_run, counts_only)
        home, chosen = home_to_change(kit, file), resolve(name, file)
        if (undo or forget) and not (dry_run or yes):
            _ask(kit, home, chosen, wish)
        if not follow(kit.upgrade(home, chosen, wish), json=json).get("ok"):
            raise typer.Exit(EXIT_FAILURE)


def _ask(kit: Kit, home: "Home", name: str, wish: "Wish") -> None:
    """Show what is lost, and have it confirmed."""
    from dataclasses import replace

    if not sys.stdin.isatty():
        raise UsageError(
            "this loses data, and nobody can be asked here", next_step="say `--yes` if it is meant"
        )
    if not follow(kit.upgrade(home, name, replace(wish, dry_run=True)), json=False).get("ok"):
        raise typer.Exit(EXIT_FAILURE)
    sys.stderr.write("go on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        render.note("nothing was changed")
        raise typer.Exit(EXIT_FAILURE)
