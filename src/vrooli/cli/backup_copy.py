"""`vrooli backup copy`."""

import sys
from typing import TYPE_CHECKING

import typer

from vrooli.cli import render
from vrooli.cli.backup_words import note, size
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json
from vrooli.core.errors import EXIT_FAILURE, NotOurs

if TYPE_CHECKING:
    from vrooli.backup.backups import Backups
    from vrooli.backup.copying import Spread

_COPY_HELP = """
Have every store hold every restore point: what one lacks is copied from another.

`vrooli backup run` does it too. What broke off goes on by what is there already. Ends with 1 when a
store does not have everything.

Example:

  vrooli backup copy
"""


def register(group: typer.Typer, kit: Kit) -> None:
    """Add it."""

    @group.command(help=_COPY_HELP)
    def copy(file: File = None, json: Json = False) -> None:
        backups = kit.backups(home_to_change(kit, file)).only("", note)
        done = spread_to_stores(backups)
        if json:
            told = {name: sorted(ids) for name, ids in done.have.items()}
            render.print_json({"stores": told, "sent": done.sent, "missing": done.reasons()})
        else:
            for name, ids in done.have.items():
                sent = size(done.sent.get(name, 0))
                render.out(f"{name}: {len(ids)} restore points, {sent} sent")
        require_everywhere(done, backups)


def spread_to_stores(backups: "Backups") -> "Spread":
    def sending(store: str, done: int, whole: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{store}: {size(done)} of {size(whole)} ")
            sys.stderr.flush()

    return backups.spread(sending)


def require_everywhere(done: "Spread", backups: "Backups") -> None:
    for name, reason in done.reasons().items():
        render.note(f"{name} does not have all restore points: {reason}")
        if step := done.errors[name].next_step:
            render.note(f"  next: {step}")
    # What is another home's is paused: a check of the watchdog tells of it for as long as it is.
    if any(not isinstance(error, NotOurs) for error in done.errors.values()):
        held = [name for name in backups.stores() if name not in done.errors]
        if held:
            render.note(f"  {', '.join(held)} has them; the next `vrooli backup run` goes on")
        raise typer.Exit(EXIT_FAILURE)
