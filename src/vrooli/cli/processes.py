"""`vrooli serve` and `vrooli migrate`: our own processes, as the stack starts them."""

import typer

from vrooli.cli.kit import Kit


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands."""

    @app.command(
        help="Run the API server in the foreground; its settings come from the environment."
    )
    def serve() -> None:
        raise typer.Exit(kit.serve())

    @app.command(help="Bring the database schema at DATABASE_URL up to date.")
    def migrate() -> None:
        raise typer.Exit(kit.migrate())
