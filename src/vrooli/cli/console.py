"""`vrooli console`: the process, and the way in."""

from contextlib import suppress

import typer

from vrooli.cli import render
from vrooli.cli.help import with_examples
from vrooli.cli.kit import Kit
from vrooli.cli.options import File, Json
from vrooli.cli.status import read_status
from vrooli.core.errors import VrooliError
from vrooli.core.home import Home


def console_runs(kit: Kit, home: Home) -> bool:
    """Whether anything is behind the link, as far as anybody knows."""
    stack = kit.compiled(home)
    declared = stack.services if stack is not None else {}
    ours = {name for name, one in declared.items() if one.kind == "console"}
    if not ours:
        return False
    with suppress(VrooliError):
        services = read_status(kit, home)["services"]
        return any(one["name"] in ours and one["state"] == "running" for one in services)
    return False


def tell_way_in(kit: Kit, home: Home) -> None:
    """The link, where a console runs."""
    if not console_runs(kit, home):
        return
    with suppress(VrooliError):  # what was asked for is done, with or without a link
        found = kit.console_link(home)
        render.note(f"\nconsole, for ten minutes and once:\n  {found['url']}")
        if found["tunnel"]:
            render.note(f"from your own machine, first:  {found['tunnel']}")


def register(app: typer.Typer, kit: Kit) -> None:
    """Add the commands."""
    group = typer.Typer(
        invoke_without_command=True,
        help=with_examples(
            "Run the console in the foreground, as the stack does, or print the way in.",
            "vrooli console link",
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
            "Print a link that signs you in, once. It is good for ten minutes.",
            "vrooli console link",
            "xdg-open $(vrooli console link --json | jq -r .url)",
        )
    )
    def link(file: File = None, json: Json = False) -> None:
        home = kit.home(kit.stack_file(file))
        found = kit.console_link(home)
        if json:
            render.print_json(found)
            return
        render.out(found["url"])
        if found["tunnel"]:
            render.note(f"from your own machine, first:  {found['tunnel']}")
        if not console_runs(kit, home):
            render.note(f"it does not run now: {render.called_as()} start console")
