"""`vrooli backup store check`."""

from dataclasses import asdict
from typing import Annotated

import typer

from vrooli.cli import render
from vrooli.cli.help import App
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json
from vrooli.core.errors import EXIT_FAILURE

_CHECK_HELP = """
Look whether a store does what backups need: it is written to, read, listed, and asked to remove.

Where a lock is asked for, a fresh blob is written and its removal tried by whoever may remove
there: only when that is refused does the lock hold. Such a blob stays until its lock ends. Ends
with 1 when anything is not as it should be.

Examples:

  vrooli backup store check

  vrooli backup store check offsite --json
"""


def register(group: typer.Typer, kit: Kit) -> None:
    """Add it."""
    store = App(help="Where restore points go to.")
    group.add_typer(store, name="store")

    @store.command(help=_CHECK_HELP)
    def check(
        name: Annotated[
            str, typer.Argument(help="Which one; all when none is named.", metavar="[NAME]")
        ] = "",
        file: File = None,
        json: Json = False,
    ) -> None:
        found, well = kit.backups(home_to_change(kit, file)).check_stores(name)
        if json:
            render.print_json(
                {one: [asdict(look) for look in looks] for one, looks in found.items()}
            )
        else:
            rows = [
                (one, look.what, _word(look.ok), look.said)
                for one, looks in found.items()
                for look in looks
            ]
            render.table(("STORE", "WHAT", "", "SEEN"), rows)
        if not well:
            raise typer.Exit(EXIT_FAILURE)


def _word(ok: bool | None) -> str:
    if ok is None:
        return render.paint("note", "unknown")
    return render.paint("ok", "healthy") if ok else render.paint("failed", "failed")
