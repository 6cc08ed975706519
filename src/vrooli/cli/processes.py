"""`vrooli serve`, `vrooli worker`, `vrooli migrate`: our own processes, as the stack has them."""

from typing import Annotated

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
            "Work on runs in the foreground, without an API; its settings come from the"
            " environment, as the server's do.",
            "DATABASE_URL_FILE=database.url VROOLI_DATA=. vrooli worker",
            "vrooli worker --queues gpu,default --slots 4",
        )
    )
    def worker(
        queues: Annotated[
            str | None,
            typer.Option("--queues", help="Whose runs it takes, with commas between the names."),
        ] = None,
        slots: Annotated[
            int | None, typer.Option("--slots", min=1, max=10_000, help="Runs at the same time.")
        ] = None,
    ) -> None:
        raise typer.Exit(kit.worker(queues, slots))

    @app.command(
        help=with_examples(
            "Bring the database schema at DATABASE_URL up to date.",
            "DATABASE_URL_FILE=database.url vrooli migrate",
        )
    )
    def migrate() -> None:
        raise typer.Exit(kit.migrate())
