"""`vrooli backup`: restore points."""

import typer

from vrooli.cli import (
    backup_copy,
    backup_drill,
    backup_key,
    backup_prune,
    backup_run,
    backup_verify,
    backup_views,
)
from vrooli.cli.help import App
from vrooli.cli.kit import Kit


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the group."""
    group = App(help="Restore points: take, list, verify, practise, prune.")
    app.add_typer(group, name="backup")
    for part in (
        backup_run,
        backup_views,
        backup_verify,
        backup_copy,
        backup_drill,
        backup_prune,
        backup_key,
    ):
        part.register(group, kit)
