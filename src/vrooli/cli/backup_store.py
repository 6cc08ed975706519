"""`vrooli backup store check|adopt`."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from vrooli.cli import render
from vrooli.cli.asking import require_answer
from vrooli.cli.backup_words import note
from vrooli.cli.changes import home_as_written
from vrooli.cli.help import App
from vrooli.cli.kit import Kit
from vrooli.cli.options import File, Json
from vrooli.core.errors import EXIT_FAILURE, UsageError

_CHECK_HELP = """
Look whether a store does what backups need: it is written to, read, listed, and asked to remove.

Where a lock is asked for, a fresh blob is written and its removal tried by whoever may remove
there: only when that is refused does the lock hold. Such a blob stays until its lock ends. Ends
with 1 when anything is not as it should be.

Examples:

  vrooli backup store check

  vrooli backup store check offsite --json
"""


_ADOPT_HELP = """
Have a store be written to by this home, which another one wrote to: for the case that the machine
of that one is gone for good, and this home was made from its restore points.

Of two homes that write to one store each would take what the other has not finished for a leftover,
and remove what the other still needs. The other one is refused from then on.

Example:

  vrooli backup store adopt offsite --yes
"""


def register(group: typer.Typer, kit: Kit) -> None:
    """Add it."""
    store = App(help="Where restore points go to.")
    group.add_typer(store, name="store")

    @store.command(help=_ADOPT_HELP)
    def adopt(
        name: Annotated[str, typer.Argument(help="Which one.", metavar="NAME")],
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        backups = kit.backups(home_as_written(kit, file)).only(name, note)
        if not yes:
            _ask(name)
        before = backups.adopt(name)
        if json:
            render.print_json({"store": name, "before": asdict(before) if before else None})
            return
        whose = f"; it was that of {before.stack or 'a stack'} on {before.host}" if before else ""
        render.out(f"{name} is written to by this home from now on{whose}")

    @store.command(help=_CHECK_HELP)
    def check(
        name: Annotated[
            str, typer.Argument(help="Which one; all when none is named.", metavar="[NAME]")
        ] = "",
        file: File = None,
        json: Json = False,
    ) -> None:
        found, well = kit.backups(home_as_written(kit, file)).check_stores(name)
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
            render.table(("STORE", "WHAT", "RESULT", "SEEN"), rows)
        if not well:
            raise typer.Exit(EXIT_FAILURE)


def _ask(name: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            f"another home cannot write to {name} afterwards, and nobody can be asked here",
            next_step="say `--yes` when that one is gone for good",
        )
    require_answer(f"is the machine gone for good that wrote to {name}? [y/N]")


def _word(ok: bool | None) -> str:
    if ok is None:
        return "note"
    return "ok" if ok else "failed"
