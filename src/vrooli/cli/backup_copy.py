"""`vrooli backup copy`."""

from typing import TYPE_CHECKING

import typer

from vrooli.cli import render
from vrooli.cli.backup_words import note
from vrooli.cli.bar import Bar
from vrooli.cli.changes import counted, home_as_written
from vrooli.cli.kit import Kit
from vrooli.cli.options import File, Json
from vrooli.core.errors import EXIT_FAILURE, NotOurs
from vrooli.core.sizes import rough_size

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
        backups = kit.backups(home_as_written(kit, file)).only("", note)
        done = spread_to_stores(backups, json=json)
        if json:
            told = {name: sorted(ids) for name, ids in done.have.items()}
            render.print_json({"stores": told, "sent": done.sent, "missing": done.reasons()})
        else:
            for name, ids in done.have.items():
                sent = rough_size(done.sent.get(name, 0))
                render.out(f"{name}: {counted(len(ids), 'restore point')}, {sent} sent")
        require_everywhere(done, backups)


def spread_to_stores(backups: "Backups", *, json: bool) -> "Spread":
    """Have every store hold every point; `json`: nothing is said of how far it is."""
    with Bar(note, quiet=json) as bar:
        return backups.spread(bar.at)


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
