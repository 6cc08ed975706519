"""`vrooli console`: the process, and the way in."""

import typer

from vrooli.cli import render
from vrooli.cli.help import with_examples
from vrooli.cli.kit import Kit
from vrooli.cli.options import File, Json


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands."""
    group = typer.Typer(
        invoke_without_command=True,
        help=with_examples(
            "Run the console in the foreground, as the stack does, or print the way in.",
            "vrooli console link          a link that signs you in, once",
            "VROOLI_HOME=~/.vrooli vrooli console",
        ),
    )
    app.add_typer(group, name="console")

    @group.callback()
    def console(context: typer.Context) -> None:
        if context.invoked_subcommand is None:
            raise typer.Exit(kit.console())

    @group.command(
        help=with_examples(
            "Print a link that signs you in to the console of this stack, once, for ten minutes.",
            "vrooli console link",
            "xdg-open $(vrooli console link --json | jq -r .url)",
        )
    )
    def link(file: File = None, json: Json = False) -> None:
        found = kit.console_link(kit.home(kit.stack_file(file)))
        if json:
            render.print_json(found)
            return
        render.out(found["url"])
        if found["tunnel"]:
            render.note(f"from your own machine, first:  {found['tunnel']}")
