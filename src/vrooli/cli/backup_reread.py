"""`vrooli backup reread`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from vrooli.cli import render
from vrooli.cli.backup_words import note, pieces, rests
from vrooli.cli.bar import Bar
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json
from vrooli.core.errors import EXIT_FAILURE
from vrooli.core.plain import plain
from vrooli.core.sizes import rough_size

if TYPE_CHECKING:
    from vrooli.backup.rereading import Reread

_REREAD_HELP = """
Read stored pieces again, and look whether each is as it was stored and opens.

Each time it reads the share that is due, so that all are read within `reread_days`. The points of
what is damaged count as failed from then on. WAL that is damaged is put there anew, where another
store or this machine has it whole. Ends with 1 when anything was damaged, or a store does not
answer.

Examples:

  vrooli backup reread

  vrooli backup reread --all --store offsite
"""


def register(group: typer.Typer, kit: Kit) -> None:
    """Add it."""

    @group.command(help=_REREAD_HELP)
    def reread(
        everything: Annotated[bool, typer.Option("--all", help="Read everything now.")] = False,
        store: Annotated[
            str, typer.Option("--store", help="This store alone.", metavar="NAME")
        ] = "",
        file: File = None,
        json: Json = False,
    ) -> None:
        backups = kit.backups(home_to_change(kit, file))
        if rests(backups):
            return
        with Bar(note, quiet=json) as bar:
            found, away = backups.reread(store, everything=everything, told=bar.at)
        if json:
            rows = {name: _row(one) for name, one in found.items()}
            errors = {name: {"error": str(error)} for name, error in away.items()}
            render.print_json({**rows, **errors})
        else:
            _tell(found)
            for name, error in away.items():
                render.note(f"{name} is not read: {plain(error.in_a_line)}")
        if away or any(one.damaged for one in found.values()):
            raise typer.Exit(EXIT_FAILURE)


def _tell(found: "dict[str, Reread]") -> None:
    for name, one in found.items():
        render.out(
            f"{name}: {pieces(one.packs)} read, {rough_size(one.size)} of {rough_size(one.of)}"
        )
        for blob, what in one.damaged.items():
            mended = f"; it is there anew, from {one.mended[blob]}" if blob in one.mended else ""
            render.note(f"  {blob}: {what}{mended}")
        lost = [name for name in one.wal if name.blob not in one.mended]
        if lost:
            render.note(f"  {len(lost)} files of WAL end the way behind them from {name}")
        for proof in one.failed:
            render.note(f"  {proof.point} cannot be restored from {name}")


def _row(one: "Reread") -> dict[str, Any]:
    return {
        "packs": one.packs,
        "bytes": one.size,
        "of_bytes": one.of,
        "damaged": one.damaged,
        "mended": one.mended,
        "failed": [proof.point for proof in one.failed],
    }
