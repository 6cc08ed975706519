"""`vrooli restore`: going back to a restore point."""

import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from vrooli.cli import render
from vrooli.cli.backup_words import Wanted, when
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.lifecycle import follow
from vrooli.cli.options import File, Json
from vrooli.core.errors import EXIT_FAILURE, Refused, UsageError

if TYPE_CHECKING:
    from vrooli.backup.point import Point

_RESTORE_HELP = """
Have the data of a restore point in force.

It is fetched and started beside what serves; then the two change places, and what needs it is
stopped and started around that. What was in force is kept until
`vrooli resource upgrade NAME --forget`.

Examples:

  vrooli restore --dry-run

  vrooli restore latest

  vrooli restore 20261128t075212z-3f09ab --yes
"""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add it."""

    @app.command(help=_RESTORE_HELP)
    def restore(
        wanted: Wanted = "latest",
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Look, and say what would be done.")
        ] = False,
        failed: Annotated[
            bool, typer.Option("--failed", help="Also one whose proof failed.")
        ] = False,
        yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        from vrooli.backup.chains import room_of
        from vrooli.stack.upgrading import Wish

        home = home_to_change(kit, file)
        store = kit.backups(home).store()
        point = store.newest_good() if wanted == "latest" else store.point(wanted)
        proof = store.proof(point.id)
        if proof is not None and proof.outcome == "failed" and not failed:
            raise Refused(
                f"its last proof failed: {proof.why}",
                where=point.id,
                next_step="choose another one (`vrooli backup list`), or say `--failed`",
            )
        if not json:
            state = proof.outcome if proof else "unverified"
            render.note(f"{point.id}, {when(point.taken)}, {state}")
            render.note(f"  what was written since, {render.ago(point.taken)}, is not in it")
        _require_starts(point)
        for part in point.parts:
            wish = Wish(restore=point.id, room=room_of(part, store), dry_run=dry_run)
            if not (dry_run or yes):
                _ask(part.service)
            begun = time.monotonic()
            if not follow(kit.upgrade(home, part.service, wish), json=json).get("ok"):
                raise typer.Exit(EXIT_FAILURE)
            if not (json or dry_run):
                render.note(f"  restored in {time.monotonic() - begun:.1f} s")


def _require_starts(point: "Point") -> None:
    from vrooli.backup.point import ARCHIVES

    for part in point.parts:
        if part.source in ARCHIVES:
            raise Refused(
                f"of {part.service} it holds archives, on which no server starts",
                where=point.id,
                next_step=f"`vrooli backup fetch {point.id} --service {part.service} --into FOLDER`"
                ", then pg_restore what you want of it; the how-to says how",
            )


def _ask(service: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(
            f"this replaces the data of {service}, and nobody can be asked here",
            next_step="say `--yes` if it is meant; `--dry-run` tells what would be done",
        )
    sys.stderr.write(f"replace the data of {service}? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        render.note("nothing was changed")
        raise typer.Exit(EXIT_FAILURE)
