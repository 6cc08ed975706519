"""`vrooli restore`: going back to a restore point."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vrooli.cli import render, restore_parts
from vrooli.cli.backup_words import Only, Wanted, when
from vrooli.cli.kit import Kit, home_to_change
from vrooli.cli.options import File, Json
from vrooli.core.errors import Refused, UsageError

if TYPE_CHECKING:
    from vrooli.backup.point import Part, Point
    from vrooli.backup.store import Store
    from vrooli.core.home import Home

_RESTORE_HELP = """
Have the data of a restore point in force: databases first, then files. `latest` is for each part
the newest point that has it and whose proof did not fail.

It is fetched and started beside what serves; then the two change places, and what needs it is
stopped and started around that. What was in force is kept until
`vrooli resource upgrade NAME --forget`. Files that are in the way are moved aside, never removed.

Examples:

  vrooli restore --dry-run

  vrooli restore latest

  vrooli restore --only redis,files

  vrooli restore --only system --into /tmp/looked-at

  vrooli restore 20261128t075212z-3f09ab --yes
"""


def register(app: typer.Typer, kit: Kit) -> None:
    """Add it."""

    @app.command(help=_RESTORE_HELP)
    def restore(  # noqa: PLR0913 -- one argument for each option
        wanted: Wanted = "latest",
        only: Only = "",
        into: Annotated[
            Path | None,
            typer.Option(
                "--into", help="Unpack it there, and touch nothing else.", metavar="FOLDER"
            ),
        ] = None,
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
        from vrooli.backup.choosing import split

        home = home_to_change(kit, file)
        backups = kit.backups(home)
        parts = backups.parts(wanted, split(only))
        if into is None:
            parts = _without_system(parts, asked=bool(only))
        store = backups.store()
        for point in {point.id: point for point, _ in parts}.values():
            _require_good(store, point, failed=failed, silent=json)
        for point, part in parts:
            if into is not None:
                restore_parts.fetch(kit, home, point, part, into)
            else:
                _restore(kit, home, (point, part), dry_run=dry_run, yes=yes, json=json)


def _restore(
    kit: Kit, home: "Home", one: "tuple[Point, Part]", *, dry_run: bool, yes: bool, json: bool
) -> None:
    from vrooli.stack.upgrading import Wish

    point, part = one
    if not (dry_run or yes):
        restore_parts.ask(part.service)
    if restore_parts.is_resource(part):
        wish = Wish(restore=point.id, room=part.plain, dry_run=dry_run)
        restore_parts.resource(kit, home, part, wish, json=json)
    else:
        restore_parts.files(kit, home, point, part, dry_run=dry_run)


def _without_system(
    parts: "list[tuple[Point, Part]]", *, asked: bool
) -> "list[tuple[Point, Part]]":
    """It is not put over the system that runs."""
    kept = [one for one in parts if not restore_parts.only_fetched(one[1])]
    if parts and not kept:
        raise UsageError(
            "what a stack is made of is not put over what runs",
            next_step="name a folder for it: `--into FOLDER`",
        )
    if asked and len(kept) < len(parts):
        render.note("  system is left out: `--only system --into FOLDER` unpacks it")
    return kept


def _require_good(store: "Store", point: "Point", *, failed: bool, silent: bool) -> None:
    proof = store.proof(point.id)
    if proof is not None and proof.outcome == "failed" and not failed:
        raise Refused(
            f"its last proof failed: {proof.why}",
            where=point.id,
            next_step="choose another one (`vrooli backup list`), or say `--failed`",
        )
    if not silent:
        state = proof.outcome if proof else "unverified"
        render.note(f"{point.id}, {when(point.taken)}, {state}")
        render.note(f"  what was written since, {render.ago(point.taken)}, is not in it")
