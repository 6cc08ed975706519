"""`vrooli backup ship`."""

from dataclasses import asdict

import typer

from vrooli.cli import render
from vrooli.cli.backup_words import rests
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json
from vrooli.core.sizes import rough_size

_SHIP_HELP = """
Bring the WAL of PostgreSQL that was received into the store, sealed like restore points: from there
any moment can be gone back to also on another machine. `vrooli backup run` does it as well. What is
in the store, and older than the newest point, is removed here.

Example:

  vrooli backup ship
"""


def register(group: typer.Typer, kit: Kit) -> None:
    """Add it."""

    @group.command(help=_SHIP_HELP)
    def ship(file: File = None, json: Json = False) -> None:
        backups = kit.backups(home_to_change(kit, file))
        if rests(backups):
            return
        done = backups.ship()
        if json:
            render.print_json({name: asdict(one) for name, one in done.items()})
            return
        for name, one in done.items():
            removed = f", {one.removed} not needed here any more" if one.removed else ""
            render.out(f"{name}: {one.files} new files, {rough_size(one.size)}{removed}")
        if not done:
            render.note("no WAL is received here: `wal = true` in [backup] has it received")
