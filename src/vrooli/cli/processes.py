"""`vrooli serve` and `vrooli migrate`: our own processes, as the stack starts them."""

import typer

from vrooli.cli.help import with_examples
from vrooli.cli.kit import Kit


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands."""

    @app.command(
        help=with_examples(
            "Run the API server in the foreground; its settings come from the environment.",
            "DATABASE_URL_FILE=database.url vrooli serve",
        )
    )
    def serve() -> None:
        raise typer.Exit(kit.serve())

    @app.command(
        help=with_examples(
            "Bring the database schema at DATABASE_URL up to date.",
            "DATABASE_URL_FILE=database.url vrooli migrate",
        )
    )
    def migrate() -> None:
        raise typer.Exit(kit.migrate())
