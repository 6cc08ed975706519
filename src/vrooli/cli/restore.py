"""`vrooli restore`: going back to a restore point."""

import secrets
import time
from pathlib import Path
from typing import Annotated

import typer

from vrooli.cli import render
from vrooli.cli.backup_words import Wanted, when
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json
from vrooli.cli.restore_asking import failed_at, require_meant
from vrooli.cli.restore_beside import Look, beside
from vrooli.cli.restore_told import Restoring, tell_plan
from vrooli.core.errors import Refused

_RESTORE_HELP = """
Have the data of a restore point in force.

It is fetched and started beside what serves; then the two change places, and what needs it is
stopped and started around that. What was in force is kept until
`vrooli resource upgrade NAME --forget`.

Examples:

  vrooli restore --dry-run

  vrooli restore latest

  vrooli restore --yes                    where the database is lost, or fails

  vrooli restore --only postgres --yes    also where it serves

  vrooli restore --only shop.public.orders    one table, beside the one that serves

  vrooli restore --side-by-side           look at it, and change nothing
"""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add it."""

    @app.command(help=_RESTORE_HELP)
    def restore(  # noqa: PLR0913 -- one argument for each option
        wanted: Wanted = "latest",
        dry_run: Annotated[
            bool, typer.Option("--dry-run", help="Look, and say what would be done.")
        ] = False,
        failed: Annotated[
            bool, typer.Option("--failed", help="Also one whose proof failed.")
        ] = False,
        only: Annotated[
            str,
            typer.Option(
                "--only",
                help="A service, or a table (`database.schema.table`, or the end of that), which "
                "goes into a schema beside the one that serves.",
                metavar="NAME",
            ),
        ] = "",
        side_by_side: Annotated[
            bool, typer.Option("--side-by-side", help="Have it serve beside the one in force.")
        ] = False,
        stop: Annotated[
            bool, typer.Option("--stop", help="With `--side-by-side`: end that.")
        ] = False,
        into: Annotated[
            Path | None,
            typer.Option("--into", help="Only unpack it, into an empty folder.", metavar="FOLDER"),
        ] = None,
        yes: Annotated[
            bool,
            typer.Option("--yes", help="Do not ask; what serves well needs `--only` as well."),
        ] = False,
        file: File = None,
        json: Json = False,
    ) -> None:
        from vrooli.stack.upgrading import Wish

        home = home_to_change(kit, file)
        begun = time.time()
        backups = kit.backups(home)
        store = backups.store()
        point = store.newest_good() if wanted == "latest" else store.point(wanted)
        proof = store.proof(point.id)
        if proof is not None and proof.outcome == "failed" and not failed:
            raise Refused(
                f"its last proof failed: {proof.why}",
                where=point.id,
                next_step="choose another one (`vrooli backup list`), or say `--failed`",
            )
        look = Look(side_by_side, stop, into)
        if look.wanted or only not in ("", *(part.service for part in point.parts)):
            beside(backups, point, only, look, json=json)
            return
        if not json:
            state = proof.outcome if proof else "unverified"
            render.note(f"{point.id}, {when(point.taken)}, {state}")
            render.note(f"  what was written since, {render.ago(point.taken)}, is not in it")
            tell_plan(backups, point)
        for part in point.parts:
            if only not in ("", part.service):
                continue
            wish = Wish(
                restore=point.id, room=part.plain, dry_run=dry_run, mark=secrets.token_hex(4)
            )
            if not dry_run:
                require_meant(kit, home, part, only=only, yes=yes)
            since = float(part.facts.get("begun") or point.begun)
            failed_since = failed_at(kit, home, part.service)
            Restoring(kit, home, part.service, begun, since, failed_since).carry_out(
                wish, json=json
            )
